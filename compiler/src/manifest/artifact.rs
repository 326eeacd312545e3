//! Nodes that name the build output of a `[[component]]`, as in
//! `file://./target/wasm32-wasip2/debug/my_transform.wasm`: they refer to that component. The file may be older than
//! its sources, or not exist yet.

use std::path::Path;

use super::ast::{ComponentDecl, ComponentRef, Manifest};
use crate::source::display_path;
use crate::source::files::Files;
use crate::work::absolute;

/// Changes such nodes to refer to the component. `root` is the manifest's folder.
pub(super) fn recognise(manifest: &mut Manifest, files: &dyn Files, root: &Path) {
    let components = &manifest.components;
    for node in manifest.flows.iter_mut().flat_map(|flow| &mut flow.nodes) {
        if let Some(component) = &mut node.component
            && let ComponentRef::File(path) = &component.value
            && let Some(owner) = owner(components, files, root, path)
        {
            component.value = ComponentRef::Declared(owner.name.value.clone());
        }
    }
}

/// The component whose binary is at `path`, prebuilt or built.
fn owner<'m>(components: &'m [ComponentDecl], files: &dyn Files, root: &Path, path: &str) -> Option<&'m ComponentDecl> {
    let path = within(root, path);
    let named = components
        .iter()
        .find(|decl| decl.wasm.as_ref().is_some_and(|wasm| within(root, &wasm.value) == path));
    named.or_else(|| {
        let parts: Vec<&str> = path.split('/').collect();
        match parts.as_slice() {
            [".torvyn", "components", file] => {
                built(components).find(|decl| file.strip_suffix(".wasm") == Some(&decl.name.value))
            }
            [folder @ .., "target", triple, _profile, file] if triple.starts_with("wasm32-") => {
                by_cargo(components, files, root, &folder.join("/"), file.strip_suffix(".wasm")?)
            }
            _ => None,
        }
    })
}

/// The component that cargo builds in `folder/target` as `stem`: a package in that folder, or in one below it.
fn by_cargo<'m>(
    components: &'m [ComponentDecl],
    files: &dyn Files,
    root: &Path,
    folder: &str,
    stem: &str,
) -> Option<&'m ComponentDecl> {
    let below = |decl: &&ComponentDecl| {
        let source = source(root, decl);
        folder.is_empty() || source == folder || source.starts_with(&format!("{folder}/"))
    };
    let fits: Vec<&ComponentDecl> = built(components)
        .filter(below)
        .filter(|decl| stems(files, root, decl).iter().any(|name| same(name, stem)))
        .collect();
    match fits.as_slice() {
        [only] => Some(only),
        // Of several packages with one name, only one in `folder` itself is certain.
        several => {
            let mut here = several.iter().filter(|decl| source(root, decl) == folder);
            here.next().filter(|_| here.next().is_none()).copied()
        }
    }
}

/// The components that are built, not prebuilt.
fn built(components: &[ComponentDecl]) -> impl Iterator<Item = &ComponentDecl> {
    components
        .iter()
        .filter(|decl| decl.wasm.is_none() || decl.build_command.is_some())
}

/// Possible names of cargo's output file: those of the component, its package and its library.
fn stems(files: &dyn Files, root: &Path, decl: &ComponentDecl) -> Vec<String> {
    let mut stems = vec![decl.name.value.clone()];
    let manifest = root.join(source(root, decl)).join("Cargo.toml");
    let text = files
        .read(&manifest)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok());
    if let Some(package) = text.and_then(|text| text.parse::<toml::Table>().ok()) {
        let names = ["package", "lib"].map(|table| package.get(table)?.get("name")?.as_str().map(str::to_owned));
        stems.extend(names.into_iter().flatten());
    }
    stems
}

/// Folder of a component's sources, relative to the manifest; empty for the manifest's own.
fn source(root: &Path, decl: &ComponentDecl) -> String {
    decl.path
        .as_ref()
        .map_or_else(String::new, |path| within(root, &path.value))
}

/// Normalizes a path, relative to `root` if it is below it; empty for `root`.
fn within(root: &Path, path: &str) -> String {
    let path = Path::new(path);
    let below = if path.is_absolute() {
        path.strip_prefix(absolute(root)).unwrap_or(path)
    } else {
        path
    };
    let shown = display_path(below);
    if shown == "." { String::new() } else { shown }
}

/// Whether two names are the same in cargo's file names, which have `_` for `-`.
fn same(name: &str, stem: &str) -> bool {
    name.replace('-', "_") == stem.replace('-', "_")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Diagnostics;
    use crate::source::SourceMap;
    use crate::source::files::MemoryFiles;

    /// The component that a node with `file` refers to, in a project with these components.
    fn meant(components: &[(&str, &str)], file: &str) -> Option<String> {
        let mut text = String::from("[flow.main]\n");
        text.push_str(&format!("nodes.n = {{ component = \"file://{file}\" }}\n"));
        for (name, more) in components {
            text.push_str(&format!("[[component]]\nname = \"{name}\"\n{more}\n"));
        }
        let mut files = MemoryFiles::new();
        files.insert("p/Torvyn.toml", text);
        files.insert(
            "p/renamed/Cargo.toml",
            "[package]\nname = \"my-package\"\n[lib]\nname = \"my_library\"\n",
        );
        let (mut diags, mut sources) = (Diagnostics::new(), SourceMap::new());
        let manifest = crate::manifest::load(&mut diags, &mut sources, &files, Path::new("p/Torvyn.toml")).unwrap();
        let node = &manifest.flows[0].nodes[0];
        match &node.component.as_ref().unwrap().value {
            ComponentRef::Declared(name) => Some(name.clone()),
            ComponentRef::File(_) | ComponentRef::Builtin(_) => None,
        }
    }

    #[test]
    fn what_the_tutorials_write_is_the_component() {
        let single = [("my-transform", "path = \".\"")];
        let several = [
            ("event-source", "path = \"components/event-source\""),
            ("sink", "path = \"./components/sink/\""),
        ];
        for (components, file, name) in [
            (
                &single[..],
                "./target/wasm32-wasip2/debug/my_transform.wasm",
                "my-transform",
            ),
            (
                &single,
                "target/wasm32-wasip1/release/my_transform.wasm",
                "my-transform",
            ),
            (&single, ".torvyn/components/my-transform.wasm", "my-transform"),
            (
                &several,
                "./components/event-source/target/wasm32-wasip2/debug/event_source.wasm",
                "event-source",
            ),
            (
                &several,
                "components/../components/sink/target/wasm32-wasip2/debug/sink.wasm",
                "sink",
            ),
            // A workspace around the components has one target folder.
            (
                &several,
                "target/wasm32-wasip2/release/event_source.wasm",
                "event-source",
            ),
        ] {
            assert_eq!(meant(components, file).as_deref(), Some(name), "{file}");
        }
    }

    #[test]
    fn cargo_goes_by_the_names_of_package_and_library() {
        let renamed = [("a", "path = \"renamed\""), ("b", "path = \"other\"")];
        for stem in ["my_package", "my_library", "a"] {
            let file = format!("renamed/target/wasm32-wasip2/debug/{stem}.wasm");
            assert_eq!(meant(&renamed, &file).as_deref(), Some("a"), "{file}");
        }
        assert_eq!(
            meant(&renamed, "other/target/wasm32-wasip2/debug/my_package.wasm"),
            None
        );
    }

    #[test]
    fn other_files_are_what_they_are() {
        let single = [("my-transform", "path = \"components/my-transform\"")];
        for file in [
            "my_transform.wasm",
            "prebuilt/my_transform.wasm",
            "target/wasm32-wasip2/debug/other.wasm",
            "target/x86_64-unknown-linux-gnu/debug/my_transform.wasm",
            "elsewhere/target/wasm32-wasip2/debug/my_transform.wasm",
            "../target/wasm32-wasip2/debug/my_transform.wasm",
            ".torvyn/components/my_transform.wasm",
        ] {
            assert_eq!(meant(&single, file), None, "{file}");
        }
    }

    #[test]
    fn a_file_that_a_component_names_is_that_component() {
        let command = [(
            "c",
            "path = \"c\"\nbuild_command = \"make\"\nwasm = \"c/out/made.wasm\"",
        )];
        assert_eq!(meant(&command, "./c/out/made.wasm").as_deref(), Some("c"));
        let prebuilt = [("p", "wasm = \"./bin/p.wasm\"")];
        assert_eq!(meant(&prebuilt, "bin/p.wasm").as_deref(), Some("p"));
        // Nothing is built for it.
        assert_eq!(meant(&prebuilt, "target/wasm32-wasip2/debug/p.wasm"), None);
    }

    #[test]
    fn of_packages_of_one_name_each_has_its_own_target_folder() {
        let twins = [("a", "path = \"renamed\""), ("b", "path = \"renamed/../renamed\"")];
        assert_eq!(
            meant(&twins, "renamed/target/wasm32-wasip2/debug/my_package.wasm"),
            None
        );
        let file = "renamed/target/wasm32-wasip2/debug/b.wasm";
        assert_eq!(meant(&twins, file).as_deref(), Some("b"));
    }
}
