//! Values that the manifest writes as strings: names, sizes, durations.

/// Bytes in `64MiB`, `1.5 KB` or `4096`; `None` when malformed, or not a whole number of bytes.
pub(super) fn size(text: &str) -> Option<u64> {
    scaled(
        text,
        &[
            ("", 1),
            ("B", 1),
            ("KB", 1000),
            ("MB", 1_000_000),
            ("GB", 1_000_000_000),
            ("KiB", 1 << 10),
            ("MiB", 1 << 20),
            ("GiB", 1 << 30),
        ],
    )
}

/// Milliseconds in `30s`, `1m30s` or `250ms`; `None` when malformed, or not a whole number of milliseconds.
pub(super) fn duration(text: &str) -> Option<u64> {
    let duration = torvyn_runtime_core::duration::parse(text).ok()?;
    u64::try_from(duration.as_millis()).ok()
}

fn scaled(text: &str, units: &[(&str, u128)]) -> Option<u64> {
    let split = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    if !number.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let (_, factor) = units.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit.trim()))?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    if fraction.is_empty() {
        return None;
    }
    let scale = 10_u128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let digits: u128 = format!("{whole}{fraction}").parse().ok()?;
    let scaled = digits.checked_mul(*factor)?;
    let value = scaled.is_multiple_of(scale).then_some(scaled / scale)?;
    u64::try_from(value).ok()
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
            ("5.MiB", None),
            ("9007199254740993", Some(9_007_199_254_740_993)),
            ("1.3MiB", None),
            ("0.0009765625KiB", Some(1)),
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
            ("1.001s", Some(1001)),
            ("0.6ms", None),
            ("1.5ms", None),
            ("99999999999999999999999999999999999999h", None),
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
