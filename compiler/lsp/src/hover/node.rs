//! Describes a node, and a component.

use std::path::Path;

use torvync_compiler::manifest::ast::ComponentRef;

use crate::names;
use crate::view::View;

/// Describes a node: its role, its component and its edges.
pub(super) fn text(view: View<'_>, flow: &str, name: &str) -> Option<String> {
    let decl = view.node(flow, name)?;
    let role = view.interface(flow, name).map_or(String::new(), |interface| {
        format!(": {} (`{}`)", interface.role().as_str(), interface.path())
    });
    let mut text = format!("node `{name}` of flow `{flow}`{role}");
    if let Some(component) = &decl.component {
        text += &format!("\n\nImplemented by `{}`.", component.value);
    }
    let edges = names::edges(view.syntax).into_iter().filter(|edge| edge.flow == flow);
    let own: Vec<String> = edges
        .filter(|edge| edge.from.0 == name || edge.to.0 == name)
        .map(|edge| format!("- `{}.{}` → `{}.{}`", edge.from.0, edge.from.1, edge.to.0, edge.to.1))
        .collect();
    if !own.is_empty() {
        text += &format!("\n\n{}", own.join("\n"));
    }
    Some(text)
}

/// Describes a component: its folder or binary, exports, imports and grants.
pub(super) fn component_text(view: View<'_>, name: &str) -> Option<String> {
    let manifest = view.analysis.manifest.as_ref()?;
    let decl = manifest.component(name)?;
    let path = decl
        .path
        .as_ref()
        .or(decl.wasm.as_ref())
        .map(|path| format!(", in `{}`", path.value));
    let mut text = format!("component `{name}`{}", path.unwrap_or_default());
    if let Some(signature) = view.contracts.signature(&ComponentRef::Declared(name.to_owned())) {
        let listed = |what: &str, names: &[String]| {
            let names: Vec<String> = names.iter().map(|name| format!("- {what} `{name}`")).collect();
            names.join("\n")
        };
        text += &format!(
            "\n\n{}\n{}",
            listed("exports", &signature.exports),
            listed("imports", &signature.imports)
        );
    }
    let granted = manifest
        .grants
        .iter()
        .filter(|grant| grant.component.value == name)
        .flat_map(|grant| &grant.capabilities);
    let granted: Vec<String> = granted
        .map(|capability| format!("- granted `{}`", capability.text.value))
        .collect();
    let missing = decl
        .path
        .as_ref()
        .filter(|path| view.files.list(Path::new(&path.value)).is_err());
    if missing.is_some() {
        text += "\n\nThere is no such folder.";
    }
    if !granted.is_empty() {
        text += &format!("\n{}", granted.join("\n"));
    }
    Some(text.trim_end().to_owned())
}
