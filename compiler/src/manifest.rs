//! `Torvyn.toml`. In: its text. Out: a [`Manifest`] with whatever could be read, even after errors.
//!
//! Afterwards every value has the type and range that [`schema`] states, and a span.

mod artifact;
pub mod ast;
pub(crate) mod defaults;
mod parse;
pub mod schema;
mod reference;
mod section;
pub mod settings;
mod toml;
mod value;
mod words;

use std::io;
use std::path::Path;

use torvyn_runtime_core::words::shell_path;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::files::Files;
use crate::source::{NotUtf8, SourceId, SourceMap, display_path};

pub use ast::Manifest;
pub use value::is_name;
pub(crate) use value::written_size;

/// Name of a manifest.
pub(crate) const FILE_NAME: &str = "Torvyn.toml";

/// Reads and parses a manifest; `None` when there is no text to parse, which has been reported.
pub fn load(diags: &mut Diagnostics, sources: &mut SourceMap, files: &dyn Files, path: &Path) -> Option<Manifest> {
    match files.read(path).map(|bytes| sources.add_bytes(path, bytes)) {
        Ok(Ok(id)) => {
            let mut manifest = parse(diags, sources, id);
            artifact::recognise(&mut manifest, files, path.parent().unwrap_or(Path::new("")));
            Some(manifest)
        }
        Ok(Err(not_utf8)) => {
            diags.error(ManifestError::NotUtf8 {
                path: display_path(path),
                not_utf8,
            });
            None
        }
        Err(error) => {
            let (folder, path, reason) = (path, display_path(path), error.to_string());
            let missing = error.kind() == io::ErrorKind::NotFound;
            diags.error(if missing {
                ManifestError::Missing { path }
            } else if files.list(folder).is_ok() {
                let within = folder.join(FILE_NAME);
                let inside = files.read(&within).is_ok().then(|| display_path(&within));
                ManifestError::Folder { path, inside }
            } else {
                ManifestError::Unreadable { path, reason }
            });
            None
        }
    }
}

/// Parses a manifest that is already among the sources.
pub fn parse(diags: &mut Diagnostics, sources: &SourceMap, id: SourceId) -> Manifest {
    let text = sources.text(id);
    let readable = toml::readable(text);
    let document = toml::read(diags, text, &readable, id);
    let root = section::read(diags, &document, schema::ROOT);
    parse::manifest(diags, &document, &root)
}

enum ManifestError {
    Missing {
        path: String,
    },
    /// A folder is named; `inside` is the manifest in it.
    Folder {
        path: String,
        inside: Option<String>,
    },
    NotUtf8 {
        path: String,
        not_utf8: NotUtf8,
    },
    Unreadable {
        path: String,
        reason: String,
    },
}

impl From<ManifestError> for Diagnostic {
    fn from(error: ManifestError) -> Self {
        match error {
            ManifestError::Missing { path } => {
                Diagnostic::error(Code::ManifestNotFound, format!("there is no manifest `{path}`"))
                    .help("run `torvync init` to create a project, or name its manifest with `--manifest PATH`")
            }
            ManifestError::Folder { path, inside } => {
                Diagnostic::error(Code::IoFailed, format!("`{path}` is a folder, not a manifest")).help(match inside {
                    Some(inside) => format!("name the manifest in it: `--manifest {}`", shell_path(&inside)),
                    None => format!("name a manifest: there is no `{FILE_NAME}` in this folder either"),
                })
            }
            ManifestError::NotUtf8 { path, not_utf8 } => {
                Diagnostic::error(Code::ManifestParseError, format!("`{path}` is not UTF-8 text")).not_utf8(not_utf8)
            }
            ManifestError::Unreadable { path, reason } => {
                Diagnostic::error(Code::IoFailed, format!("`{path}` can't be read: {reason}"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "[torvyn]\nname = \"t\"\nversion = \"0.1.0\"\ncontract_version = \"0.1.0\"\n";

    fn read(text: &str) -> (Manifest, Vec<Code>) {
        let (mut diags, mut sources) = (Diagnostics::new(), SourceMap::new());
        let id = sources.add(Path::new("Torvyn.toml"), format!("{HEAD}{text}"));
        let manifest = parse(&mut diags, &sources, id);
        (manifest, diags.iter().map(|diagnostic| diagnostic.code).collect())
    }

    #[test]
    fn a_config_table_becomes_json() {
        let text = "[flow.m.nodes.n]\ncomponent = \"file://n.wasm\"\n\
                    config = { b = 0x10, a = [1.5, \"x\\n\", true], t = 1979-05-27, n = { z = -1 } }\n";
        let (manifest, codes) = read(text);
        assert!(codes.is_empty());
        let config = manifest.flows[0].nodes[0].settings.config.as_ref().unwrap();
        let json: serde_json::Value = serde_json::from_str(&config.value).unwrap();
        let expected = serde_json::json!({ "b": 16, "a": [1.5, "x\n", true], "t": "1979-05-27", "n": { "z": -1 } });
        assert_eq!(json, expected);
    }

    #[test]
    fn flows_nodes_and_edges_keep_their_order() {
        let text = "[flow.z.nodes.b]\ncomponent = \"builtin:lines\"\n[flow.z.nodes.a]\ncomponent = \"builtin:console\"\n\
                    [flow.a]\ndescription = \"second\"\n";
        let (manifest, codes) = read(text);
        assert!(codes.is_empty());
        let flows: Vec<_> = manifest.flows.iter().map(|flow| flow.name.value.as_str()).collect();
        let nodes: Vec<_> = manifest.flows[0]
            .nodes
            .iter()
            .map(|node| node.name.value.as_str())
            .collect();
        assert_eq!((flows, nodes), (vec!["z", "a"], vec!["b", "a"]));
    }

    #[test]
    fn what_is_whole_survives_a_broken_line() {
        let (manifest, codes) = read("[runtime]\nworker_threads = \n[runtime.pools]\nsmall_pool_size = 7\n");
        assert_eq!(codes, [Code::ManifestParseError]);
        assert_eq!(manifest.runtime.pool_sizes[0].map(|size| size.value), Some(7));
    }

    #[test]
    fn a_flow_with_a_lost_edge_is_not_complete() {
        let (manifest, codes) = read("[flow.m]\n[[flow.m.edges]]\nfrom = { node = \"a\", port = \"output\" }\n");
        assert_eq!(codes, [Code::MissingField]);
        assert!(!manifest.flows[0].complete);
    }
}
