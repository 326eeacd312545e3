//! Paths as the server compares them.

use std::path::{Path, PathBuf};

use torvync_compiler::source::display_path;

/// A path without detours.
pub(crate) fn clean(path: &Path) -> PathBuf {
    PathBuf::from(display_path(path))
}
