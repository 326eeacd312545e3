//! Where a component's contracts are not the runtime's: what it imports must be there as it expects it, and what the
//! runtime calls must be there as the runtime expects it. Versions that can't stand for each other are not compared.

use super::Signature;
use super::canonical;
use super::compat::{Difference, unmet};
use super::document::Contract;
use crate::interface::InterfaceName;

/// What is different, the component's side first.
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

/// Every type is met in several interfaces, from both sides: one report is enough.
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

/// The interfaces among `names` that are contracts of the runtime, in a version it speaks.
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
