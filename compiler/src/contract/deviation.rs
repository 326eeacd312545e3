//! Deviations of a component's contracts from the runtime's: the runtime must provide each import as the component
//! expects it, and the component each export as the runtime expects it. Incompatible versions are not compared.

use super::Signature;
use super::canonical;
use super::compat::{Difference, unmet};
use super::document::Contract;
use crate::interface::InterfaceName;

/// Finds all deviations; `old` is the place in the component, `new` the one in the runtime's contract.
pub(super) fn deviations(component: &Contract, signature: &Signature, runtime: &Contract) -> Vec<Difference> {
    let mut found = Vec::new();
    for name in shared(&signature.imports, &canonical::IMPORTS) {
        if let (Some(own), Some(there)) = (component.interface(&name), runtime.interface(&name)) {
            add(&mut found, unmet(component, own, runtime, there));
        }
    }
    for name in shared(&signature.exports, &canonical::EXPORTS) {
        if let (Some(own), Some(there)) = (component.interface(&name), runtime.interface(&name)) {
            let reversed = unmet(runtime, there, component, own)
                .into_iter()
                .map(|difference| Difference {
                    old: difference.new,
                    new: difference.old,
                    ..difference
                });
            add(&mut found, reversed);
        }
    }
    found
}

/// Adds differences that are not known yet: the same type is compared in several interfaces and from both sides.
fn add(found: &mut Vec<Difference>, more: impl IntoIterator<Item = Difference>) {
    for difference in more {
        let is_known = |known: &Difference| match (known.old, difference.old) {
            (Some(a), Some(b)) => a == b && known.new == difference.new,
            (None, _) | (_, None) => known.within == difference.within && known.what == difference.what,
        };
        if !found.iter().any(is_known) {
            found.push(difference);
        }
    }
}

/// The interfaces among `names` that are contracts of the runtime, in a version that it supports or without one.
fn shared(names: &[String], contracts: &[&str]) -> Vec<InterfaceName> {
    let speaks = canonical::version();
    let parsed = names.iter().filter_map(|name| name.parse::<InterfaceName>().ok());
    let is_spoken = |name: &InterfaceName| {
        contracts
            .iter()
            .any(|contract| *contract == format!("{}/{}", name.package, name.interface))
            && name
                .version
                .as_ref()
                .is_none_or(|version| canonical::is_compatible(version, &speaks))
    };
    parsed.filter(is_spoken).collect()
}
