//! Choice of a component's world. In: a resolved package. Out: its only world that can be a stage of a flow, or among
//! several the one with the component's name.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use wit_parser::{AstItem, UnresolvedPackage, UnresolvedPackageGroup, WorldId, WorldItem, WorldKey};

use super::error::WitError;
use super::packages::Packages;
use crate::contract::Signature;
use crate::contract::component::world_signature;
use crate::contract::document::{Contract, meant};
use crate::diag::{Checked, Diagnostics};
use crate::source::Span;

/// The world in a component's `wit/` folder.
#[derive(Clone, Debug)]
pub struct World {
    /// Its name.
    pub name: String,
    /// How many further worlds there are in its package.
    pub others: usize,
    /// Its imports and exports.
    pub signature: Signature,
    /// Where it is declared.
    pub span: Span,
    /// Where each import and export is written, by name; without those included from other packages.
    pub items: BTreeMap<String, Span>,
    /// The whole contract.
    pub contract: Arc<Contract>,
}

/// Chooses the world of the component with these names, of which the first is from the manifest.
pub(super) fn choose(
    diags: &mut Diagnostics,
    mut contract: Contract,
    items: Items,
    owner: Option<Span>,
    names: &[String],
) -> Checked<World> {
    let resolve = &contract.resolve;
    let mut stages = Vec::new();
    let mut last = None;
    for (name, id) in &resolve.packages[contract.main].worlds {
        let Some(span) = contract.place(resolve.worlds[*id].span) else {
            continue;
        };
        let signature = world_signature(resolve, *id);
        if signature.interfaces.is_empty() {
            last = Some((name.clone(), span, signature.exports));
        } else {
            stages.push((name.clone(), *id, span, signature));
        }
    }
    let others = resolve.packages[contract.main].worlds.len().saturating_sub(1);
    let worlds: Vec<&str> = stages.iter().map(|(name, ..)| name.as_str()).collect();
    let chosen = match meant(&worlds, names) {
        Some(at) => at,
        None if stages.is_empty() => return Err(diags.error(WitError::NoWorld { last, owner })),
        None => {
            return Err(diags.error(WitError::SeveralWorlds {
                component: names.first().cloned().unwrap_or_default(),
                worlds: stages.into_iter().map(|(name, _, span, _)| (name, span)).collect(),
            }));
        }
    };
    let (name, id, span, signature) = stages.swap_remove(chosen);
    contract.world = Some(id);
    Ok(World {
        items: items.of_world(&name),
        name,
        others,
        signature,
        span,
        contract: Arc::new(contract),
    })
}

/// Places of the imports and exports of a package's worlds, by world. A resolved package has them no longer.
pub(super) struct Items(BTreeMap<String, BTreeMap<String, Span>>);

impl Items {
    pub(super) fn of(packages: &Packages<'_>, group: &UnresolvedPackageGroup) -> Self {
        let reader = Reader::of(packages, group);
        let worlds = group.main.worlds.iter().filter(|(id, _)| !reader.foreign.contains(id));
        Self(
            worlds
                .map(|(id, world)| {
                    let mut items = BTreeMap::new();
                    reader.add(id, &mut items, &mut BTreeSet::new());
                    (world.name.clone(), items)
                })
                .collect(),
        )
    }

    /// The places in one world, and in the worlds of its package that it includes.
    fn of_world(mut self, name: &str) -> BTreeMap<String, Span> {
        self.0.remove(name).unwrap_or_default()
    }
}

/// A reader for the worlds of a package.
struct Reader<'a> {
    packages: &'a Packages<'a>,
    group: &'a UnresolvedPackageGroup,
    /// Full names of the interfaces.
    names: BTreeMap<wit_parser::InterfaceId, String>,
    /// Placeholders for worlds of other packages.
    foreign: BTreeSet<WorldId>,
}

impl<'a> Reader<'a> {
    fn of(packages: &'a Packages<'_>, group: &'a UnresolvedPackageGroup) -> Self {
        let package: &UnresolvedPackage = &group.main;
        let (mut names, mut foreign) = (BTreeMap::new(), BTreeSet::new());
        for (other, items) in &package.foreign_deps {
            for (name, (item, _)) in items {
                match item {
                    AstItem::Interface(id) => drop(names.insert(*id, other.interface_id(name))),
                    AstItem::World(id) => drop(foreign.insert(*id)),
                }
            }
        }
        for (id, interface) in package.interfaces.iter() {
            if let (Some(name), false) = (&interface.name, names.contains_key(&id)) {
                names.insert(id, package.name.interface_id(name));
            }
        }
        Self {
            packages,
            group,
            names,
            foreign,
        }
    }

    fn add(&self, id: WorldId, found: &mut BTreeMap<String, Span>, seen: &mut BTreeSet<WorldId>) {
        if self.foreign.contains(&id) || !seen.insert(id) {
            return;
        }
        let world = &self.group.main.worlds[id];
        for (key, item) in world.imports.iter().chain(&world.exports) {
            let name = match key {
                WorldKey::Name(name) => Some(name),
                WorldKey::Interface(id) => self.names.get(id),
            };
            let span = match item {
                WorldItem::Interface { span, .. } | WorldItem::Type { span, .. } => *span,
                WorldItem::Function(function) => function.span,
            };
            if let Some((name, span)) = name.zip(self.packages.place(&self.group.source_map, span)) {
                found.entry(name.clone()).or_insert(span);
            }
        }
        for include in &world.includes {
            self.add(include.id, found, seen);
        }
    }
}
