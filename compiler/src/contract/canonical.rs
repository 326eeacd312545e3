//! The contracts every component shares, embedded: the same files that guests and the runtime are built from.

use semver::Version;

macro_rules! embedded {
    ($($path:literal),+ $(,)?) => {
        &[$(($path, include_str!(concat!("../../../wit/", $path)))),+]
    };
}

/// Path below `wit/deps` and text of each file.
const FILES: &[(&str, &str)] = embedded![
    "torvyn-aggregation/aggregator.wit",
    "torvyn-capabilities/capability-query.wit",
    "torvyn-filtering/filter.wit",
    "torvyn-filtering/router.wit",
    "torvyn-filtering/worlds.wit",
    "torvyn-resources/buffer-ops.wit",
    "torvyn-streaming/buffer-allocator.wit",
    "torvyn-streaming/lifecycle.wit",
    "torvyn-streaming/processor.wit",
    "torvyn-streaming/sink.wit",
    "torvyn-streaming/source.wit",
    "torvyn-streaming/types.wit",
    "torvyn-streaming/worlds.wit",
];

/// Interfaces of the contracts that the runtime provides.
pub const IMPORTS: [&str; 4] = [
    "torvyn:streaming/types",
    "torvyn:streaming/buffer-allocator",
    "torvyn:resources/buffer-ops",
    "torvyn:capabilities/capability-query",
];

/// Interfaces of the contracts that components export.
pub const EXPORTS: [&str; 7] = [
    "torvyn:streaming/source",
    "torvyn:streaming/processor",
    "torvyn:streaming/sink",
    "torvyn:streaming/lifecycle",
    "torvyn:filtering/filter",
    "torvyn:filtering/router",
    "torvyn:aggregation/aggregator",
];

/// The WASI packages that the runtime provides, in their 0.2 versions.
pub const PROVIDED_WASI: [&str; 6] = [
    "wasi:cli",
    "wasi:clocks",
    "wasi:filesystem",
    "wasi:io",
    "wasi:random",
    "wasi:sockets",
];

/// The contracts as files: path below `wit/deps` of a project, and text.
#[must_use]
pub fn canonical() -> &'static [(&'static str, &'static str)] {
    FILES
}

/// The version of the contracts.
#[must_use]
pub fn version() -> Version {
    Version::new(0, 1, 0)
}

/// Whether something built against version `required` can be used with `provided`: the same major version, below 1.0 the
/// same minor one, and not a newer one ("Versioning and Compatibility Rules").
#[must_use]
pub fn is_compatible(required: &Version, provided: &Version) -> bool {
    let same_track = required.major == provided.major && (required.major > 0 || required.minor == provided.minor);
    same_track && required <= provided
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_declare_the_version() {
        let packages = FILES
            .iter()
            .flat_map(|(_, text)| text.lines())
            .filter(|line| line.starts_with("package "));
        let expected = format!("@{};", version());
        let mut count = 0;
        for line in packages {
            assert!(line.ends_with(&expected), "{line}");
            count += 1;
        }
        assert_eq!(count, 5);
    }
}
