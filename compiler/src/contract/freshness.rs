//! Whether a binary is what a build would make of its source: nothing in the folder of the source is newer.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::source::files::Files;

/// Folders that hold what tools made.
const MADE: [&str; 3] = ["target", "node_modules", "__pycache__"];

/// Files that no component is made of.
const BESIDE: [&str; 3] = ["Torvyn.toml", "torvync.lock", "LICENSE"];

/// Files that no component is made of, by their end.
const BESIDE_ENDS: [&str; 2] = [".md", ".wasm"];

/// As many files are looked at, and as many levels of folders: a link may lead back to where it lies.
const MOST_FILES: usize = 10_000;
const MOST_LEVELS: usize = 32;

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

/// Compares a binary with what lies in `folder` and below.
pub(super) fn freshness(files: &dyn Files, binary: &Path, folder: &Path) -> Freshness {
    let Ok(built) = files.modified(binary) else {
        return Freshness::Unknown;
    };
    let mut search = Search {
        files,
        built,
        left: MOST_FILES,
    };
    search.newer(folder, 0).unwrap_or(Freshness::Fresh)
}

struct Search<'a> {
    files: &'a dyn Files,
    built: SystemTime,
    left: usize,
}

impl Search<'_> {
    /// The first thing that speaks against the binary.
    fn newer(&mut self, folder: &Path, level: usize) -> Option<Freshness> {
        let entries = self.files.list(folder).ok().filter(|_| level < MOST_LEVELS);
        let Some(entries) = entries else {
            return Some(Freshness::Unknown);
        };
        for entry in entries.into_iter().filter(|entry| !is_beside(&entry.name)) {
            let path = folder.join(&entry.name);
            if entry.is_folder {
                if let Some(found) = self.newer(&path, level + 1) {
                    return Some(found);
                }
                continue;
            }
            let Some(left) = self.left.checked_sub(1) else {
                return Some(Freshness::Unknown);
            };
            self.left = left;
            match self.files.modified(&path) {
                Ok(changed) if changed <= self.built => {}
                Ok(_) => return Some(Freshness::OlderThan(path)),
                Err(_) => return Some(Freshness::Unknown),
            }
        }
        None
    }
}

fn is_beside(name: &str) -> bool {
    name.starts_with('.')
        || MADE.contains(&name)
        || BESIDE.contains(&name)
        || BESIDE_ENDS.iter().any(|end| name.ends_with(end))
}
