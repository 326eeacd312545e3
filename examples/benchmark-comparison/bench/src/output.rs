//! The figures as text, as records and as a picture.

pub(crate) mod json;
pub(crate) mod markdown;
pub(crate) mod svg;
pub(crate) mod table;

/// `64 B`, `4 KiB`.
pub(crate) fn bytes(bytes: usize) -> String {
    match bytes {
        bytes if bytes >= 1024 && bytes % 1024 == 0 => format!("{} KiB", bytes / 1024),
        bytes => format!("{bytes} B"),
    }
}

/// `1 stage`, `3 stages`.
pub(crate) fn stages(stages: usize) -> String {
    match stages {
        1 => "1 stage".to_owned(),
        stages => format!("{stages} stages"),
    }
}

/// Nanoseconds with three digits that count: `98.5 ns`, `1.82 µs`, `12.3 ms`.
fn time(nanos: f64) -> String {
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

    #[test]
    fn sizes_are_whole() {
        assert_eq!(
            [64, 4096, 65536, 1500].map(bytes),
            ["64 B", "4 KiB", "64 KiB", "1500 B"]
        );
    }
}
