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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_whole() {
        assert_eq!(
            [64, 4096, 65536, 1500].map(bytes),
            ["64 B", "4 KiB", "64 KiB", "1500 B"]
        );
    }
}
