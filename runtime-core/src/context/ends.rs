//! The ends of a flow that a run replaces.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::plan::{NodePlan, Role};

/// Where a source comes from instead of the manifest (`--input`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// `builtin:generator`.
    Generator,
    /// `builtin:lines` of a path; `-` is standard input.
    Lines(PathBuf),
}

/// Where a sink goes instead of the manifest (`--output`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// `builtin:console`.
    Console,
    /// `builtin:file`.
    File(PathBuf),
}

/// The ends that the command line replaces, by node.
#[derive(Clone, Debug, Default)]
pub struct Ends {
    /// Replaced sources.
    pub inputs: BTreeMap<&'static str, Input>,
    /// Replaced sinks.
    pub outputs: BTreeMap<&'static str, Output>,
}

impl Ends {
    /// What implements `node` in this run.
    #[must_use]
    pub fn component(&self, node: &'static NodePlan) -> &'static str {
        match (self.inputs.get(node.name), self.outputs.get(node.name)) {
            (Some(Input::Generator), _) => "builtin:generator",
            (Some(Input::Lines(_)), _) => "builtin:lines",
            (None, Some(Output::Console)) => "builtin:console",
            (None, Some(Output::File(_))) => "builtin:file",
            (None, None) => node.component,
        }
    }

    /// The files that replace sinks, by node.
    pub fn written(&self) -> impl Iterator<Item = (&'static str, &Path)> {
        self.outputs.iter().filter_map(|(node, output)| match output {
            Output::Console => None,
            Output::File(path) => Some((*node, path.as_path())),
        })
    }

    /// Whether the command line replaces the node.
    #[must_use]
    pub fn replace(&self, node: &str) -> bool {
        self.inputs.contains_key(node) || self.outputs.contains_key(node)
    }

    /// Whether a node is a source that wants to know about pressure downstream: built-in ones do not.
    #[must_use]
    pub fn hears_pressure(&self, node: &'static NodePlan) -> bool {
        node.role == Role::Source && !self.component(node).starts_with("builtin:")
    }
}
