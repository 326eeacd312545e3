//! Imports and exports of a component, by name.

use crate::interface::{Interface, InterfaceName};

/// Imports and exports of a component.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signature {
    /// Names of the imports, sorted.
    pub imports: Vec<String>,
    /// Names of the exports, sorted.
    pub exports: Vec<String>,
    /// The processing interfaces among the exports.
    pub interfaces: Vec<Interface>,
    /// Whether `torvyn:streaming/lifecycle` is exported.
    pub lifecycle: bool,
}

impl Signature {
    /// The signature with these imports and exports.
    #[must_use]
    pub fn new(mut imports: Vec<String>, mut exports: Vec<String>) -> Self {
        imports.sort();
        exports.sort();
        let names: Vec<InterfaceName> = exports.iter().filter_map(|name| name.parse().ok()).collect();
        let has = |interface: Interface| names.iter().any(|name| Interface::find(name) == Some(interface));
        let interfaces = Interface::ALL.into_iter().filter(|interface| has(*interface)).collect();
        let lifecycle = names
            .iter()
            .any(|name| name.package == "torvyn:streaming" && name.interface == "lifecycle");
        Self {
            imports,
            exports,
            interfaces,
            lifecycle,
        }
    }
}
