//! Call paths.

use super::{ArtifactIdx, FlowIr, Node, NodeIdx, ShellIdx};

/// The call path of a stage (design section 7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallPath {
    /// The runtime calls its own code.
    Builtin,
    /// Typed component functions, one store per stage.
    Component {
        /// Code of the component.
        artifact: ArtifactIdx,
        /// Reason why no faster path is taken.
        reason: String,
    },
    /// Core functions of a shell of its own, one store per stage.
    Direct {
        /// Code of the shell; the same for every stage with this component.
        artifact: ArtifactIdx,
        /// Reason why no faster path is taken.
        reason: String,
    },
    /// Core functions of a shell that a whole chain of stages shares.
    Fused {
        /// The shell.
        shell: ShellIdx,
        /// Position in [`Shell::members`].
        member: u32,
    },
}

/// A chain of stages with one store; elements pass all of them without leaving the sandbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shell {
    /// Code of the shell.
    pub artifact: ArtifactIdx,
    /// The stages, upstream first; at least two.
    pub members: Vec<NodeIdx>,
}

impl CallPath {
    /// Whether the stage is core code in a shell.
    #[must_use]
    pub fn is_core(&self) -> bool {
        match self {
            CallPath::Builtin | CallPath::Component { .. } => false,
            CallPath::Direct { .. } | CallPath::Fused { .. } => true,
        }
    }
}

impl FlowIr {
    /// The code of a stage; `None` for a built-in.
    #[must_use]
    pub fn artifact(&self, node: &Node) -> Option<ArtifactIdx> {
        match &node.path {
            CallPath::Builtin => None,
            CallPath::Component { artifact, .. } | CallPath::Direct { artifact, .. } => Some(*artifact),
            CallPath::Fused { shell, .. } => Some(self.shells[shell.position()].artifact),
        }
    }

    /// The call path of a stage, with the reason for it, in words.
    #[must_use]
    pub fn path(&self, node: &Node) -> String {
        match &node.path {
            CallPath::Builtin => "builtin".to_owned(),
            CallPath::Component { reason, .. } => format!("component path: {reason}"),
            CallPath::Direct { reason, .. } => format!("direct path: {reason}"),
            CallPath::Fused { shell, .. } => format!("fused path: {}", self.chain(*shell)),
        }
    }

    /// Names of a shell's stages, in order.
    pub(crate) fn chain(&self, shell: ShellIdx) -> String {
        let members = self.shells[shell.position()].members.iter();
        let names: Vec<&str> = members.map(|node| self.nodes[node.position()].name.as_str()).collect();
        names.join(" → ")
    }
}
