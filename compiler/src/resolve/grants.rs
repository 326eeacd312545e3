//! Capabilities granted to components. A grant names a `[[component]]`, or a `file://` component by its file name without
//! `.wasm`.

use std::collections::BTreeSet;
use std::path::Path;

use super::{Grants, ResolvedComponent, ResolvedProject};
use crate::diag::{Code, Diagnostic, Diagnostics, listed, suggest};
use crate::manifest::ast::{ComponentRef, GrantDecl, Manifest};
use crate::source::Span;
use torvyn_runtime_core::capability::{ENTRIES, Grant};

/// Reports grants to components that don't exist.
pub(super) fn check(diags: &mut Diagnostics, manifest: &Manifest) {
    if !manifest.components_complete {
        return;
    }
    let declared = manifest.components.iter().map(|decl| decl.name.value.clone());
    let used = manifest.references(None);
    let used = used
        .iter()
        .filter_map(|reference| name(&reference.value).map(str::to_owned));
    let known: Vec<String> = declared.chain(used).collect::<BTreeSet<_>>().into_iter().collect();
    for grant in &manifest.grants {
        if !known.contains(&grant.component.value) {
            diags.error(GrantError {
                name: grant.component.value.clone(),
                at: grant.component.span,
                known: known.clone(),
            });
        }
    }
}

impl Grants {
    /// The grants of `component`.
    pub(super) fn of(grants: &[GrantDecl], component: &ComponentRef) -> Self {
        let own = grants
            .iter()
            .filter(|grant| name(component) == Some(grant.component.value.as_str()));
        Self {
            list: own.clone().flat_map(|grant| grant.capabilities.clone()).collect(),
            end: own.filter_map(|grant| grant.list_end).next_back(),
        }
    }
}

impl ResolvedProject {
    /// Returns the grants of a component that the runtime implements, or all such grants if the project allows all, as
    /// sorted texts without duplicates. `capability-query` answers from them.
    #[must_use]
    pub fn granted(&self, component: &ResolvedComponent) -> Vec<String> {
        let written = component.grants.list.iter().map(|grant| grant.text.value.as_str());
        let all = ENTRIES.iter().filter(|_| self.allows_all).map(|entry| entry.grant);
        let texts = written.chain(all).filter(|text| can_be_given(text));
        let texts: BTreeSet<&str> = texts.collect();
        texts.into_iter().map(str::to_owned).collect()
    }
}

/// Whether this version of the runtime implements a grant.
fn can_be_given(text: &str) -> bool {
    text.parse().is_ok_and(|grant: Grant| grant.entry.provided)
}

/// The name of a component in grants; `None` for built-ins.
pub(crate) fn name(component: &ComponentRef) -> Option<&str> {
    match component {
        ComponentRef::Declared(name) => Some(name),
        ComponentRef::File(path) => Path::new(path).file_stem()?.to_str(),
        ComponentRef::Builtin(_) => None,
    }
}

struct GrantError {
    name: String,
    at: Span,
    known: Vec<String>,
}

impl From<GrantError> for Diagnostic {
    fn from(error: GrantError) -> Self {
        let GrantError { name, at, known } = error;
        let diagnostic = Diagnostic::error(
            Code::ComponentNotFound,
            format!("`[security.grants.{name}]` names no component"),
        )
        .primary(at, "no such component");
        match suggest(&name, &known) {
            Some(near) => diagnostic.meant(&near, at, near.as_str()),
            None => diagnostic.note(listed("components", &known)),
        }
    }
}
