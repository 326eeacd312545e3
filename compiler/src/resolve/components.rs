//! The components that flows use, each with an id and a name of its own.

use std::collections::BTreeMap;
use std::path::Path;

use super::{ComponentIdx, ResolvedComponent, grants};
use crate::manifest::ast::{ComponentRef, GrantDecl};

/// The components met so far, each once.
#[derive(Default)]
pub(super) struct Components {
    list: Vec<ResolvedComponent>,
    ids: BTreeMap<ComponentRef, ComponentIdx>,
}

impl Components {
    /// The id of a component; a new one at its first use.
    pub(super) fn id(&mut self, reference: &ComponentRef) -> ComponentIdx {
        if let Some(id) = self.ids.get(reference) {
            return *id;
        }
        let id = ComponentIdx::new(self.list.len());
        let wanted = file_name(reference);
        let taken = |name: &str| self.list.iter().any(|component| component.name == name);
        let numbered = (2..).map(|count| format!("{wanted}-{count}"));
        let name = std::iter::once(wanted.clone())
            .chain(numbered)
            .find(|name| !taken(name));
        let name = name.expect("invariant: the numbers do not end");
        self.list.push(ResolvedComponent {
            name,
            reference: reference.clone(),
            capabilities: Vec::new(),
        });
        self.ids.insert(reference.clone(), id);
        id
    }

    /// The component behind an id.
    pub(super) fn reference(&self, id: ComponentIdx) -> &ComponentRef {
        &self.list[id.position()].reference
    }

    /// All components, by id, with what `grants` say about them.
    pub(super) fn into_list(mut self, grants: &[GrantDecl]) -> Vec<ResolvedComponent> {
        for component in &mut self.list {
            component.capabilities = grants::capabilities(grants, &component.reference);
        }
        self.list
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
