//! The contracts shared by all components, embedded: the same files that guests and the runtime are built from.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use semver::Version;
use wit_parser::UnresolvedPackageGroup;

use crate::interface::Interface;

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

/// The interfaces of WASI that the runtime provides, in their 0.2 releases, by package.
pub const WASI: [(&str, &[&str]); 6] = [
    (
        "wasi:cli",
        &[
            "environment",
            "exit",
            "stderr",
            "stdin",
            "stdout",
            "terminal-input",
            "terminal-output",
            "terminal-stderr",
            "terminal-stdin",
            "terminal-stdout",
        ],
    ),
    ("wasi:clocks", &["monotonic-clock", "wall-clock"]),
    ("wasi:filesystem", &["preopens", "types"]),
    ("wasi:io", &["error", "poll", "streams"]),
    ("wasi:random", &["insecure", "insecure-seed", "random"]),
    (
        "wasi:sockets",
        &[
            "instance-network",
            "ip-name-lookup",
            "network",
            "tcp",
            "tcp-create-socket",
            "udp",
            "udp-create-socket",
        ],
    ),
];

/// Unstable functions of these interfaces, which the runtime does not provide.
pub const UNSTABLE_WASI: [&str; 2] = [
    "wasi:cli/exit#exit-with-code",
    "wasi:sockets/network#network-error-code",
];

/// The contracts as files: path below `wit/deps` of a project, and text.
#[must_use]
pub fn canonical() -> &'static [(&'static str, &'static str)] {
    FILES
}

/// The embedded contracts, parsed at first use.
pub(super) static PACKAGES: LazyLock<Vec<UnresolvedPackageGroup>> = LazyLock::new(|| {
    let mut folders: BTreeMap<&str, wit_parser::SourceMap> = BTreeMap::new();
    for (path, text) in FILES {
        let folder = path.split('/').next().unwrap_or(path);
        folders.entry(folder).or_default().push_str(path, *text);
    }
    let parsed = folders.into_values().map(|map| match map.parse() {
        Ok(group) => group,
        Err((_, error)) => unreachable!("invariant: the embedded contracts parse: {error}"),
    });
    parsed.collect()
});

/// The version of the contracts.
#[must_use]
pub fn version() -> Version {
    Version::new(0, 1, 0)
}

/// The exports that make a component a stage, as WIT has them: help for a contract without any.
pub(crate) fn stage_exports() -> String {
    let version = version();
    let written = |interface: Interface| format!("`export {}@{version};`", interface.path());
    Interface::ALL.map(written).join(", ")
}

/// Whether something built against version `required` works with `provided`: that has the same major version (below 1.0
/// also the same minor one) and is not older ("Versioning and Compatibility Rules"). A pre-release is compatible only
/// with itself; build metadata doesn't count.
#[must_use]
pub fn is_compatible(required: &Version, provided: &Version) -> bool {
    let order = required.cmp_precedence(provided);
    if !required.pre.is_empty() || !provided.pre.is_empty() {
        return order.is_eq();
    }
    let same_track = required.major == provided.major && (required.major > 0 || required.minor == provided.minor);
    same_track && order.is_le()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn older_releases_of_the_same_track_are_compatible_and_nothing_else() {
        let fits = |required: &str, provided: &str| {
            is_compatible(
                &required.parse().expect("a version"),
                &provided.parse().expect("a version"),
            )
        };
        for (required, provided) in [
            ("0.1.0", "0.1.0"),
            ("0.1.0", "0.1.3"),
            ("0.1.0+build.7", "0.1.0"),
            ("1.2.0", "1.4.1"),
            ("0.1.0-rc.1", "0.1.0-rc.1"),
        ] {
            assert!(fits(required, provided), "{required} with {provided}");
        }
        for (required, provided) in [
            ("0.1.1", "0.1.0"),
            ("0.2.0", "0.1.0"),
            ("0.1.0", "0.2.0"),
            ("2.0.0", "1.4.1"),
            ("0.1.0-rc.1", "0.1.0"),
            ("0.1.0", "0.1.1-rc.1"),
            ("0.0.9-alpha", "0.1.0"),
        ] {
            assert!(!fits(required, provided), "{required} with {provided}");
        }
    }

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
