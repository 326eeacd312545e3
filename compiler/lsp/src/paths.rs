//! Paths in a form that can be compared.

use std::path::{Path, PathBuf};

use torvync_compiler::source::display_path;

/// Returns a path without `.` and, where possible, without `..`.
pub(crate) fn clean(path: &Path) -> PathBuf {
    PathBuf::from(display_path(path))
}
