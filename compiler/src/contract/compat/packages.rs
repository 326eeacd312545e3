//! Comparison of whole packages: what was removed or added, and the version bump that this requires.

use std::collections::BTreeMap;

use semver::Version;
use wit_parser::{
    Docs, IndexMap, Interface, Package, PackageId, Stability, Type, TypeDefKind, TypeId, WorldId, WorldItem, WorldKey,
};

use super::types::name;
use super::{Bump, Differ, Difference, Level, words};
use crate::contract::canonical;
use crate::contract::document::Contract;
use crate::interface::InterfaceName;

/// Compares two contracts: the imports and exports of components, or else the packages. Components have no bumps.
#[must_use]
pub fn diff(old: &Contract, new: &Contract) -> (Vec<Difference>, Vec<Bump>) {
    if let (Some(a), Some(b)) = (old.world, new.world) {
        return (worlds_diff(old, a, new, b), Vec::new());
    }
    let mut found = Vec::new();
    let mut bumps = Vec::new();
    for (id, package) in own_packages(old) {
        let Some(other) = find(new, id, package, old) else {
            continue;
        };
        let mut differ = Differ::new(old, new);
        differ.package(package, other);
        if id == old.main {
            differ.packages();
        }
        let (title, other_title) = (title(package), title(other));
        if differ.found.is_empty() {
            differ.within.clone_from(&title);
            let (before, after) = (remarks(old, package), remarks(new, other));
            for (what, is_different) in [
                ("comments", before.0 != after.0),
                ("stability annotations", before.1 != after.1),
            ] {
                if is_different {
                    differ.report(Level::Patch, format!("{what} differ"), None, None);
                }
            }
        }
        bumps.push(Bump {
            other: Some(other_title).filter(|other| *other != title),
            package: title,
            old: package.name.version.clone(),
            new: other.name.version.clone(),
            needed: differ.found.iter().map(|difference| difference.level).max(),
        });
        found.append(&mut differ.found);
    }
    (found, bumps)
}

/// Compares what two components import and export.
fn worlds_diff(old: &Contract, a: WorldId, new: &Contract, b: WorldId) -> Vec<Difference> {
    let mut differ = Differ::new(old, new);
    differ.world("the world", a, b, Depth::Interfaces);
    differ.found
}

/// The packages of a contract that are not somebody else's: the requested one, and those of its namespace.
fn own_packages(contract: &Contract) -> impl Iterator<Item = (PackageId, &Package)> {
    let main = &contract.resolve.packages[contract.main].name.namespace;
    contract
        .resolve
        .packages
        .iter()
        .filter(move |(id, package)| *id == contract.main || package.name.namespace == *main)
}

/// Finds the counterpart of a package in `new`: the one of the same name and, if there are several, of the same version
/// if possible. If no package has its name, the two requested packages correspond.
fn find<'a>(new: &'a Contract, id: PackageId, package: &Package, old: &Contract) -> Option<&'a Package> {
    let main = &new.resolve.packages[new.main];
    if id == old.main && title(main) == title(package) {
        return Some(main);
    }
    let packages = new.resolve.packages.iter().map(|(_, other)| other);
    let same: Vec<&Package> = packages.filter(|other| title(other) == title(package)).collect();
    let exact = same.iter().find(|other| other.name.version == package.name.version);
    exact
        .or(same.first())
        .copied()
        .or_else(|| (id == old.main).then_some(main))
}

fn title(package: &Package) -> String {
    format!("{}:{}", package.name.namespace, package.name.name)
}

impl Differ<'_> {
    /// Compares the lists of packages besides the requested one. Its version covers changes of the list.
    fn packages(&mut self) {
        let others = |contract: &Contract| -> Vec<String> {
            let others = own_packages(contract).filter(|(id, _)| *id != contract.main);
            others.map(|(_, package)| title(package)).collect()
        };
        let (before, after) = (others(self.old), others(self.new));
        self.within = title(&self.old.resolve.packages[self.old.main]);
        for gone in before.iter().filter(|title| !after.contains(title)) {
            self.report(Level::Major, format!("package `{gone}` was removed"), None, None);
        }
        for added in after.iter().filter(|title| !before.contains(title)) {
            self.report(Level::Minor, format!("package `{added}` was added"), None, None);
        }
    }

    fn package(&mut self, old: &Package, new: &Package) {
        self.within = title(old);
        if title(old) != title(new) {
            self.report(
                Level::Major,
                format!("package `{}` is called `{}`", title(old), title(new)),
                None,
                None,
            );
        }
        for (name, id) in &old.interfaces {
            let own = &self.old.resolve.interfaces[*id];
            match new.interfaces.get(name) {
                Some(other) => self.interface(own, &self.new.resolve.interfaces[*other]),
                None => {
                    self.within = title(old);
                    self.report(
                        Level::Major,
                        format!("interface `{name}` was removed"),
                        Some(own.span),
                        None,
                    );
                }
            }
        }
        self.within = title(old);
        for (name, id) in new
            .interfaces
            .iter()
            .filter(|(name, _)| !old.interfaces.contains_key(*name))
        {
            let span = self.new.resolve.interfaces[*id].span;
            self.report(Level::Minor, format!("interface `{name}` was added"), None, Some(span));
        }
        for (name, id) in &old.worlds {
            if let Some(other) = new.worlds.get(name) {
                self.world(&format!("world `{name}`"), *id, *other, Depth::Names);
                self.within = title(old);
            } else {
                let span = self.old.resolve.worlds[*id].span;
                self.report(Level::Major, format!("world `{name}` was removed"), Some(span), None);
            }
        }
        for (name, id) in new.worlds.iter().filter(|(name, _)| !old.worlds.contains_key(*name)) {
            let span = self.new.resolve.worlds[*id].span;
            self.report(Level::Minor, format!("world `{name}` was added"), None, Some(span));
        }
    }

    /// Compares all types and functions of an interface.
    fn interface(&mut self, old: &Interface, new: &Interface) {
        self.enter(old);
        for (name, id) in &old.types {
            match new.types.get(name) {
                Some(other) => {
                    if !self.same(&Type::Id(*id), &Type::Id(*other)) {
                        let spans = (self.old.resolve.types[*id].span, self.new.resolve.types[*other].span);
                        let what = format!("type `{name}` has a different definition");
                        self.report(Level::Major, what, Some(spans.0), Some(spans.1));
                    }
                }
                None => {
                    let span = self.old.resolve.types[*id].span;
                    self.report(
                        self.gone(),
                        format!("type `{name}` was removed"),
                        Some(span),
                        Some(new.span),
                    );
                }
            }
        }
        for (_, id) in new.types.iter().filter(|(name, _)| !old.types.contains_key(*name)) {
            let def = &self.new.resolve.types[*id];
            // In an import, only an added resource is a new requirement; other types are compared where functions use
            // them.
            let is_resource = matches!(def.kind, TypeDefKind::Resource);
            let level = if is_resource { self.added() } else { Level::Minor };
            self.report(
                level,
                format!("type `{}` was added", name(def)),
                Some(old.span),
                Some(def.span),
            );
        }
        for (name, function) in &old.functions {
            match new.functions.get(name) {
                Some(other) => self.function(function, other),
                None => {
                    let what = format!("{} was removed", words::function(function));
                    self.report(self.gone(), what, Some(function.span), Some(new.span));
                }
            }
        }
        for (_, function) in new
            .functions
            .iter()
            .filter(|(name, _)| !old.functions.contains_key(*name))
        {
            let what = format!("{} was added", words::function(function));
            self.report(self.added(), what, Some(old.span), Some(function.span));
        }
        self.types();
    }

    /// Compares two worlds: fewer imports or more exports are compatible.
    fn world(&mut self, title: &str, a: WorldId, b: WorldId, depth: Depth) {
        let (own, other) = (&self.old.resolve.worlds[a], &self.new.resolve.worlds[b]);
        let spans = (Some(own.span), Some(other.span));
        for (what, before, after) in [
            ("import", &own.imports, &other.imports),
            ("export", &own.exports, &other.exports),
        ] {
            self.is_imported = what == "import";
            let (gone, added) = (self.gone(), self.added());
            let (before, after) = (names(self.old, before), names(self.new, after));
            for (name, item) in &before {
                title.clone_into(&mut self.within);
                match after.get(name) {
                    Some((version, other)) => {
                        if depth == Depth::Interfaces {
                            let spans = (Some(item.1.span()), Some(other.span()));
                            self.version(&format!("{what} `{name}`"), item.0.as_ref(), version.as_ref(), spans);
                        }
                        self.world_item(item.1, other, depth);
                        self.types();
                    }
                    None => self.report(gone, format!("{what} `{name}` was removed"), spans.0, spans.1),
                }
            }
            title.clone_into(&mut self.within);
            for name in after.keys().filter(|name| !before.contains_key(*name)) {
                self.report(added, format!("{what} `{name}` was added"), spans.0, spans.1);
            }
        }
        self.is_imported = false;
    }

    /// Compares the versions of two imports or exports of one name.
    fn version(&mut self, what: &str, old: Option<&Version>, new: Option<&Version>, spans: Spans) {
        let fits = |a: &Version, b: &Version| canonical::is_compatible(a, b) || canonical::is_compatible(b, a);
        let change = match (old, new) {
            (Some(old), Some(new)) if old != new => {
                let level = if fits(old, new) { Level::Patch } else { Level::Major };
                (level, format!("{what} is version {new} instead of {old}"))
            }
            (Some(old), None) => (Level::Patch, format!("{what} has no version instead of {old}")),
            (None, Some(new)) => (Level::Patch, format!("{what} is version {new} instead of none")),
            (Some(_) | None, _) => return,
        };
        self.report(change.0, change.1, spans.0, spans.1);
    }

    fn world_item(&mut self, old: &WorldItem, new: &WorldItem, depth: Depth) {
        match (old, new) {
            (WorldItem::Interface { id: a, .. }, WorldItem::Interface { id: b, .. }) => {
                let (a, b) = (&self.old.resolve.interfaces[*a], &self.new.resolve.interfaces[*b]);
                if depth == Depth::Interfaces || a.name.is_none() {
                    self.interface(a, b);
                }
            }
            (WorldItem::Function(a), WorldItem::Function(b)) => self.function(a, b),
            // Types of one name are queued here and compared later.
            (WorldItem::Type { id: a, .. }, WorldItem::Type { id: b, .. }) => {
                self.same(&Type::Id(*a), &Type::Id(*b));
            }
            (WorldItem::Interface { .. } | WorldItem::Function(_) | WorldItem::Type { .. }, _) => {
                let what = "is another kind of item".to_owned();
                self.report(Level::Major, what, Some(old.span()), Some(new.span()));
            }
        }
    }
}

/// How far worlds are compared.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Depth {
    /// Names of imports and exports, functions and inline interfaces; other interfaces are compared with their
    /// packages.
    Names,
    /// The contents of all interfaces too.
    Interfaces,
}

/// Places of an item in the old contract and in the new one.
type Spans = (Option<wit_parser::Span>, Option<wit_parser::Span>);

/// Imports or exports by name, each with its version.
fn names<'a>(
    contract: &Contract,
    items: &'a IndexMap<WorldKey, WorldItem>,
) -> BTreeMap<String, (Option<Version>, &'a WorldItem)> {
    let name = |key: &WorldKey| {
        let name = contract.resolve.name_world_key(key);
        match name.parse::<InterfaceName>() {
            Ok(name) => {
                let unversioned = InterfaceName {
                    version: None,
                    ..name.clone()
                };
                (unversioned.to_string(), name.version)
            }
            Err(_) => (name, None),
        }
    };
    let named = items.iter().map(|(key, item)| (name(key), item));
    named.map(|((name, version), item)| (name, (version, item))).collect()
}

/// Comments of a package, and annotations such as `@deprecated`, in order of its items.
fn remarks(contract: &Contract, package: &Package) -> (Vec<Docs>, Vec<Stability>) {
    let mut remarks = (vec![package.docs.clone()], Vec::new());
    let mut remark = |docs: &Docs, gate: &Stability| {
        remarks.0.push(docs.clone());
        remarks.1.push(gate.clone());
    };
    let of_type = |id: &TypeId, remark: &mut dyn FnMut(&Docs, &Stability)| {
        let def = &contract.resolve.types[*id];
        remark(&def.docs, &def.stability);
        for docs in inner_docs(&def.kind) {
            remark(&docs, &Stability::Unknown);
        }
    };
    for id in package.interfaces.values() {
        let interface = &contract.resolve.interfaces[*id];
        remark(&interface.docs, &interface.stability);
        for function in interface.functions.values() {
            remark(&function.docs, &function.stability);
        }
        for id in interface.types.values() {
            of_type(id, &mut remark);
        }
    }
    for id in package.worlds.values() {
        let world = &contract.resolve.worlds[*id];
        remark(&world.docs, &world.stability);
        for item in world.imports.values().chain(world.exports.values()) {
            match item {
                WorldItem::Interface { stability, docs, .. } => remark(docs, stability),
                WorldItem::Function(function) => remark(&function.docs, &function.stability),
                WorldItem::Type { id, .. } => of_type(id, &mut remark),
            }
        }
    }
    remarks
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the enum is wit-parser's; other kinds have no parts with comments"
)]
fn inner_docs(kind: &wit_parser::TypeDefKind) -> Vec<Docs> {
    use wit_parser::TypeDefKind as K;
    match kind {
        K::Record(record) => record.fields.iter().map(|field| field.docs.clone()).collect(),
        K::Variant(variant) => variant.cases.iter().map(|case| case.docs.clone()).collect(),
        K::Enum(of) => of.cases.iter().map(|case| case.docs.clone()).collect(),
        K::Flags(flags) => flags.flags.iter().map(|flag| flag.docs.clone()).collect(),
        _ => Vec::new(),
    }
}
