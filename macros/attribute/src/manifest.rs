//! The part of the nearest `Torvyn.toml` that concerns the component being compiled.

use std::ops::Range;
use std::path::{Path, PathBuf};

use proc_macro::Span;
use toml::Spanned;
use toml::de::DeTable;

const NAME: &str = "Torvyn.toml";

/// The project's statements about the component.
#[derive(Debug, Default)]
pub(crate) struct Project {
    /// Name of the component.
    pub(crate) component: String,
    /// `contract_version`.
    pub(crate) contract_version: Option<Text>,
    /// Nodes that the component implements.
    pub(crate) nodes: Vec<Node>,
    /// Keys of `[capabilities.required]` and `[capabilities.optional]`, and whether their value is `true`.
    pub(crate) capabilities: Vec<(String, bool)>,
    /// The component's own WIT files: name for messages, and text.
    pub(crate) wit: Vec<(String, String)>,
    /// Files from which this was read.
    pub(crate) files: Vec<PathBuf>,
}

/// A node of a flow.
#[derive(Debug)]
pub(crate) struct Node {
    /// Its `interface`.
    pub(crate) interface: Option<Text>,
    /// Place of its `config`.
    pub(crate) config: Option<String>,
}

/// A string in the manifest.
#[derive(Debug)]
pub(crate) struct Text {
    pub(crate) text: String,
    /// `Torvyn.toml:LINE:COLUMN`.
    pub(crate) place: String,
}

impl Project {
    /// The project of the source file of `span`. `None` without one, or when its manifest cannot be read.
    pub(crate) fn around(span: &Span) -> Option<Self> {
        let package = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
        // The location of the file is more reliable than the package: tests of this crate are compiled from elsewhere.
        let file = span.local_file().and_then(|file| file.canonicalize().ok());
        let folder = file.as_deref().and_then(Path::parent).or(package.as_deref())?;
        let root = folder.ancestors().find(|above| above.join(NAME).is_file())?;
        let text = read(&root.join(NAME))?;
        let mut project = Document::parse(&text)?.project(root, folder, package.as_deref())?;
        project.files.insert(0, root.join(NAME));
        Some(project)
    }

    fn add_wit(&mut self, folder: &Path) {
        let files = std::fs::read_dir(folder.join("wit")).into_iter().flatten().flatten();
        let mut files: Vec<PathBuf> = files.map(|entry| entry.path()).collect();
        files.sort();
        for file in files
            .into_iter()
            .filter(|file| file.extension().is_some_and(|extension| extension == "wit"))
        {
            if let (Some(text), Some(name)) = (read(&file), file.file_name()) {
                self.wit.push((format!("wit/{}", name.to_string_lossy()), text));
                self.files.push(file);
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a macro reads its files itself")]
fn read(file: &Path) -> Option<String> {
    std::fs::read_to_string(file).ok()
}

struct Document<'a> {
    text: &'a str,
    root: Spanned<DeTable<'a>>,
}

impl<'a> Document<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let root = DeTable::parse(text).ok()?;
        Some(Document { text, root })
    }

    /// The part that concerns the component with sources in `folder`.
    fn project(&self, root: &Path, folder: &Path, package: Option<&Path>) -> Option<Project> {
        let (component, home) = self
            .component(root, folder)
            .or_else(|| self.sole_component(root, package?))?;
        let torvyn = table(self.root.get_ref(), "torvyn");
        let mut project = Project {
            nodes: self.nodes(&component),
            component,
            contract_version: torvyn.and_then(|torvyn| self.string(torvyn, "contract_version")),
            capabilities: self.capabilities(),
            ..Project::default()
        };
        project.add_wit(&home);
        Some(project)
    }

    /// The innermost `[[component]]` whose folder contains `folder`, with that folder.
    fn component(&self, root: &Path, folder: &Path) -> Option<(String, PathBuf)> {
        let declared = self.root.get_ref().get("component")?.get_ref().as_array()?;
        let around = declared.iter().filter_map(|component| {
            let component = component.get_ref().as_table()?;
            let path = root.join(string(component, "path")?).canonicalize().ok()?;
            Some((string(component, "name")?.to_owned(), path)).filter(|(_, path)| folder.starts_with(path))
        });
        around.max_by_key(|(_, path)| path.components().count())
    }

    /// The project as a single component: it declares none, and is the package being compiled.
    fn sole_component(&self, root: &Path, package: &Path) -> Option<(String, PathBuf)> {
        let is_package = package.canonicalize().is_ok_and(|package| package == root);
        let declares = self.root.get_ref().contains_key("component");
        let torvyn = table(self.root.get_ref(), "torvyn").filter(|_| is_package && !declares)?;
        Some((string(torvyn, "name")?.to_owned(), root.to_owned()))
    }

    fn nodes(&self, component: &str) -> Vec<Node> {
        let flows = table(self.root.get_ref(), "flow").into_iter().flat_map(DeTable::values);
        let flows = flows.filter_map(|flow| table(flow.get_ref().as_table()?, "nodes"));
        let nodes = flows
            .flat_map(DeTable::values)
            .filter_map(|node| node.get_ref().as_table());
        nodes
            .filter(|node| string(node, "component") == Some(component))
            .map(|node| Node {
                interface: self.string(node, "interface"),
                config: node.get("config").map(|config| self.place(config.span())),
            })
            .collect()
    }

    fn capabilities(&self) -> Vec<(String, bool)> {
        let Some(capabilities) = table(self.root.get_ref(), "capabilities") else {
            return Vec::new();
        };
        let kinds = ["required", "optional"].into_iter();
        let flags = kinds.filter_map(|kind| table(capabilities, kind)).flatten();
        flags
            .filter_map(|(name, flag)| Some((name.get_ref().to_string(), flag.get_ref().as_bool()?)))
            .collect()
    }

    fn string(&self, table: &DeTable<'_>, key: &str) -> Option<Text> {
        let value = table.get(key)?;
        Some(Text {
            text: value.get_ref().as_str()?.to_owned(),
            place: self.place(value.span()),
        })
    }

    fn place(&self, at: Range<usize>) -> String {
        let before = &self.text[..at.start];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        format!("{NAME}:{line}:{column}")
    }
}

fn table<'t, 'a>(table: &'t DeTable<'a>, key: &str) -> Option<&'t DeTable<'a>> {
    table.get(key)?.get_ref().as_table()
}

fn string<'t>(table: &'t DeTable<'_>, key: &str) -> Option<&'t str> {
    table.get(key)?.get_ref().as_str()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::Document;

    const MANIFEST: &str = r#"
[torvyn]
name = "demo"
contract_version = "0.1.0"

[capabilities]
required = { wasi-clocks = true, "wasi:random/random" = false }
optional.wasi-udp = true

[[component]]
name = "outer"
path = "."

[[component]]
name = "inner"
path = "src"

[flow.a]
nodes.x = { component = "inner", interface = "torvyn:streaming/sink", config = "c" }
nodes.y = { component = "outer" }

[flow.b.nodes.z]
component = "inner"
"#;

    #[test]
    fn the_innermost_component_around_a_file_is_meant() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .canonicalize()
            .expect("this package");
        let document = Document::parse(MANIFEST).expect("TOML");
        let project = document
            .project(&root, &root.join("src/deeper"), None)
            .expect("a component");
        assert_eq!(project.component, "inner");
        let capabilities = [("wasi-clocks", true), ("wasi:random/random", false), ("wasi-udp", true)];
        assert_eq!(
            project.capabilities,
            capabilities.map(|(key, flag)| (key.to_owned(), flag))
        );
        let version = project.contract_version.expect("a version");
        assert_eq!(
            (version.text.as_str(), version.place.as_str()),
            ("0.1.0", "Torvyn.toml:4:20")
        );
        let [x, z] = project.nodes.as_slice() else {
            panic!("expected two nodes: {:?}", project.nodes);
        };
        let interface = x.interface.as_ref().expect("an interface");
        assert_eq!(
            (interface.text.as_str(), interface.place.as_str()),
            ("torvyn:streaming/sink", "Torvyn.toml:19:46")
        );
        assert_eq!(x.config.as_deref(), Some("Torvyn.toml:19:80"));
        assert!(z.interface.is_none() && z.config.is_none());
        let outer = document.project(&root, &root.join("tests"), None).expect("a component");
        assert_eq!((outer.component.as_str(), outer.nodes.len()), ("outer", 1));
    }

    #[test]
    fn a_project_without_components_is_one_itself() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .canonicalize()
            .expect("this package");
        let document = Document::parse("[torvyn]\nname = \"lone\"\n").expect("TOML");
        let project = document.project(&root, &root.join("src"), Some(&root));
        assert_eq!(project.expect("the project").component, "lone");
        assert!(
            document
                .project(&root, &root.join("src"), Some(&root.join("src")))
                .is_none()
        );
    }
}
