//! Sources of a component that cargo doesn't build: the files in its folder that may be sources.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::{Freshness, against};
use crate::source::files::Files;

/// Folders of generated files.
const MADE: [&str; 6] = ["target", "node_modules", "__pycache__", "dist", "zig-out", "venv"];

/// Files that are never sources of a component.
const BESIDE: [&str; 4] = ["Torvyn.toml", "torvync.lock", "LICENSE", "README"];

/// Name endings of files that are never sources of a component: documentation, binaries, logs, editors' backups.
const BESIDE_ENDS: [&str; 14] = [
    ".md", ".wasm", ".cwasm", ".o", ".pyc", ".log", ".jsonl", ".tmp", ".bak", ".orig", ".rej", ".swp", "~", "#",
];

/// The most files that are compared, and the most levels of folders: a symbolic link may point to a folder above it.
const MOST_FILES: usize = 10_000;
const MOST_LEVELS: usize = 32;

/// Returns the first finding in `folder` against a binary that was built at `built`: a newer file, or something that
/// can't be read. Skips `made`, the files that the project itself writes.
pub(super) fn newer(files: &dyn Files, built: SystemTime, folder: &Path, made: &[PathBuf]) -> Option<Freshness> {
    let left = MOST_FILES;
    Search {
        files,
        built,
        made,
        left,
    }
    .newer(folder, 0)
}

struct Search<'a> {
    files: &'a dyn Files,
    built: SystemTime,
    made: &'a [PathBuf],
    left: usize,
}

impl Search<'_> {
    fn newer(&mut self, folder: &Path, level: usize) -> Option<Freshness> {
        let entries = self.files.list(folder).ok().filter(|_| level < MOST_LEVELS);
        let Some(entries) = entries else {
            return Some(Freshness::Unknown);
        };
        for entry in entries.into_iter().filter(|entry| !is_beside(&entry.name)) {
            let path = folder.join(&entry.name);
            if self.made.iter().any(|made| is_same(made, &path)) {
                continue;
            }
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
            if let Some(found) = against(self.files, self.built, &path) {
                return Some(found);
            }
        }
        None
    }
}

/// Whether two paths are equal apart from `.` parts.
fn is_same(a: &Path, b: &Path) -> bool {
    let parts = |path: &Path| -> Vec<_> {
        let parts = path.components().filter(|part| *part != std::path::Component::CurDir);
        parts.map(|part| part.as_os_str().to_owned()).collect()
    };
    parts(a) == parts(b)
}

fn is_beside(name: &str) -> bool {
    name.starts_with(['.', '#'])
        || MADE.contains(&name)
        || BESIDE.contains(&name)
        || BESIDE_ENDS.iter().any(|end| name.ends_with(end))
}
