//! The roles: the traits of the SDK and the corresponding interfaces of the contracts.

/// Version of the contracts from which the SDK's bindings are generated.
pub(crate) const CONTRACTS: &str = "0.1.0";

/// Role of a component in a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Role {
    /// Name of the trait.
    pub(crate) name: &'static str,
    /// Exported interface, without version.
    pub(crate) interface: &'static str,
}

const ROLES: [Role; 6] = [
    role("Source", "torvyn:streaming/source"),
    role("Processor", "torvyn:streaming/processor"),
    role("Filter", "torvyn:filtering/filter"),
    role("Router", "torvyn:filtering/router"),
    role("Aggregator", "torvyn:aggregation/aggregator"),
    role("Sink", "torvyn:streaming/sink"),
];

const fn role(name: &'static str, interface: &'static str) -> Role {
    Role { name, interface }
}

impl Role {
    /// The role of a trait.
    pub(crate) fn of_trait(name: &str) -> Option<Self> {
        ROLES.into_iter().find(|role| role.name == name)
    }

    /// Whether a role has this interface.
    pub(crate) fn has_interface(interface: &str) -> bool {
        ROLES.iter().any(|role| role.interface == interface)
    }

    /// Names of the traits, in words.
    pub(crate) fn names() -> String {
        let names = ROLES.map(|role| format!("`{}`", role.name));
        names.join(", ")
    }

    /// The exports of a component in this role, as in the contracts' worlds.
    pub(crate) fn exports(self) -> [String; 2] {
        [self.interface, "torvyn:streaming/lifecycle"].map(|path| format!("{path}@{CONTRACTS}"))
    }
}

/// Whether code made for contracts `required` works with those `provided`: the same major version, below 1.0 the same
/// minor version, and not a newer one; a pre-release works only with itself. `None` for a malformed version.
pub(crate) fn are_compatible(required: &str, provided: &str) -> Option<bool> {
    let (required, provided) = (Version::of(required)?, Version::of(provided)?);
    if required.pre.is_some() || provided.pre.is_some() {
        return Some(required == provided);
    }
    let same_track = required.major == provided.major && (required.major > 0 || required.minor == provided.minor);
    Some(same_track && (required.minor, required.patch) <= (provided.minor, provided.patch))
}

#[derive(PartialEq)]
struct Version<'a> {
    major: u64,
    minor: u64,
    patch: u64,
    pre: Option<&'a str>,
}

impl<'a> Version<'a> {
    fn of(text: &'a str) -> Option<Self> {
        let text = text.split_once('+').map_or(text, |(text, _)| text);
        let (numbers, pre) = match text.split_once('-') {
            Some((numbers, pre)) => (numbers, Some(pre)),
            None => (text, None),
        };
        let mut parts = numbers.split('.').map(|part| part.parse().ok());
        let version = Self {
            major: parts.next()??,
            minor: parts.next()??,
            patch: parts.next()??,
            pre,
        };
        parts.next().is_none().then_some(version)
    }
}

#[cfg(test)]
mod tests {
    use super::{CONTRACTS, ROLES, are_compatible};

    #[test]
    fn the_interfaces_are_those_of_the_contracts() {
        let wit = [
            include_str!("../../../wit/torvyn-streaming/worlds.wit"),
            include_str!("../../../wit/torvyn-filtering/worlds.wit"),
            include_str!("../../../wit/torvyn-aggregation/aggregator.wit"),
        ];
        for role in ROLES {
            let (package, interface) = role.interface.split_once('/').expect("a path");
            let package = format!("package {package}@{CONTRACTS};");
            let export = format!("export {interface};");
            let declares = |text: &&str| text.contains(&export);
            assert!(wit.iter().any(declares), "{export}");
            let packages = [
                include_str!("../../../wit/torvyn-streaming/types.wit"),
                include_str!("../../../wit/torvyn-filtering/filter.wit"),
                wit[2],
            ];
            assert!(packages.iter().any(|text| text.contains(&package)), "{package}");
        }
    }

    #[test]
    fn older_versions_fit_by_their_leading_number() {
        assert_eq!(are_compatible("0.1.0", "0.1.7"), Some(true));
        assert_eq!(are_compatible("0.1.0+build", "0.1.0"), Some(true));
        assert_eq!(are_compatible("0.1.7", "0.1.0"), Some(false));
        assert_eq!(are_compatible("0.1.0-rc.1", "0.1.0"), Some(false));
        assert_eq!(are_compatible("0.1.0-rc.1", "0.1.0-rc.1"), Some(true));
        assert_eq!(are_compatible("0.2.0", "0.1.0"), Some(false));
        assert_eq!(are_compatible("1.0.2", "1.4.0"), Some(true));
        assert_eq!(are_compatible("2.0.0", "0.1.0"), Some(false));
        for malformed in ["", "1", "0.1", "a.b.c"] {
            assert_eq!(are_compatible(malformed, "0.1.0"), None, "{malformed}");
        }
    }
}
