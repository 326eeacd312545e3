//! Whether a binary is what a build would make of its source: nothing that it is made of is newer.
//!
//! What cargo made has a list of its sources beside it (`listed`). Of anything else, all files in the folder of the
//! component count, but those that are certainly no source (`folder`).

mod folder;
mod listed;

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::source::files::Files;

/// How old a binary is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Freshness {
    /// Nothing of its source is newer.
    Fresh,
    /// This is newer.
    OlderThan(PathBuf),
    /// It can't be told.
    Unknown,
}

/// Compares a binary with its sources: those that cargo lists, else what lies in `folder` and below, without `made`,
/// which the project writes.
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

/// What a source says against a binary that was built then.
fn against(files: &dyn Files, built: SystemTime, source: &Path) -> Option<Freshness> {
    match files.modified(source) {
        Ok(changed) if changed <= built => None,
        Ok(_) => Some(Freshness::OlderThan(source.to_owned())),
        Err(_) => Some(Freshness::Unknown),
    }
}
