//! What a component uses although its contract says not to: interfaces that WIT marks `@deprecated`.

use semver::Version;
use wit_parser::Stability;

use super::document::Contract;
use super::interface::InterfaceName;

/// Something deprecated that is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deprecated {
    /// The import or export, as the component names it.
    pub item: String,
    /// The version that deprecated it.
    pub since: Version,
}

/// What is deprecated among the interfaces `names`. `described` has the marks: a component binary keeps none.
pub(super) fn deprecated(names: &[String], described: &Contract) -> Vec<Deprecated> {
    let found = names.iter().filter_map(|item| {
        let name = item.parse::<InterfaceName>().ok()?;
        let since = mark(&described.resolve.interfaces[described.interface(&name)?].stability)?;
        Some(Deprecated {
            item: item.clone(),
            since: since.clone(),
        })
    });
    found.collect()
}

fn mark(stability: &Stability) -> Option<&Version> {
    match stability {
        Stability::Stable { deprecated, .. } | Stability::Unstable { deprecated, .. } => deprecated.as_ref(),
        Stability::Unknown => None,
    }
}
