//! The units to compile, in order of first use.

use std::collections::BTreeMap;

use torvyn_codegen::ir::{ArtifactIdx, ArtifactKind, ComponentIdx};

use super::stage::Stage;
use crate::aot::Unit;
use crate::cache::sha256;
use crate::prepare;

/// The units used so far, each once.
pub(super) struct Units<'a> {
    /// The components, by index.
    stages: &'a [Stage<'a>],
    list: Vec<Unit>,
    /// Units of whole components.
    whole: BTreeMap<ComponentIdx, ArtifactIdx>,
    /// Units of shells for the direct path.
    alone: BTreeMap<ComponentIdx, ArtifactIdx>,
}

impl<'a> Units<'a> {
    pub(super) fn new(stages: &'a [Stage<'a>]) -> Self {
        Self {
            stages,
            list: Vec::new(),
            whole: BTreeMap::new(),
            alone: BTreeMap::new(),
        }
    }

    /// Returns the unit of a whole component; adds it at first use.
    pub(super) fn component(&mut self, component: ComponentIdx) -> ArtifactIdx {
        if let Some(known) = self.whole.get(&component) {
            return *known;
        }
        let binary = self.stages[component.position()].binary;
        let bytes = prepare::component(&binary.bytes).expect("invariant: the component was read before");
        let idx = self.add(Unit {
            name: binary.name.clone(),
            kind: ArtifactKind::Component,
            sha256: sha256(&bytes),
            bytes,
            used: binary.used,
        });
        self.whole.insert(component, idx);
        idx
    }

    /// Returns the unit of a component's shell for the direct path; adds it at first use. The component must have one.
    pub(super) fn direct(&mut self, component: ComponentIdx) -> ArtifactIdx {
        if let Some(known) = self.alone.get(&component) {
            return *known;
        }
        let stage = &self.stages[component.position()];
        let shell = stage
            .direct()
            .expect("invariant: a direct path that is chosen can be taken");
        let idx = self.add(Unit {
            name: format!("{}.direct", stage.binary.name),
            kind: ArtifactKind::Shell,
            bytes: shell.to_vec(),
            sha256: sha256(shell),
            used: stage.binary.used,
        });
        self.alone.insert(component, idx);
        idx
    }

    /// Adds the shell of a chain. Its name is unique: the first stage distinguishes it from other chains, and the dots
    /// from components, whose names have none.
    pub(super) fn fused(&mut self, flow: &str, first: &str, component: ComponentIdx, shell: Vec<u8>) -> ArtifactIdx {
        self.add(Unit {
            name: format!("{flow}.{first}.fused"),
            kind: ArtifactKind::Shell,
            sha256: sha256(&shell),
            bytes: shell,
            used: self.stages[component.position()].binary.used,
        })
    }

    pub(super) fn into_list(self) -> Vec<Unit> {
        self.list
    }

    fn add(&mut self, unit: Unit) -> ArtifactIdx {
        self.list.push(unit);
        ArtifactIdx::new(self.list.len() - 1)
    }
}
