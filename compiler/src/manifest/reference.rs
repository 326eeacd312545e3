//! References in a node: to a component, to an interface.

use std::fmt;

use torvyn_codegen::ir::Builtin;

use crate::interface::{Interface, InterfaceName};

/// Value of a node's `component`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ComponentRef {
    /// A `[[component]]` by name.
    Declared(String),
    /// `file://PATH`; the path is relative to the manifest.
    File(String),
    /// `builtin:NAME`.
    Builtin(BuiltinRef),
}

/// A built-in node; ordered by name so that references can be map keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BuiltinRef(pub Builtin);

impl PartialOrd for BuiltinRef {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for BuiltinRef {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.as_str().cmp(other.0.as_str())
    }
}

impl fmt::Display for ComponentRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ComponentRef::Declared(name) => f.write_str(name),
            ComponentRef::File(path) => write!(f, "file://{path}"),
            ComponentRef::Builtin(BuiltinRef(builtin)) => write!(f, "builtin:{}", builtin.as_str()),
        }
    }
}

/// Value of a node's `interface`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InterfaceRef {
    /// The processing interface.
    pub interface: Interface,
    /// As written.
    pub name: InterfaceName,
}
