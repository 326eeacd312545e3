//! Files of the repository from which new ones are made.

use std::fs;
use std::path::Path;

/// The files below `folder` that `is_wanted`, in order of their paths; folders named `target` are left alone.
#[expect(clippy::disallowed_methods, reason = "the corpus lies in the repository")]
pub(crate) fn files(folder: &Path, is_wanted: &impl Fn(&Path) -> bool) -> Vec<Vec<u8>> {
    let mut paths: Vec<_> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .collect();
    paths.sort();
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() {
            if !path.ends_with("target") {
                found.extend(files(&path, is_wanted));
            }
        } else if is_wanted(&path) {
            found.extend(fs::read(&path));
        }
    }
    found
}
