//! A whole contract: resolved WIT, with the texts that its spans point into.
//!
//! In: a WIT folder or file, or a binary. A binary has no text: where diagnostics need one, its contract is printed as
//! WIT.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use wit_component::WitPrinter;
use wit_parser::{InterfaceId, PackageId, Resolve, WorldId, WorldKey};

use crate::contract::Signature;
use crate::contract::canonical;
use crate::contract::component::{BinaryError, decode, world_signature};
use crate::interface::InterfaceName;
use crate::source::{SourceId, SourceMap, Span};

/// Resolved WIT and its texts.
#[derive(Clone, Debug)]
pub struct Contract {
    pub(super) resolve: Resolve,
    /// The requested package; the others are its dependencies. For a binary, a package that the encoder made up.
    pub(super) main: PackageId,
    /// The world of a component; `None` for packages as a whole.
    pub(super) world: Option<WorldId>,
    /// Texts by their names in wit-parser's source map.
    texts: BTreeMap<String, SourceId>,
}

impl Contract {
    pub(super) fn new(resolve: Resolve, main: PackageId, texts: BTreeMap<String, SourceId>) -> Self {
        Self {
            resolve,
            main,
            world: None,
            texts,
        }
    }

    /// Decodes the contract of a binary, without any text.
    ///
    /// # Errors
    /// When it is invalid, or neither a component nor a core module with WIT metadata.
    pub(super) fn of_binary(bytes: &[u8]) -> Result<Self, BinaryError> {
        let (resolve, world) = decode(bytes)?;
        let main = resolve.worlds[world]
            .package
            .expect("invariant: a decoded world lies in a package");
        Ok(Self {
            world: Some(world),
            ..Self::new(resolve, main, BTreeMap::new())
        })
    }

    /// The contracts that the runtime supports, without any text.
    pub(super) fn canonical() -> &'static Self {
        static CONTRACTS: LazyLock<Contract> = LazyLock::new(|| embedded(BTreeMap::new()));
        &CONTRACTS
    }

    /// The contracts that the runtime supports, with their texts added to `sources`.
    pub(super) fn canonical_in(sources: &mut SourceMap) -> Self {
        let add = |(path, text): &(&str, &str)| {
            let shown = format!("contracts of the runtime/{path}");
            ((*path).to_owned(), sources.add(Path::new(&shown), (*text).to_owned()))
        };
        embedded(canonical::canonical().iter().map(add).collect())
    }

    /// Returns the same contract with a text: printed as WIT and added to `sources` under `name`. Returns it unchanged
    /// if it can't be printed.
    pub(super) fn printed(&self, sources: &mut SourceMap, name: &str) -> Self {
        let others: Vec<PackageId> = self
            .resolve
            .packages
            .iter()
            .map(|(id, _)| id)
            .filter(|id| *id != self.main)
            .collect();
        let mut printer = WitPrinter::default();
        if printer.print(&self.resolve, self.main, &others).is_err() {
            return self.clone();
        }
        let text = printer.output.to_string();
        let mut resolve = Resolve::default();
        let Ok(main) = resolve.push_str(name, &text) else {
            return self.clone();
        };
        let id = sources.add(Path::new(name), text);
        let own = self.world.map(|world| &self.resolve.worlds[world].name);
        Self {
            world: own.and_then(|own| resolve.packages[main].worlds.get(own).copied()),
            ..Self::new(resolve, main, BTreeMap::from([(name.to_owned(), id)]))
        }
    }

    /// Chooses the world of the component with this name from the requested package, as for a component of a project:
    /// among the worlds that can be a stage, if there are any.
    ///
    /// # Errors
    /// The names of the worlds to choose from, if none of them has the component's name and they are not exactly one.
    pub(super) fn choose_world(&mut self, component: &str) -> Result<(), Vec<String>> {
        let all = &self.resolve.packages[self.main].worlds;
        let is_stage = |id: WorldId| !world_signature(&self.resolve, id).interfaces.is_empty();
        let has_stages = all.values().any(|id| is_stage(*id));
        let (names, ids): (Vec<&str>, Vec<WorldId>) = all
            .iter()
            .filter(|(_, id)| !has_stages || is_stage(**id))
            .map(|(name, id)| (name.as_str(), *id))
            .unzip();
        match meant(&names, &[component.to_owned()]) {
            Some(at) => self.world = Some(ids[at]),
            None => return Err(names.into_iter().map(str::to_owned).collect()),
        }
        Ok(())
    }

    /// Removes the WASI imports of the chosen world, except those in `named`.
    pub(super) fn leave_out_wasi(&mut self, named: &[String]) {
        let Some(world) = self.world else { return };
        let imports = self.resolve.worlds[world].imports.keys();
        let is_added = |key: &WorldKey| {
            let name = self.resolve.name_world_key(key);
            name.starts_with("wasi:") && !named.contains(&name)
        };
        let added: Vec<WorldKey> = imports.filter(|key| is_added(key)).cloned().collect();
        self.resolve.worlds[world].imports.retain(|key, _| !added.contains(key));
    }

    /// Imports and exports of the chosen world; empty without one.
    pub(super) fn signature(&self) -> Signature {
        self.world
            .map(|world| world_signature(&self.resolve, world))
            .unwrap_or_default()
    }

    /// Adds the texts of `other`, so that spans in packages of `other` (the runtime's contracts) can be located.
    pub(super) fn add_texts_of(&mut self, other: &Contract) {
        for (name, id) in &other.texts {
            self.texts.entry(name.clone()).or_insert(*id);
        }
    }

    /// Converts a span of wit-parser; `None` when its text is not among the sources.
    #[must_use]
    pub(super) fn place(&self, span: wit_parser::Span) -> Option<Span> {
        let location = self.resolve.source_map.resolve_span(span)?;
        let source = *self.texts.get(location.path)?;
        Some(Span::new(source, location.range))
    }

    /// Names of the functions of an interface.
    pub(super) fn functions(&self, name: &InterfaceName) -> Vec<&str> {
        let found = self.interface(name).map(|id| &self.resolve.interfaces[id]);
        let functions = found.into_iter().flat_map(|interface| interface.functions.keys());
        functions.map(String::as_str).collect()
    }

    /// The interface of this name, whatever its version.
    pub(super) fn interface(&self, name: &InterfaceName) -> Option<InterfaceId> {
        let packages = self.resolve.packages.iter().map(|(_, package)| package);
        let mut found =
            packages.filter(|package| format!("{}:{}", package.name.namespace, package.name.name) == name.package);
        found.find_map(|package| package.interfaces.get(&name.interface).copied())
    }
}

fn embedded(texts: BTreeMap<String, SourceId>) -> Contract {
    let mut resolve = Resolve::default();
    let mut groups = canonical::PACKAGES.iter().cloned().collect::<Vec<_>>();
    let first = groups.remove(0);
    let main = resolve
        .push_groups(first, groups)
        .expect("invariant: the embedded contracts resolve");
    Contract::new(resolve, main, texts)
}

/// Returns which of these worlds is that of the component with these names: the one with the earliest name, or else the
/// only one.
pub(super) fn meant(worlds: &[&str], names: &[String]) -> Option<usize> {
    let named = names.iter().find_map(|named| {
        let is_it = |world: &&str| folded(world) == folded(named);
        worlds.iter().position(is_it)
    });
    named.or((worlds.len() == 1).then_some(0))
}

/// A name without the differences between spellings: of capitals, and of `_` and `-`.
fn folded(name: &str) -> String {
    name.replace('_', "-").to_ascii_lowercase()
}
