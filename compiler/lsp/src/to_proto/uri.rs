//! `file:` URIs and paths.

use std::path::{Path, PathBuf};

use lsp_types::Uri;

use torvync_compiler::source::file_url::FileUrl;

use crate::paths::clean;

/// Returns the path of a `file:` URI, with or without a host; `None` for any other.
pub(super) fn path_of(uri: &Uri) -> Option<PathBuf> {
    let whole = uri.as_str();
    let url = FileUrl::parse(whole.split(['?', '#']).next().unwrap_or(whole))?;
    (!url.path.is_empty()).then(|| clean(Path::new(&url.path)))
}

/// Returns the URI of a path.
pub(crate) fn uri_of(path: &Path) -> String {
    let mut uri = String::from("file://");
    for byte in path.to_string_lossy().bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri += &format!("%{byte:02X}");
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(uri: &str) -> Option<PathBuf> {
        path_of(&uri.parse().unwrap())
    }

    #[test]
    fn paths_come_back() {
        for expected in ["/a/b.wit", "/mit Leerzeichen/ä%20.toml", "/a+b:c"] {
            assert_eq!(path(&uri_of(Path::new(expected))), Some(PathBuf::from(expected)));
        }
    }

    #[test]
    fn a_path_may_be_written_in_many_ways() {
        for written in [
            "file:///a%2Fb%3a",
            "file:/a/b:",
            "FILE:///a/b:",
            "File:/a/b%3A",
            "file://localhost/a/b:",
            "file://host/a/x/.././b:",
        ] {
            assert_eq!(path(written), Some("/a/b:".into()), "{written}");
        }
        for other in [
            "untitled:x",
            "untitled:/a/b:",
            "https://host/a/b:",
            "file:a/b:",
            "file://host",
        ] {
            assert_eq!(path(other), None, "{other}");
        }
    }
}
