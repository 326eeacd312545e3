//! Finds the binary that a component's `build_command` made: the file that `wasm` names. Without that key, the binary
//! is looked for where cargo puts binaries, and accepted only if there is no doubt: the command wrote exactly one such
//! file, or it wrote none because a file is still the one that it made before.

use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::error::GuestError;
use super::{Builder, place};
use crate::cache::{sha256, write_atomically};
use crate::manifest::ast::ComponentDecl;
use crate::source::{Span, Spanned};

/// Targets whose binaries are components (wasip2), or core modules that a build turns into components (wasip1).
const TARGETS: [&str; 2] = ["wasm32-wasip2", "wasm32-wasip1"];

/// Modification time and size of a file in bytes; `None` if there was no file.
type State = Option<(SystemTime, u64)>;

/// The files that a command may write, with their states before it runs.
pub(super) struct Before {
    states: Vec<(PathBuf, State)>,
}

impl Builder<'_> {
    /// Records the state of each file that the command may write.
    ///
    /// # Errors
    /// When another component's command may write the same files.
    pub(super) fn before(&self, decl: &ComponentDecl, command: &Spanned<String>) -> Result<Before, GuestError> {
        if decl.wasm.is_some() {
            return Ok(Before { states: Vec::new() });
        }
        let file = file_name(decl);
        let is_rival = |other: &&ComponentDecl| {
            other.name.value != decl.name.value
                && other.build_command.is_some()
                && other.wasm.is_none()
                && file_name(other) == file
        };
        if let Some(other) = self.manifest.components.iter().find(is_rival) {
            return Err(GuestError::SameFile {
                name: decl.name.value.clone(),
                at: command.span,
                file,
                other: place(other),
            });
        }
        let with_state = |path: PathBuf| (path.clone(), state(&path));
        Ok(Before {
            states: self.candidates(decl, &file).into_iter().map(with_state).collect(),
        })
    }

    fn candidates(&self, decl: &ComponentDecl, file: &str) -> Vec<PathBuf> {
        let folder = self.folder(decl);
        let mut targets = vec![folder.join("target"), self.options.root.join("target")];
        // The command's cargo resolves a relative path in the folder that the command runs in.
        targets.extend(self.options.command_target.map(|target| folder.join(target)));
        let mut seen: Vec<PathBuf> = Vec::new();
        targets.retain(|target| {
            let real = target.canonicalize().unwrap_or_else(|_| target.clone());
            let is_new = !seen.contains(&real);
            seen.push(real);
            is_new
        });
        let in_target = |target: &PathBuf| {
            let folders = TARGETS.map(|triple| target.join(triple));
            folders.map(|folder| ["debug", "release"].map(|profile| folder.join(profile).join(file)))
        };
        targets.iter().flat_map(in_target).flatten().collect()
    }

    /// Finds the binary that the command made, and records it for the next build.
    ///
    /// # Errors
    /// When there is no binary, when several files may be the binary, or when the record can't be written.
    pub(super) fn made_by_command(
        &self,
        decl: &ComponentDecl,
        command: &Spanned<String>,
        before: Before,
    ) -> Result<PathBuf, GuestError> {
        let (name, at) = (decl.name.value.clone(), command.span);
        if let Some(wasm) = &decl.wasm {
            let path = self.options.root.join(&wasm.value);
            return if path.is_file() {
                Ok(path)
            } else {
                Err(GuestError::NamedMissing {
                    name,
                    at: wasm.span,
                    path,
                    command: command.span,
                })
            };
        }
        let now = before.states.iter().map(|(path, old)| (path, *old, state(path)));
        let there: Vec<_> = now.filter(|(_, _, new)| new.is_some()).collect();
        let written: Vec<_> = there.iter().filter(|(_, old, new)| old != new).collect();
        let record = Record {
            path: self.options.work.component(&decl.name.value).with_extension("made"),
            command: &command.value,
        };
        match written.as_slice() {
            [(made, ..)] => {
                record.write(made).map_err(|error| io_error(at, &record.path, error))?;
                Ok((*made).clone())
            }
            [] if there.is_empty() => {
                let looked = before.states.into_iter().map(|(path, _)| path).collect();
                Err(GuestError::NothingMade { name, at, looked })
            }
            several => {
                let known = there.iter().map(|(path, ..)| *path).find(|path| record.is_of(path));
                known.filter(|_| several.is_empty()).cloned().ok_or_else(|| {
                    let is_new = !several.is_empty();
                    let shown = there.iter().filter(|(_, old, new)| !is_new || old != new);
                    GuestError::Unclear {
                        name,
                        at,
                        found: shown.map(|(path, ..)| (*path).clone()).collect(),
                        is_new,
                    }
                })
            }
        }
    }
}

/// The record of the file that a command wrote last: path, hash and command.
struct Record<'a> {
    path: PathBuf,
    command: &'a str,
}

impl Record<'_> {
    fn write(&self, made: &Path) -> io::Result<()> {
        write_atomically(&self.path, self.text(made)?.as_bytes())
    }

    /// Whether the record is of this file with its present contents, written by this command.
    #[expect(clippy::disallowed_methods, reason = "the record is a file of the back half")]
    fn is_of(&self, made: &Path) -> bool {
        let known = std::fs::read_to_string(&self.path);
        known.is_ok_and(|known| self.text(made).is_ok_and(|text| text == known))
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the binary is a file that another program made"
    )]
    fn text(&self, made: &Path) -> io::Result<String> {
        let hash = sha256(&std::fs::read(made)?);
        Ok(format!("{hash} {}\n{}\n", made.display(), self.command))
    }
}

fn file_name(decl: &ComponentDecl) -> String {
    format!("{}.wasm", decl.name.value.replace('-', "_"))
}

fn state(path: &Path) -> State {
    let file = path.metadata().ok()?;
    Some((file.modified().ok()?, file.len()))
}

fn io_error(at: Span, path: &Path, error: io::Error) -> GuestError {
    GuestError::Io {
        at,
        path: path.to_owned(),
        error,
    }
}
