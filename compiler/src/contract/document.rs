//! A contract as a whole: WIT that is resolved, with the texts that its spans lie in.
//!
//! In: a WIT folder or file, or a binary. What a binary says is printed as WIT first, so that there is a text to point
//! into.

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

/// Resolved WIT.
#[derive(Clone, Debug)]
pub struct Contract {
    pub(super) resolve: Resolve,
    /// The package that was asked for; the others are what it depends on. A binary's is made up by the encoder.
    pub(super) main: PackageId,
    /// The world of a component.
    pub(super) world: Option<WorldId>,
    /// Texts by the name that wit-parser knows them by.
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

    /// What a binary says of itself, without any text.
    ///
    /// # Errors
    /// When it is neither a component nor a core module with WIT metadata.
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

    /// The contracts that the runtime speaks, without any text.
    pub(super) fn canonical() -> &'static Self {
        static CONTRACTS: LazyLock<Contract> = LazyLock::new(|| embedded(BTreeMap::new()));
        &CONTRACTS
    }

    /// The contracts that the runtime speaks, as texts of `sources`.
    pub(super) fn canonical_in(sources: &mut SourceMap) -> Self {
        let add = |(path, text): &(&str, &str)| {
            let shown = format!("contracts of the runtime/{path}");
            ((*path).to_owned(), sources.add(Path::new(&shown), (*text).to_owned()))
        };
        embedded(canonical::canonical().iter().map(add).collect())
    }

    /// The same contract, printed into `sources` under `name`.
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

    /// Makes it a contract about one world: the only one of the package that was asked for.
    ///
    /// # Errors
    /// The names of the worlds, when it is not one.
    pub(super) fn choose_world(&mut self) -> Result<(), Vec<String>> {
        let worlds = &self.resolve.packages[self.main].worlds;
        match (worlds.values().next(), worlds.len()) {
            (Some(world), 1) => self.world = Some(*world),
            (Some(_) | None, _) => return Err(worlds.keys().cloned().collect()),
        }
        Ok(())
    }

    /// Takes the imports of WASI out of its world, but for those `named`.
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

    /// What the world imports and exports; nothing when there is none.
    pub(super) fn signature(&self) -> Signature {
        self.world
            .map(|world| world_signature(&self.resolve, world))
            .unwrap_or_default()
    }

    /// Points into the runtime's contracts too, where this contract was resolved with them.
    pub(super) fn add_texts_of(&mut self, other: &Contract) {
        for (name, id) in &other.texts {
            self.texts.entry(name.clone()).or_insert(*id);
        }
    }

    /// The span of ours for one of wit-parser's; `None` when its text is not among the sources.
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
