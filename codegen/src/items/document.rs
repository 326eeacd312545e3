//! The description of the program, in a section of its own, so that `torvync inspect` can read it without executing the
//! program.

use proc_macro2::{Literal, TokenStream};
use quote::quote;
use serde_json::{Value, json};

use crate::ir::{ErrorPolicies, FlowIr, Node, Origin, ProgramIr, Stream};

/// Emits `static DOCUMENT: [u8; N] = *b"…";` in a section whose name depends on the target's object format. Choosing a
/// section name is unsafe in general; this one means nothing to any system, and the section holds plain bytes.
pub(crate) fn document(program: &ProgramIr) -> TokenStream {
    let text = json(program).to_string();
    let length = text.len();
    let bytes = Literal::byte_string(text.as_bytes());
    let section = program.target.description_section();
    quote! {
        #[used]
        #[unsafe(link_section = #section)]
        static DOCUMENT: [u8; #length] = *#bytes;
    }
}

fn json(program: &ProgramIr) -> Value {
    let components = program
        .components
        .iter()
        .map(|component| json!({ "name": component.name, "sha256": component.sha256 }));
    let artifacts = program
        .artifacts
        .iter()
        .map(|artifact| json!({ "name": artifact.name, "kind": artifact.kind.as_str(), "sha256": artifact.sha256 }));
    let mut document = json!({
        "name": program.name,
        "version": program.version,
        "description": program.description,
        "torvync": env!("CARGO_PKG_VERSION"),
        "target": program.target.triple(),
        "flows": program.flows.iter().map(|flow| flow_json(program, flow)).collect::<Vec<_>>(),
        "components": components.collect::<Vec<_>>(),
        "artifacts": artifacts.collect::<Vec<_>>(),
    });
    if program.profiling {
        document["profiling"] = json!(true);
    }
    let Origin {
        authors,
        license,
        repository,
    } = &program.origin;
    if !authors.is_empty() {
        document["authors"] = json!(authors);
    }
    for (name, words) in [("license", license), ("repository", repository)] {
        if !words.is_empty() {
            document[name] = json!(words);
        }
    }
    document
}

fn flow_json(program: &ProgramIr, flow: &FlowIr) -> Value {
    let pools = flow
        .pools
        .iter()
        .map(|pool| json!({ "bytes": pool.slot_bytes, "slots": pool.slots }));
    json!({
        "name": flow.name,
        "description": flow.description,
        "nodes": flow.nodes.iter().map(|node| node_json(program, flow, node)).collect::<Vec<_>>(),
        "streams": flow.streams.iter().map(|stream| stream_json(flow, stream)).collect::<Vec<_>>(),
        "pools": pools.collect::<Vec<_>>(),
        "max_restarts": flow.max_restarts,
        "own_thread": flow.own_thread,
        "replicas": flow.replicas,
        "replicas_by": flow.replicas_by.map(|router| flow.nodes[router.position()].name.as_str()),
    })
}

fn node_json(program: &ProgramIr, flow: &FlowIr, node: &Node) -> Value {
    json!({
        "name": node.name,
        "role": node.role.as_str(),
        "component": program.worker(node),
        "path": flow.path(node),
        "merge": node.policies.merge.as_str(),
        "fan_out": node.policies.fan_out.as_str(),
        "on_error": errors_json(&node.policies.on_error),
        "capabilities": node.capabilities,
        "own_thread": node.own_thread,
    })
}

/// Returns the action for every category of error, by name.
fn errors_json(policies: &ErrorPolicies) -> Value {
    let actions = policies
        .by_category()
        .map(|(category, action)| (category.to_owned(), json!(action.to_string())));
    Value::Object(actions.into_iter().collect())
}

fn stream_json(flow: &FlowIr, stream: &Stream) -> Value {
    json!({
        "from": from(flow, stream),
        "to": to(flow, stream),
        "depth": stream.depth,
        "policy": stream.policy.as_str(),
        "max_elements_per_second": stream.policy.per_second(),
        "priority": stream.priority,
        "max_element_bytes": stream.max_element_bytes,
    })
}

/// Returns `node.port` of a stream's producer.
pub(crate) fn from(flow: &FlowIr, stream: &Stream) -> String {
    format!("{}.{}", flow.nodes[stream.from.position()].name, stream.from_port)
}

/// Returns `node.port` of a stream's consumer.
pub(crate) fn to(flow: &FlowIr, stream: &Stream) -> String {
    format!("{}.{}", flow.nodes[stream.to.position()].name, stream.to_port)
}
