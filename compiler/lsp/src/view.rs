//! What handlers see of a project: the manifest's text, and the compiler's analysis.

use std::ops::Range;
use std::path::PathBuf;

use torvync_compiler::contract::ContractSet;
use torvync_compiler::driver::Analysis;
use torvync_compiler::interface::Interface;
use torvync_compiler::manifest::Manifest;
use torvync_compiler::manifest::ast::{BuiltinRef, ComponentRef, NodeDecl};
use torvync_compiler::source::files::Files;

use crate::syntax::Syntax;

/// File name of manifests, and path of a project's own.
pub(crate) const MANIFEST: &str = "Torvyn.toml";

/// A project at one moment.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    /// The manifest's text.
    pub(crate) text: &'a str,
    pub(crate) syntax: &'a Syntax,
    pub(crate) analysis: &'a Analysis,
    /// The last manifest that could be read as a whole.
    pub(crate) good: Option<&'a Manifest>,
    pub(crate) contracts: &'a ContractSet,
    /// Paths are relative to the project's folder.
    pub(crate) files: &'a dyn Files,
}

/// A place in a file of the project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Location {
    /// Relative to the project's folder.
    pub(crate) path: PathBuf,
    pub(crate) range: Range<usize>,
}

impl Location {
    /// Creates a place in the manifest.
    pub(crate) fn in_manifest(range: Range<usize>) -> Self {
        Self {
            path: MANIFEST.into(),
            range,
        }
    }
}

impl View<'_> {
    /// Returns a node as the compiler read it now, or else in the last manifest that it could read as a whole.
    pub(crate) fn node(&self, flow: &str, name: &str) -> Option<&NodeDecl> {
        let manifests = [self.analysis.manifest.as_ref(), self.good];
        manifests.into_iter().flatten().find_map(|manifest| {
            let flow = manifest.flows.iter().find(|decl| decl.name.value == flow)?;
            flow.nodes.iter().find(|decl| decl.name.value == name)
        })
    }

    /// Returns the interface of a node: the one in the manifest, or else the only one that its component exports.
    pub(crate) fn interface(&self, flow: &str, name: &str) -> Option<Interface> {
        let node = self.node(flow, name)?;
        if let Some(written) = &node.interface {
            return Some(written.value.interface);
        }
        match &node.component.as_ref()?.value {
            ComponentRef::Builtin(BuiltinRef(builtin)) => Some(Interface::of_role(builtin.role())),
            component @ (ComponentRef::Declared(_) | ComponentRef::File(_)) => {
                match self.contracts.signature(component)?.interfaces.as_slice() {
                    [only] => Some(*only),
                    _ => None,
                }
            }
        }
    }
}

/// A view of files in memory, for the tests of handlers.
#[cfg(test)]
pub(crate) mod fixture {
    use torvync_compiler::contract;
    use torvync_compiler::driver::{self, Request};
    use torvync_compiler::source::files::MemoryFiles;

    use super::*;

    /// A flow of three nodes, with two edges.
    pub(crate) const FLOW: &str = "\
[torvyn]
name = \"demo\"
version = \"0.1.0\"
contract_version = \"0.1.0\"

[[component]]
name = \"upper\"
path = \"upper\"

[flow.main.nodes.numbers]
component = \"builtin:generator\"

[flow.main.nodes.shout]
component = \"upper\"

[flow.main.nodes.out]
component = \"builtin:console\"

[[flow.main.edges]]
from = { node = \"numbers\", port = \"output\" }
to = { node = \"shout\", port = \"input\" }

[[flow.main.edges]]
from = { node = \"shout\", port = \"output\" }
to = { node = \"out\", port = \"input\" }
";

    /// The contract of the flow's component.
    pub(crate) const WORLD: &str = "\
package demo:upper@0.1.0;

/// Shouts.
world stage {
    import torvyn:streaming/types@0.1.0;
    export torvyn:streaming/processor@0.1.0;
}
";

    /// Runs `look` on a project with this manifest; `|` is the cursor and is left out.
    pub(crate) fn with<T>(manifest: &str, look: impl FnOnce(View<'_>, usize) -> T) -> T {
        let offset = manifest.find('|').unwrap_or(0);
        let text = manifest.replacen('|', "", 1);
        let mut files = MemoryFiles::new();
        files.insert(MANIFEST, text.as_str());
        files.insert("upper/wit/world.wit", WORLD);
        for (path, text) in contract::canonical() {
            files.insert(format!("upper/wit/deps/{path}"), *text);
        }
        let request = Request {
            manifest: MANIFEST.into(),
            flow: None,
            strict: false,
            components: None,
            work_dir: None,
        };
        let analysis = driver::check(&files, &request);
        let syntax = Syntax::of(&text);
        let view = View {
            text: &text,
            syntax: &syntax,
            analysis: &analysis,
            good: None,
            contracts: &analysis.contracts,
            files: &files,
        };
        look(view, offset)
    }
}
