//! The components that flows use, each with a unique id and name.

use std::collections::BTreeMap;
use std::path::Path;

use super::{ComponentId, Grants, ResolvedComponent};
use crate::contract::ContractSet;
use crate::manifest::ast::{ComponentRef, Language, Manifest};

/// The components found so far, each once.
#[derive(Default)]
pub(super) struct Components {
    /// Name and reference of each component, by id.
    list: Vec<(String, ComponentRef)>,
    ids: BTreeMap<ComponentRef, ComponentId>,
}

impl Components {
    /// Returns the id of a component, a new one at its first use.
    pub(super) fn id(&mut self, reference: &ComponentRef) -> ComponentId {
        if let Some(id) = self.ids.get(reference) {
            return *id;
        }
        let id = ComponentId::new(self.list.len());
        let wanted = file_name(reference);
        let taken = |name: &str| self.list.iter().any(|(other, _)| other == name);
        let numbered = (2..).map(|count| format!("{wanted}-{count}"));
        let name = std::iter::once(wanted.clone())
            .chain(numbered)
            .find(|name| !taken(name));
        let name = name.expect("invariant: the numbers do not end");
        self.list.push((name, reference.clone()));
        self.ids.insert(reference.clone(), id);
        id
    }

    /// The reference of the component with this id.
    pub(super) fn reference(&self, id: ComponentId) -> &ComponentRef {
        &self.list[id.position()].1
    }

    /// Returns all components, by id, with their declared capabilities and their grants.
    pub(super) fn into_list(self, manifest: &Manifest, contracts: &ContractSet) -> Vec<ResolvedComponent> {
        let component = |(name, reference): (String, ComponentRef)| ResolvedComponent {
            name,
            grants: Grants::of(&manifest.grants, &reference),
            language: language(manifest, &reference),
            declared: contracts.declared(&reference).unwrap_or(&manifest.capabilities).clone(),
            reference,
        };
        self.list.into_iter().map(component).collect()
    }
}

fn language(manifest: &Manifest, reference: &ComponentRef) -> Option<Language> {
    match reference {
        ComponentRef::Declared(name) => manifest.component(name)?.language.map(|language| language.value),
        ComponentRef::File(_) | ComponentRef::Builtin(_) => None,
    }
}

fn file_name(reference: &ComponentRef) -> String {
    let text = match reference {
        ComponentRef::Declared(name) => name.clone(),
        ComponentRef::File(path) => Path::new(path)
            .file_stem()
            .map(|stem| stem.to_string_lossy().into_owned())
            .unwrap_or_default(),
        ComponentRef::Builtin(builtin) => builtin.0.as_str().to_owned(),
    };
    let fit = |c: char| {
        if c.is_ascii_alphanumeric() || c == '_' {
            c.to_ascii_lowercase()
        } else {
            '-'
        }
    };
    let name: String = text.chars().map(fit).collect();
    if name.is_empty() { "component".into() } else { name }
}
