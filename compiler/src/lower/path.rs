//! Chooses how each stage is called, and says why.

use torvyn_codegen::ir::{CallPath, Implementation};

/// The call path of a stage.
pub(super) fn choose(implementation: &Implementation) -> CallPath {
    match implementation {
        Implementation::Builtin(_) => CallPath::Builtin,
        Implementation::Component { lifecycle: true, .. } => {
            CallPath::Component("typed component calls, with lifecycle".to_owned())
        }
        Implementation::Component { lifecycle: false, .. } => CallPath::Component("typed component calls".to_owned()),
    }
}
