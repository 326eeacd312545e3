//! Components that no flow uses.

use std::collections::BTreeSet;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::manifest::ast::{ComponentRef, Manifest};
use crate::source::{Span, Spanned};

/// Warns of components that are declared but never used. In a project without flows there is no warning: a single
/// component gets a flow of its own.
pub(super) fn check(diags: &mut Diagnostics, manifest: &Manifest) {
    let used = manifest.references(None);
    if manifest.flows.is_empty() || !is_known(manifest, &used) {
        return;
    }
    for component in &manifest.components {
        let name = &component.name;
        if !used.iter().any(|reference| is_declared(&reference.value, &name.value)) {
            diags.warn(Unused {
                name: name.value.clone(),
                at: name.span,
            });
        }
    }
}

/// Whether the components and all references to them were read and resolved. An unknown name could be meant for a
/// component that seems unused.
fn is_known(manifest: &Manifest, used: &[Spanned<ComponentRef>]) -> bool {
    let mut nodes = manifest.flows.iter().flat_map(|flow| &flow.nodes);
    let names: BTreeSet<&str> = manifest
        .components
        .iter()
        .map(|decl| decl.name.value.as_str())
        .collect();
    let exists = |reference: &ComponentRef| match reference {
        ComponentRef::Declared(name) => names.contains(name.as_str()),
        ComponentRef::File(_) | ComponentRef::Builtin(_) => true,
    };
    manifest.components_complete
        && names.len() == manifest.components.len()
        && manifest.flows.iter().all(|flow| flow.complete)
        && nodes.all(|node| node.component.is_some())
        && used.iter().all(|reference| exists(&reference.value))
}

fn is_declared(reference: &ComponentRef, name: &str) -> bool {
    match reference {
        ComponentRef::Declared(declared) => declared == name,
        ComponentRef::File(_) | ComponentRef::Builtin(_) => false,
    }
}

struct Unused {
    name: String,
    at: Span,
}

impl From<Unused> for Diagnostic {
    fn from(Unused { name, at }: Unused) -> Self {
        let message = format!("component `{name}` has no effect: no node of any flow uses it");
        Diagnostic::warning(Code::SettingIneffective, message)
            .primary(at, "declared but never used")
            .help(format!(
                "give a node `component = \"{name}\"`, or remove this `[[component]]`"
            ))
    }
}
