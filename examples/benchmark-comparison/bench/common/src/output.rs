//! Figures as text, and where they are written.

use std::path::PathBuf;

use crate::Failed;

/// Nanoseconds with three digits that count: `98.5 ns`, `1.82 µs`, `12.3 ms`.
#[must_use]
pub fn time(nanos: f64) -> String {
    let (value, unit) = match nanos {
        nanos if nanos < 1e3 => (nanos, "ns"),
        nanos if nanos < 1e6 => (nanos / 1e3, "µs"),
        nanos => (nanos / 1e6, "ms"),
    };
    let digits = match value {
        value if value < 9.995 => 2,
        value if value < 99.95 => 1,
        _ => 0,
    };
    format!("{value:.digits$} {unit}")
}

/// A figure, or a dash where there is none.
#[must_use]
pub fn or_none(value: Option<f64>, digits: usize) -> String {
    value.map_or("–".to_owned(), |value| format!("{value:.digits$}"))
}

/// Whether a goal is met, in a word.
#[must_use]
pub fn verdict(is_met: bool) -> &'static str {
    if is_met { "met" } else { "missed" }
}

/// Writes what `render` makes to `file`, if there is to be one.
///
/// # Errors
/// When the file can't be written.
pub fn write(file: &Option<PathBuf>, render: impl FnOnce() -> String) -> Result<(), Failed> {
    match file {
        Some(file) => std::fs::write(file, render()).map_err(|error| format!("{}: {error}", file.display()).into()),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_three_digits() {
        assert_eq!(time(1.234), "1.23 ns");
        assert_eq!(time(98.51), "98.5 ns");
        assert_eq!(time(1820.0), "1.82 µs");
        assert_eq!(time(123_456_789.0), "123 ms");
    }
}
