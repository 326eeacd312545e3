//! Ends of a flow that the command line replaces.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::plan::NodePlan;
use crate::role::Role;

/// Replacement of a source (`--input`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// `builtin:generator`.
    Generator,
    /// `builtin:lines` of a path; `-` is standard input.
    Lines(PathBuf),
}

/// Replacement of a sink (`--output`).
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
    /// Name of the component or built-in that implements `node` in this run.
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

    /// Whether a node is a source that is notified of pressure downstream: built-in ones are not.
    #[must_use]
    pub fn hears_pressure(&self, node: &'static NodePlan) -> bool {
        node.role == Role::Source && !self.component(node).starts_with("builtin:")
    }
}
