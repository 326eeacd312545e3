//! Copies of built binaries, in the work folder.

use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::error::GuestError;
use super::{Builder, place};
use crate::cache::write_atomically;
use crate::manifest::ast::ComponentDecl;

impl Builder<'_> {
    /// Copies a binary to where `torvync link` looks for it, with the list of its sources if there is one.
    #[expect(
        clippy::disallowed_methods,
        reason = "the binary is a file that another program made"
    )]
    pub(super) fn keep(
        &self,
        decl: &ComponentDecl,
        made: &Path,
        sources: Option<&Path>,
    ) -> Result<PathBuf, GuestError> {
        let kept = self.options.work.component(&decl.name.value);
        let copy = || -> io::Result<()> {
            let bytes = std::fs::read(made)?;
            let list = kept.with_extension("d");
            match sources.map(std::fs::read) {
                Some(Ok(sources)) => write_atomically(&list, &sources)?,
                Some(Err(_)) | None => std::fs::remove_file(&list).or_else(absent_is_fine)?,
            }
            if std::fs::read(&kept).is_ok_and(|old| old == bytes) {
                // The contents are still right: the new time shows that they are as recent as this build.
                std::fs::File::options()
                    .append(true)
                    .open(&kept)?
                    .set_modified(SystemTime::now())
            } else {
                write_atomically(&kept, &bytes)
            }
        };
        let at = decl.wasm.as_ref().map_or_else(|| place(decl), |wasm| wasm.span);
        copy().map_err(|error| GuestError::NotCopied {
            at,
            from: made.to_owned(),
            to: kept.clone(),
            error,
        })?;
        Ok(kept)
    }
}

fn absent_is_fine(error: io::Error) -> io::Result<()> {
    if error.kind() == io::ErrorKind::NotFound {
        return Ok(());
    }
    Err(error)
}
