//! `file:` URIs and paths.

use std::path::{Path, PathBuf};

use crate::state::clean;

/// The path of a `file:` URI; `None` for any other.
pub(super) fn path_of(uri: &str) -> Option<PathBuf> {
    let rest = uri.strip_prefix("file://")?;
    let path = &rest[rest.find('/')?..];
    let mut bytes = Vec::new();
    let mut left = path.as_bytes();
    while let Some((first, rest)) = left.split_first() {
        let code = rest
            .get(..2)
            .filter(|_| *first == b'%')
            .and_then(|digits| std::str::from_utf8(digits).ok());
        match code.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                left = &rest[2..];
            }
            None => {
                bytes.push(*first);
                left = rest;
            }
        }
    }
    Some(clean(Path::new(&String::from_utf8(bytes).ok()?)))
}

/// The URI of a path.
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

    #[test]
    fn paths_come_back() {
        for path in ["/a/b.wit", "/mit Leerzeichen/ä%20.toml", "/a+b:c"] {
            assert_eq!(path_of(&uri_of(Path::new(path))), Some(PathBuf::from(path)));
        }
        assert_eq!(path_of("file://host/a%2Fb%3a"), Some("/a/b:".into()));
        assert_eq!(path_of("untitled:x"), None);
        assert_eq!(path_of("file:///a%"), Some("/a%".into()));
        assert_eq!(path_of("file:///a/../b/./c"), Some("/b/c".into()));
    }
}
