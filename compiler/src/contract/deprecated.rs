//! What a component uses although its contract says not to: what WIT marks `@deprecated`.

use semver::Version;
use wit_parser::{InterfaceId, Stability, Type, TypeDef, TypeDefKind, TypeOwner, WorldItem};

use super::document::Contract;
use crate::interface::InterfaceName;
use crate::source::Span;

/// Something deprecated that is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deprecated {
    /// The import or export, as the component names it; the interface of a type.
    pub item: String,
    /// A function or a type in it, when not all of it is deprecated.
    pub part: Option<String>,
    /// Where a type is used.
    pub at: Option<Span>,
    /// The version that deprecated it.
    pub since: Version,
}

/// What is deprecated among the imports and exports `names`, and in the texts of `described`, which has the marks: a
/// component binary keeps none.
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

/// The deprecated type that a `use` of the contract's own package names.
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
