//! Freshness of a binary: whether it is no older than its sources.
//!
//! Cargo writes a list of sources next to each binary (`listed`). For other build tools, every file in the component's
//! folder counts, except those that are certainly not sources (`folder`).

mod folder;
mod listed;

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::source::files::Files;

/// Age of a binary compared with its sources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Freshness {
    /// No source is newer.
    Fresh,
    /// This source is newer.
    OlderThan(PathBuf),
    /// A time or a folder can't be read, or there are too many files.
    Unknown,
}

/// Compares a binary with its sources: those that cargo lists, or else the files in `folder` and below. `made`, the
/// files that the project itself writes, are no sources.
pub(super) fn freshness(files: &dyn Files, binary: &Path, folder: &Path, made: &[PathBuf]) -> Freshness {
    let Ok(built) = files.modified(binary) else {
        return Freshness::Unknown;
    };
    match listed::sources(files, binary, folder) {
        Some(sources) => {
            let found = sources.iter().find_map(|source| against(files, built, source));
            found.unwrap_or(Freshness::Fresh)
        }
        None => folder::newer(files, built, folder, made).unwrap_or(Freshness::Fresh),
    }
}

/// Compares a source with a binary that was built at `built`; `None` when the source is not newer.
fn against(files: &dyn Files, built: SystemTime, source: &Path) -> Option<Freshness> {
    match files.modified(source) {
        Ok(changed) if changed <= built => None,
        Ok(_) => Some(Freshness::OlderThan(source.to_owned())),
        Err(_) => Some(Freshness::Unknown),
    }
}
