//! Values that the manifest writes as strings: names, sizes, durations.

/// Bytes in `64MiB`, `1.5 KB` or `4096`; `None` when malformed.
pub(super) fn size(text: &str) -> Option<u64> {
    scaled(
        text,
        &[
            ("", 1.0),
            ("B", 1.0),
            ("KB", 1e3),
            ("MB", 1e6),
            ("GB", 1e9),
            ("KiB", 1024.0),
            ("MiB", 1_048_576.0),
            ("GiB", 1_073_741_824.0),
        ],
    )
}

/// Milliseconds in `30s`, `1m30s` or `250ms`; `None` when malformed.
pub(super) fn duration(text: &str) -> Option<u64> {
    let duration = torvyn_runtime_core::duration::parse(text).ok()?;
    u64::try_from(duration.as_millis()).ok()
}

fn scaled(text: &str, units: &[(&str, f64)]) -> Option<u64> {
    let split = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    if !number.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let (_, factor) = units.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit.trim()))?;
    let value = number.parse::<f64>().ok()? * factor;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked against 2^53 just before"
    )]
    (value <= 9_007_199_254_740_992.0).then_some(value.round() as u64)
}

/// Whether `text` is a name: a letter, then letters, digits, `-` and `_`, and no `-` or `_` at the end.
#[must_use]
pub fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.ends_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

/// Whether `text` is a project name: a name without upper case.
pub(super) fn is_project_name(text: &str) -> bool {
    is_name(text) && !text.contains(|c: char| c.is_ascii_uppercase())
}

/// A number of bytes as it would be written: `64MiB`.
pub(crate) fn written_size(count: u64) -> String {
    for (unit, name) in [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")] {
        if count >= unit && count.is_multiple_of(unit) {
            return format!("{}{name}", count / unit);
        }
    }
    format!("{count}B")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        for (text, bytes) in [
            ("64MiB", Some(64 << 20)),
            ("64 MiB", Some(64 << 20)),
            ("1.5kb", Some(1500)),
            ("4096", Some(4096)),
            ("2B", Some(2)),
            ("", None),
            ("MiB", None),
            ("-1MiB", None),
            ("1.2.3MiB", None),
            ("1 parsec", None),
            ("99999999999999GiB", None),
            (".5MiB", None),
        ] {
            assert_eq!(size(text), bytes, "{text}");
        }
    }

    #[test]
    fn durations() {
        for (text, ms) in [
            ("30s", Some(30_000)),
            ("5m", Some(300_000)),
            ("250ms", Some(250)),
            ("1.5 s", Some(1500)),
            ("1h", Some(3_600_000)),
            ("1m30s", Some(90_000)),
            ("30", None),
            ("s", None),
            ("1d", None),
        ] {
            assert_eq!(duration(text), ms, "{text}");
        }
    }

    #[test]
    fn names() {
        assert!(is_name("a") && is_name("Log-Parser_2") && is_project_name("my-app2"));
        assert!(!is_name("") && !is_name("2a") && !is_name("a-") && !is_name("a b") && !is_name("ä"));
        assert!(!is_project_name("MyApp"));
    }
}
