//! Go to definition, from the names in a manifest.

use std::path::{Path, PathBuf};

use torvync_compiler::manifest::ast::{ComponentDecl, ComponentRef};

use crate::names::{self, Name};
use crate::place::{Place, place};
use crate::syntax::{Step, is_like, starts_with};
use crate::view::{Location, View};
use crate::wit;

/// Returns the definitions of the name at `offset`.
pub(crate) fn definition(view: View<'_>, offset: usize) -> Vec<Location> {
    if let Some(named) = names::at(view.syntax, offset) {
        return match &named.what {
            // The declaration of a node leads to its component.
            Name::Node { flow, name } if named.is_declaration => component_of(view, flow, name),
            Name::Component(name) if named.is_declaration => source(view, name),
            Name::Node { .. } | Name::Component(_) => declared(view, &named.what),
        };
    }
    match place(view.syntax, offset) {
        Place::Value { entry } if is_like(&entry.path, "component.#.path") => {
            let name = view.syntax.text_of(entry.container(), "name");
            name.map(|(name, _)| source(view, name)).unwrap_or_default()
        }
        Place::Value { entry } if is_like(&entry.path, "flow.*.nodes.*.interface") => {
            let component = view
                .syntax
                .text_of(entry.container(), "component")
                .map(|(name, _)| name);
            let written = entry.text().map(|(text, _)| text).unwrap_or_default();
            interface(view, component.unwrap_or_default(), written)
                .into_iter()
                .collect()
        }
        Place::Value { entry } if is_like(&entry.path, "flow.*.edges.#.*.port") => {
            // A port leads to its node.
            let node = view
                .syntax
                .text_of(entry.container(), "node")
                .map(|(name, _)| name.to_owned());
            let flow = entry.path.get(1).and_then(Step::key).unwrap_or_default().to_owned();
            node.map(|name| declared(view, &Name::Node { flow, name }))
                .unwrap_or_default()
        }
        Place::Header { table, .. } if is_like(&table.path, "component.#") => {
            let inside = view
                .syntax
                .entries
                .iter()
                .find(|entry| starts_with(&entry.path, &table.path) && entry.name() == Some("name"));
            let name = inside.and_then(|entry| entry.text());
            name.map(|(name, _)| source(view, name)).unwrap_or_default()
        }
        Place::Value { .. } | Place::Header { .. } | Place::Key { .. } | Place::NewItem { .. } | Place::Nothing => {
            Vec::new()
        }
    }
}

fn declared(view: View<'_>, what: &Name) -> Vec<Location> {
    let names = names::all(view.syntax).into_iter();
    let own = names.filter(|named| named.is_declaration && named.what == *what);
    own.map(|named| Location::in_manifest(named.span)).collect()
}

fn component_of(view: View<'_>, flow: &str, node: &str) -> Vec<Location> {
    match view
        .node(flow, node)
        .and_then(|decl| decl.component.as_ref())
        .map(|component| &component.value)
    {
        Some(ComponentRef::Declared(name)) => declared(view, &Name::Component(name.clone())),
        Some(ComponentRef::File(_) | ComponentRef::Builtin(_)) | None => Vec::new(),
    }
}

/// Returns the worlds in a component's contract, or else the main file of its source.
fn source(view: View<'_>, name: &str) -> Vec<Location> {
    let Some(folder) = folder(view, name) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let contracts = view.files.list(&folder.join("wit")).unwrap_or_default().into_iter();
    let contracts = contracts.filter(|entry| !entry.is_folder && entry.name.ends_with(".wit"));
    for path in contracts.map(|entry| folder.join("wit").join(entry.name)) {
        found.extend(world(view, &path));
    }
    if found.is_empty() {
        let sources = ["src/lib.rs", "src/main.rs"].map(|path| folder.join(path));
        found.extend(
            sources
                .into_iter()
                .find(|path| view.files.read(path).is_ok())
                .map(|path| Location { path, range: 0..0 }),
        );
    }
    found
}

/// Returns the first world in a file of a contract.
fn world(view: View<'_>, path: &Path) -> Option<Location> {
    let text = String::from_utf8(view.files.read(path).ok()?).ok()?;
    let world = wit::outline(&text)
        .items
        .into_iter()
        .find(|item| item.kind == wit::Kind::World)?;
    Some(Location {
        path: path.to_owned(),
        range: world.span,
    })
}

fn interface(view: View<'_>, component: &str, name: &str) -> Option<Location> {
    let own = folder(view, component).map(|folder| folder.join("wit"));
    own.and_then(|folder| wit::interface(view.files, &folder, name))
}

fn folder(view: View<'_>, component: &str) -> Option<PathBuf> {
    let decl: &ComponentDecl = view.analysis.manifest.as_ref()?.component(component)?;
    decl.path.as_ref().map(|path| PathBuf::from(&path.value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::MANIFEST;
    use crate::view::fixture::{FLOW, with};

    /// Returns path and text of the line that the name at the cursor leads to.
    fn at(old: &str, new: &str) -> String {
        assert!(FLOW.contains(old), "{old}");
        with(&FLOW.replacen(old, new, 1), |view, offset| {
            let found = definition(view, offset);
            let lines = found.iter().map(|location| {
                let text = String::from_utf8(view.files.read(&location.path).unwrap_or_default()).unwrap();
                let start = text[..location.range.start].rfind('\n').map_or(0, |at| at + 1);
                let path = if location.path == Path::new(MANIFEST) {
                    String::new()
                } else {
                    format!("{}: ", location.path.display())
                };
                format!("{path}{}", text[start..].lines().next().unwrap_or_default())
            });
            lines.collect::<Vec<_>>().join("; ")
        })
    }

    #[test]
    fn from_edge_to_node_to_component_to_contract() {
        assert_eq!(at("node = \"shout\"", "node = \"sh|out\""), "[flow.main.nodes.shout]");
        assert_eq!(at("port = \"input\"", "port = \"in|put\""), "[flow.main.nodes.shout]");
        assert_eq!(at("nodes.shout", "nodes.sh|out"), "name = \"upper\"");
        assert_eq!(
            at("component = \"upper\"", "component = \"up|per\""),
            "name = \"upper\""
        );
        let world = "upper/wit/world.wit: world stage {";
        assert_eq!(at("name = \"upper\"", "name = \"up|per\""), world);
        assert_eq!(at("path = \"upper\"", "path = \"up|per\""), world);
        assert_eq!(at("[[component]]", "[[compo|nent]]"), world);
    }

    #[test]
    fn from_interface_to_its_declaration() {
        let written = "component = \"upper\"\ninterface = \"torvyn:streaming/pro|cessor\"";
        assert_eq!(
            at("component = \"upper\"", written),
            "upper/wit/deps/torvyn-streaming/processor.wit: interface processor {"
        );
    }

    #[test]
    fn what_has_no_source_leads_nowhere() {
        assert_eq!(at("builtin:generator", "builtin:gen|erator"), "");
        assert_eq!(at("node = \"shout\"", "node = \"sho|ut2\""), "");
        assert_eq!(at("version = \"0.1.0\"", "ver|sion = \"0.1.0\""), "");
    }
}
