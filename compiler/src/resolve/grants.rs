//! What components are granted. A grant names a `[[component]]`, or a `file://` component by its file name without
//! `.wasm`.

use std::collections::BTreeSet;
use std::path::Path;

use crate::diag::{Code, Diagnostic, Diagnostics, listed, suggest};
use crate::manifest::ast::{ComponentRef, GrantDecl, Manifest};
use crate::source::Span;

/// Reports grants that no component gets.
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

/// What `component` is granted, sorted.
pub(super) fn capabilities(grants: &[GrantDecl], component: &ComponentRef) -> Vec<String> {
    let own = grants
        .iter()
        .filter(|grant| name(component) == Some(grant.component.value.as_str()));
    let capabilities = own.flat_map(|grant| &grant.capabilities);
    let sorted: BTreeSet<String> = capabilities.map(|capability| capability.value.clone()).collect();
    sorted.into_iter().collect()
}

fn name(component: &ComponentRef) -> Option<&str> {
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
            format!("there is no component `{name}` to grant anything"),
        )
        .primary(at, "no such component");
        match suggest(&name, &known) {
            Some(near) => diagnostic.meant(&near, at, near.as_str()),
            None => diagnostic.note(listed("components", &known)),
        }
    }
}
