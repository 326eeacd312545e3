//! Finds the stages that may block. A source that may block gets a thread of its own, and so does the whole flow of any
//! other such stage, because a blocked worker holds up all other flows.

use torvyn_codegen::ir::{Implementation, Node, Role};
use wasmparser::{Validator, WasmFeatures, component_types::ComponentEntityType, types::Types};

use super::wasi;
use crate::aot::Normalised;

/// Functions of `wasi:io/poll` that block.
const WAITS: [&str; 2] = ["poll", "[method]pollable.block"];

/// Whether each component may block, by index.
pub(super) struct Threads(Vec<bool>);

impl Threads {
    /// Examines the imports of `binaries`.
    pub(super) fn new(binaries: &[Normalised]) -> Self {
        Self(binaries.iter().map(|binary| imports_poll(&binary.bytes)).collect())
    }

    /// Reason why a source gets a thread of its own; `None` if it gets none, and for other roles.
    pub(super) fn of_source(&self, role: Role, implementation: &Implementation) -> Option<String> {
        match (role, implementation) {
            (Role::Source, Implementation::Builtin(builtin)) => builtin.own_thread().map(str::to_owned),
            (Role::Source, Implementation::Component { .. }) => self
                .waits(implementation)
                .then(|| "imports wasi:io/poll: may block".to_owned()),
            (Role::Processor | Role::Filter | Role::Router | Role::Aggregator | Role::Sink, _) => None,
        }
    }

    /// Reason why the driver of a flow with these nodes gets a thread of its own; `None` if it gets none.
    pub(super) fn of_flow(&self, nodes: &[Node]) -> Option<String> {
        let waiting = nodes
            .iter()
            .find(|node| node.role != Role::Source && self.waits(&node.implementation))?;
        Some(format!("stage `{}` imports wasi:io/poll: may block", waiting.name))
    }

    fn waits(&self, implementation: &Implementation) -> bool {
        match implementation {
            Implementation::Component { component, .. } => self.0[component.position()],
            Implementation::Builtin(_) => false,
        }
    }
}

/// Whether a component imports a function that blocks. The name of the interface is not enough, since many components
/// import only the types of `wasi:io/poll`.
fn imports_poll(component: &[u8]) -> bool {
    let interfaces = wasi::imports(component);
    let mut polls = interfaces
        .iter()
        .filter(|name| name.starts_with("wasi:io/poll@"))
        .peekable();
    if polls.peek().is_none() {
        return false;
    }
    let types = Validator::new_with_features(WasmFeatures::all())
        .validate_all(component)
        .expect("invariant: the component was read before");
    polls.any(|interface| has_waits(&types, interface))
}

fn has_waits(types: &Types, interface: &str) -> bool {
    let types = types.as_ref();
    let import = types.component_item_for_import(interface).map(|item| item.ty);
    let Some(ComponentEntityType::Instance(instance)) = import else {
        return false;
    };
    WAITS
        .iter()
        .any(|function| types[instance].exports.contains_key(*function))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn component(exports: &str) -> Vec<u8> {
        let text = format!("(component (import \"wasi:io/poll@0.2.3\" (instance {exports})))");
        wat::parse_str(text).unwrap()
    }

    #[test]
    fn a_component_that_imports_only_the_type_does_not_wait() {
        assert!(!imports_poll(&component(
            r#"(export "pollable" (type (sub resource)))"#
        )));
        assert!(!imports_poll(&wat::parse_str("(component)").unwrap()));
    }

    #[test]
    fn a_component_that_imports_a_function_that_blocks_may_wait() {
        let block = r#"(export "pollable" (type $p (sub resource)))
            (export "[method]pollable.block" (func (param "self" (borrow $p))))"#;
        assert!(imports_poll(&component(block)));
        let poll = r#"(export "pollable" (type $p (sub resource)))
            (export "poll" (func (param "in" (list (borrow $p))) (result (list u32))))"#;
        assert!(imports_poll(&component(poll)));
        let ready = r#"(export "pollable" (type $p (sub resource)))
            (export "[method]pollable.ready" (func (param "self" (borrow $p)) (result bool)))"#;
        assert!(!imports_poll(&component(ready)));
    }
}
