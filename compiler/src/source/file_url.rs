//! `file:` URLs (RFC 8089), as manifests and editors write them.

/// A `file:` URL, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileUrl {
    /// The part between `//` and the next `/`; `None` without `//`.
    pub host: Option<String>,
    /// The rest; it begins with `/`, or is empty.
    pub path: String,
}

impl FileUrl {
    /// Reads a URL; `None` when it is of another scheme, its path is not absolute, or it is not UTF-8 once decoded.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let rest = after_scheme(text)?;
        let (host, path) = match rest.strip_prefix("//") {
            Some(rest) => {
                let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
                (Some(decoded(host)?), path)
            }
            None => (None, rest),
        };
        let is_absolute = path.starts_with('/') || (host.is_some() && path.is_empty());
        let path = decoded(path)?;
        is_absolute.then_some(Self { host, path })
    }

    /// The path as a manifest means it: after `//` it may be relative.
    #[must_use]
    pub fn written_path(&self) -> String {
        match self.host.as_deref() {
            Some(host) if !(host.eq_ignore_ascii_case("localhost") && self.path.starts_with('/')) => {
                format!("{host}{}", self.path)
            }
            Some(_) | None => self.path.clone(),
        }
    }
}

/// Whether a text has the scheme `file:`, in upper or lower case.
#[must_use]
pub fn is_file_url(text: &str) -> bool {
    after_scheme(text).is_some()
}

fn after_scheme(text: &str) -> Option<&str> {
    let (scheme, rest) = text.split_once(':')?;
    scheme.eq_ignore_ascii_case("file").then_some(rest)
}

/// Decodes percent escapes; a `%` that begins none is kept. `None` if the result is not UTF-8.
fn decoded(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let digits = text.get(at + 1..at + 3).filter(|_| *byte == b'%');
        let digits = digits.filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(escaped) => {
                decoded.push(escaped);
                at += 3;
            }
            None => {
                decoded.push(*byte);
                at += 1;
            }
        }
    }
    String::from_utf8(decoded).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_may_write_a_path_in_many_ways() {
        for (url, path) in [
            ("file:///a/b.wasm", "/a/b.wasm"),
            ("FILE:///a/b.wasm", "/a/b.wasm"),
            ("file:/a/b.wasm", "/a/b.wasm"),
            ("file://localhost/a/b.wasm", "/a/b.wasm"),
            ("file://./a/b.wasm", "./a/b.wasm"),
            ("file://../b.wasm", "../b.wasm"),
            ("file://a/b.wasm", "a/b.wasm"),
            ("file://b.wasm", "b.wasm"),
            ("File://a%20b.wasm", "a b.wasm"),
            ("file://100%.wasm", "100%.wasm"),
            ("file://", ""),
        ] {
            let read = FileUrl::parse(url).map(|url| url.written_path());
            assert_eq!(read.as_deref(), Some(path), "{url}");
        }
        for other in ["a/b.wasm", "https://a/b", "file:a/b.wasm", "file:", "file://%ff/b"] {
            assert_eq!(FileUrl::parse(other), None, "{other}");
        }
    }
}
