//! Uses of items that WIT marks as `@deprecated`.

use semver::Version;
use wit_parser::{InterfaceId, Stability, Type, TypeDef, TypeDefKind, TypeOwner, WorldItem};

use super::document::Contract;
use crate::interface::InterfaceName;
use crate::source::Span;

/// A use of a deprecated item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deprecated {
    /// The import or export, as the component names it; for a type, its interface.
    pub item: String,
    /// The deprecated function or type in `item`; `None` if all of `item` is deprecated.
    pub part: Option<String>,
    /// Where a type is used; `None` for imports and exports.
    pub at: Option<Span>,
    /// The version that deprecated it.
    pub since: Version,
}

/// Finds what is deprecated among the imports and exports `names` and the types that `described` uses. The marks are
/// those in `described`, because a component binary has none.
pub(super) fn deprecated(names: &[String], described: &Contract) -> Vec<Deprecated> {
    let resolve = &described.resolve;
    let interfaces = names.iter().filter_map(|item| {
        let name = item.parse::<InterfaceName>().ok()?;
        let since = mark(&resolve.interfaces[described.interface(&name)?].stability)?;
        Some(whole(item, since))
    });
    let mut found: Vec<Deprecated> = interfaces.collect();
    let all = resolve.packages[described.main].worlds.values().copied();
    for world in all.filter(|world| described.world.is_none_or(|own| own == *world)) {
        let world = &resolve.worlds[world];
        let items = world.imports.iter().map(|item| (item, true));
        for ((key, item), is_import) in items.chain(world.exports.iter().map(|item| (item, false))) {
            let name = resolve.name_world_key(key);
            if !names.contains(&name) || found.iter().any(|known| known.item == name) {
                continue;
            }
            let (own, parts) = match item {
                WorldItem::Function(function) => (mark(&function.stability), Vec::new()),
                WorldItem::Interface { id, stability, .. } if is_import => {
                    (mark(stability), functions(described, *id, &name))
                }
                WorldItem::Interface { stability, .. } => (mark(stability), Vec::new()),
                WorldItem::Type { .. } => continue,
            };
            match own {
                Some(since) => found.push(whole(&name, since)),
                None => found.extend(parts),
            }
        }
    }
    found.extend(
        resolve
            .types
            .iter()
            .filter_map(|(_, used)| through_use(described, used)),
    );
    found
}

fn whole(item: &str, since: &Version) -> Deprecated {
    Deprecated {
        item: item.to_owned(),
        part: None,
        at: None,
        since: since.clone(),
    }
}

/// The deprecated functions of an imported interface.
fn functions(described: &Contract, interface: InterfaceId, item: &str) -> Vec<Deprecated> {
    let functions = described.resolve.interfaces[interface].functions.values();
    let found = functions.filter_map(|function| {
        let since = mark(&function.stability)?;
        Some(Deprecated {
            part: Some(function.item_name().to_owned()),
            ..whole(item, since)
        })
    });
    found.collect()
}

/// The deprecated type that `used` refers to, if it is a `use` in the contract's own package.
fn through_use(described: &Contract, used: &TypeDef) -> Option<Deprecated> {
    let resolve = &described.resolve;
    let package = match used.owner {
        TypeOwner::Interface(id) => resolve.interfaces[id].package,
        TypeOwner::World(id) => resolve.worlds[id].package,
        TypeOwner::None => None,
    };
    let TypeDefKind::Type(Type::Id(id)) = used.kind else {
        return None;
    };
    let target = &resolve.types[id];
    let TypeOwner::Interface(from) = target.owner else {
        return None;
    };
    let is_used = package == Some(described.main) && used.owner != target.owner;
    let since = mark(&target.stability).filter(|_| is_used)?;
    Some(Deprecated {
        part: target.name.clone(),
        at: Some(described.place(used.span)?),
        ..whole(&resolve.id_of(from)?, since)
    })
}

fn mark(stability: &Stability) -> Option<&Version> {
    match stability {
        Stability::Stable { deprecated, .. } | Stability::Unstable { deprecated, .. } => deprecated.as_ref(),
        Stability::Unknown => None,
    }
}
