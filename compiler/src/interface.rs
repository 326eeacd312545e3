//! Names of interfaces, and the interfaces that a stage can have.

use std::fmt;
use std::str::FromStr;

use semver::Version;
use torvyn_codegen::ir::Role;

/// `namespace:package/interface@version`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InterfaceName {
    /// `namespace:package`.
    pub package: String,
    /// Name within the package.
    pub interface: String,
    /// Version, when written.
    pub version: Option<Version>,
}

impl InterfaceName {
    /// Whether both name the same interface, whatever the version.
    #[must_use]
    pub fn is_same_interface(&self, other: &InterfaceName) -> bool {
        self.package == other.package && self.interface == other.interface
    }
}

impl fmt::Display for InterfaceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.package, self.interface)?;
        match &self.version {
            Some(version) => write!(f, "@{version}"),
            None => Ok(()),
        }
    }
}

/// The text is not of the form `namespace:package/interface[@version]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MalformedInterfaceName;

impl FromStr for InterfaceName {
    type Err = MalformedInterfaceName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (path, version) = match text.split_once('@') {
            Some((path, version)) => (path, Some(version.parse().map_err(|_| MalformedInterfaceName)?)),
            None => (text, None),
        };
        let (package, interface) = path.split_once('/').ok_or(MalformedInterfaceName)?;
        let (namespace, name) = package.split_once(':').ok_or(MalformedInterfaceName)?;
        let well_formed = |part: &str| {
            part.starts_with(|c: char| c.is_ascii_alphabetic())
                && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        };
        if ![namespace, name, interface].into_iter().all(well_formed) {
            return Err(MalformedInterfaceName);
        }
        Ok(Self {
            package: package.into(),
            interface: interface.into(),
            version,
        })
    }
}

/// An interface through which a component processes elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Interface {
    /// `torvyn:streaming/source`.
    Source,
    /// `torvyn:streaming/processor`.
    Processor,
    /// `torvyn:filtering/filter`.
    Filter,
    /// `torvyn:filtering/router`.
    Router,
    /// `torvyn:aggregation/aggregator`.
    Aggregator,
    /// `torvyn:streaming/sink`.
    Sink,
}

impl Interface {
    /// Every processing interface, upstream first.
    pub const ALL: [Interface; 6] = [
        Interface::Source,
        Interface::Processor,
        Interface::Filter,
        Interface::Router,
        Interface::Aggregator,
        Interface::Sink,
    ];

    /// Full name, without version.
    #[must_use]
    pub fn path(self) -> &'static str {
        match self {
            Interface::Source => "torvyn:streaming/source",
            Interface::Processor => "torvyn:streaming/processor",
            Interface::Filter => "torvyn:filtering/filter",
            Interface::Router => "torvyn:filtering/router",
            Interface::Aggregator => "torvyn:aggregation/aggregator",
            Interface::Sink => "torvyn:streaming/sink",
        }
    }

    /// The interface with this name, whatever the version.
    #[must_use]
    pub fn find(name: &InterfaceName) -> Option<Self> {
        Self::ALL.into_iter().find(|interface| {
            interface
                .path()
                .split_once('/')
                .is_some_and(|(package, item)| package == name.package && item == name.interface)
        })
    }

    /// The role of a node with this interface.
    #[must_use]
    pub fn role(self) -> Role {
        match self {
            Interface::Source => Role::Source,
            Interface::Processor => Role::Processor,
            Interface::Filter => Role::Filter,
            Interface::Router => Role::Router,
            Interface::Aggregator => Role::Aggregator,
            Interface::Sink => Role::Sink,
        }
    }

    /// The interface of a role.
    #[must_use]
    pub fn of_role(role: Role) -> Self {
        match role {
            Role::Source => Interface::Source,
            Role::Processor => Interface::Processor,
            Role::Filter => Interface::Filter,
            Role::Router => Interface::Router,
            Role::Aggregator => Interface::Aggregator,
            Role::Sink => Interface::Sink,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_and_shown() {
        let name: InterfaceName = "torvyn:streaming/source@0.1.0".parse().unwrap();
        assert_eq!(name.to_string(), "torvyn:streaming/source@0.1.0");
        assert_eq!(Interface::find(&name), Some(Interface::Source));
        for bad in [
            "", "source", "a/b", "a:b", "a:b/", "a:b/c@", "a:b/c@1", "a:b/c d", "1:b/c",
        ] {
            assert_eq!(bad.parse::<InterfaceName>(), Err(MalformedInterfaceName), "{bad}");
        }
    }
}
