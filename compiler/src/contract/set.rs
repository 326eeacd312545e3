//! Contracts of a project's components, as far as they are known.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

use super::compat::{self, Difference};
use super::deprecated::{self, Deprecated};
use super::deviation::deviations;
use super::document::Contract;
use super::need::Need;
use super::signature::Signature;
use super::wit::World;
use crate::interface::InterfaceName;
use crate::manifest::ast::{CapabilitiesDecl, ComponentRef};
use crate::source::{SourceMap, Span, display_path};

/// The interface that declares the element types.
static TYPES: LazyLock<InterfaceName> = LazyLock::new(|| InterfaceName {
    package: "torvyn:streaming".into(),
    interface: "types".into(),
    version: None,
});

/// The element types.
const FLOWING: [&str; 4] = ["element-meta", "stream-element", "output-element", "buffer"];

/// Worlds and binaries of a project's components, and their deviations from the runtime's contracts.
#[derive(Clone, Debug, Default)]
pub struct ContractSet {
    pub(super) worlds: BTreeMap<String, World>,
    pub(super) binaries: BTreeMap<ComponentRef, Binary>,
    /// Place in the manifest that names each binary.
    pub(super) named_by: BTreeMap<ComponentRef, Span>,
    /// Why a binary that was looked for was not read.
    pub(super) unread: BTreeMap<ComponentRef, Unread>,
    /// Capabilities that components declare in manifests of their own, by component name.
    pub(super) declared: BTreeMap<String, Arc<CapabilitiesDecl>>,
    /// Deviations from the runtime's contracts; no entry for components without any.
    deviations: BTreeMap<ComponentRef, Vec<Difference>>,
}

/// A component binary that was read.
#[derive(Clone, Debug)]
pub struct Binary {
    /// Path of the file.
    pub path: PathBuf,
    /// Its imports and exports.
    pub signature: Signature,
    /// Capabilities that its code needs.
    pub needs: Vec<Need>,
    /// Output ports that a router declares, sorted; `None` without a declaration.
    pub ports: Option<Vec<String>>,
    /// Linear memory that it starts with.
    pub memory_bytes: u64,
    /// The whole contract.
    pub contract: Arc<Contract>,
}

/// Why a binary was not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unread {
    /// There is no such file.
    Missing,
    /// It is older than this source file.
    OlderThan(PathBuf),
    /// Whether it is older than its sources is not known.
    AgeUnknown,
    /// It is unreadable or not a component, which was reported.
    Invalid,
}

impl ContractSet {
    /// The world of a declared component; `None` if it has no `wit/` folder, or an invalid one.
    #[must_use]
    pub fn world(&self, component: &str) -> Option<&World> {
        self.worlds.get(component)
    }

    /// The binary of a component, once [`load_binaries`](super::load_binaries) or [`load_present`](super::load_present)
    /// has read it.
    #[must_use]
    pub fn binary(&self, component: &ComponentRef) -> Option<&Binary> {
        self.binaries.get(component)
    }

    /// The components whose world and binary are both known, each with the place that names the binary.
    pub(crate) fn worlds_with_code(&self) -> impl Iterator<Item = (&ComponentRef, Span, &World, &Binary)> {
        self.named_by.iter().filter_map(|(component, at)| match component {
            ComponentRef::Declared(name) => Some((component, *at, self.world(name)?, self.binary(component)?)),
            ComponentRef::File(_) | ComponentRef::Builtin(_) => None,
        })
    }

    /// Why the binary of a component was not read; `None` if it was, or was not looked for.
    #[must_use]
    pub fn unread(&self, component: &ComponentRef) -> Option<&Unread> {
        self.unread.get(component)
    }

    /// The world of a component whose binary was not read.
    pub(crate) fn source(&self, component: &ComponentRef) -> Option<&World> {
        match component {
            ComponentRef::Declared(name) if self.binary(component).is_none() => self.world(name),
            ComponentRef::Declared(_) | ComponentRef::File(_) | ComponentRef::Builtin(_) => None,
        }
    }

    /// The contract of a component: its binary's, else its world's.
    fn contract(&self, component: &ComponentRef) -> Option<&Contract> {
        let binary = self.binary(component).map(|binary| &binary.contract);
        let contract = binary.or_else(|| match component {
            ComponentRef::Declared(name) => self.world(name).map(|world| &world.contract),
            ComponentRef::File(_) | ComponentRef::Builtin(_) => None,
        });
        contract.map(|contract| &**contract)
    }

    /// The functions of an interface that the binary of a component imports; none without a binary.
    pub(crate) fn imported_functions(&self, component: &ComponentRef, import: &InterfaceName) -> Vec<&str> {
        let contract = self.binary(component).map(|binary| &*binary.contract);
        contract.map(|contract| contract.functions(import)).unwrap_or_default()
    }

    /// Deviations of a component from the runtime's contracts.
    #[must_use]
    pub fn deviations(&self, component: &ComponentRef) -> &[Difference] {
        self.deviations.get(component).map(Vec::as_slice).unwrap_or_default()
    }

    /// Deprecated items that a component uses: by the marks in its own WIT, or for a binary by those in the runtime's.
    #[must_use]
    pub fn deprecated(&self, component: &ComponentRef) -> Vec<Deprecated> {
        let (Some(contract), Some(signature)) = (self.contract(component), self.signature(component)) else {
            return Vec::new();
        };
        if let Some(world) = self.source(component) {
            let written: Vec<String> = world.items.keys().cloned().collect();
            return deprecated::deprecated(&written, contract);
        }
        let names: Vec<String> = signature.imports.iter().chain(&signature.exports).cloned().collect();
        deprecated::deprecated(&names, Contract::canonical())
    }

    /// Differences between the element types of an upstream and a downstream component; none if neither deviates from
    /// the runtime's contracts.
    #[must_use]
    pub fn differences_between(&self, from: &ComponentRef, to: &ComponentRef) -> Vec<Difference> {
        if from == to || (self.deviations(from).is_empty() && self.deviations(to).is_empty()) {
            return Vec::new();
        }
        match (self.contract(from), self.contract(to)) {
            (Some(from), Some(to)) => compat::unequal_types(from, to, &FLOWING, &TYPES),
            (Some(_) | None, _) => Vec::new(),
        }
    }

    /// Compares each component with the runtime's contracts. If one deviates, all contracts get texts for spans to
    /// point into.
    pub(super) fn find_deviations(&mut self, sources: &mut SourceMap) {
        let references: Vec<ComponentRef> = self.references();
        let runtime = Contract::canonical();
        let differs = |reference: &ComponentRef| {
            let (contract, signature) = (self.contract(reference), self.signature(reference));
            let found = contract
                .zip(signature)
                .map(|(contract, signature)| deviations(contract, signature, runtime));
            found.is_some_and(|found| !found.is_empty())
        };
        let different: Vec<ComponentRef> = references.into_iter().filter(differs).collect();
        self.deviations.clear();
        if different.is_empty() {
            return;
        }
        for binary in self.binaries.values_mut() {
            let name = format!("{} (its contract)", display_path(&binary.path));
            binary.contract = Arc::new(binary.contract.printed(sources, &name));
        }
        let runtime = Contract::canonical_in(sources);
        for world in self.worlds.values_mut() {
            Arc::make_mut(&mut world.contract).add_texts_of(&runtime);
        }
        for reference in different {
            if let (Some(contract), Some(signature)) = (self.contract(&reference), self.signature(&reference)) {
                let found = deviations(contract, signature, &runtime);
                self.deviations.insert(reference, found);
            }
        }
    }

    /// Every component whose world or binary is known.
    fn references(&self) -> Vec<ComponentRef> {
        let worlds = self.worlds.keys().map(|name| ComponentRef::Declared(name.clone()));
        let all: BTreeSet<ComponentRef> = worlds.chain(self.binaries.keys().cloned()).collect();
        all.into_iter().collect()
    }

    /// Capabilities that a component declares in a manifest of its own.
    #[must_use]
    pub fn declared(&self, component: &ComponentRef) -> Option<&Arc<CapabilitiesDecl>> {
        match component {
            ComponentRef::Declared(name) => self.declared.get(name),
            ComponentRef::File(_) | ComponentRef::Builtin(_) => None,
        }
    }

    /// The signature of a component: its binary's, or else its world's.
    #[must_use]
    pub fn signature(&self, component: &ComponentRef) -> Option<&Signature> {
        let binary = self.binary(component).map(|binary| &binary.signature);
        binary.or_else(|| match component {
            ComponentRef::Declared(name) => self.world(name).map(|world| &world.signature),
            ComponentRef::File(_) | ComponentRef::Builtin(_) => None,
        })
    }
}
