//! The IR as text (`--emit ir`): a stable form, for people and for golden files.

use std::fmt::Write as _;

use super::{CallPath, Exhaustion, FlowIr, Implementation, Node, NodePolicies, ProgramIr, ShellIdx, Stream};

/// Renders a whole program.
#[must_use]
pub fn print(program: &ProgramIr) -> String {
    let mut out = format!(
        "program {} {}\ntarget  {}\n",
        program.name, program.version, program.target
    );
    let wasi: Vec<&str> = program.wasi.iter().map(|package| package.as_str()).collect();
    line(
        &mut out,
        &format!(
            "wasi    {}",
            if wasi.is_empty() {
                "none".to_owned()
            } else {
                wasi.join(", ")
            }
        ),
    );
    if let Some(threads) = program.worker_threads {
        line(&mut out, &format!("workers {threads}"));
    }
    if let Some(bytes) = program.memory_reservation {
        line(&mut out, &format!("reserve {bytes}"));
    }
    if program.profiling {
        line(&mut out, "profiling");
    }
    for component in &program.components {
        let text = format!("component {} sha256:{}", component.name, component.sha256);
        line(&mut out, &text);
    }
    for (position, artifact) in program.artifacts.iter().enumerate() {
        let (name, kind, sha256) = (&artifact.name, artifact.kind.as_str(), &artifact.sha256);
        line(&mut out, &format!("artifact {position}: {kind} {name} sha256:{sha256}"));
    }
    for flow in &program.flows {
        print_flow(&mut out, program, flow);
    }
    out
}

fn print_flow(out: &mut String, program: &ProgramIr, flow: &FlowIr) {
    let deadline = flow
        .deadline_ms
        .map_or_else(|| "none".to_owned(), |ms| format!("{ms} ms"));
    line(out, "");
    line(out, &format!("flow {}", flow.name));
    line(
        out,
        &format!(
            "  quantum {} elements, sink pause {} ms, deadline {deadline}, restarts {} per minute",
            flow.quantum, flow.sink_pause_ms, flow.max_restarts
        ),
    );
    if let Some(reason) = &flow.own_thread {
        line(out, &format!("  own thread: {reason}"));
    }
    if flow.replicas > 1 {
        let by = flow
            .replicas_by
            .map(|router| format!(" by {}", flow.nodes[router.position()].name));
        line(out, &format!("  replicas {}{}", flow.replicas, by.unwrap_or_default()));
    }
    let schedule: Vec<&str> = flow
        .schedule
        .iter()
        .map(|node| flow.nodes[node.position()].name.as_str())
        .collect();
    line(out, &format!("  schedule {}", schedule.join(", ")));
    for (position, node) in flow.nodes.iter().enumerate() {
        print_node(out, program, flow, position, node);
    }
    for (position, stream) in flow.streams.iter().enumerate() {
        print_stream(out, flow, position, stream);
    }
    for (position, shell) in flow.shells.iter().enumerate() {
        let (artifact, chain) = (shell.artifact, flow.chain(ShellIdx::new(position)));
        line(out, &format!("  shell {position}: {chain} (artifact {artifact})"));
    }
    for pool in &flow.pools {
        line(out, &format!("  pool {} x {} B", pool.slots, pool.slot_bytes));
    }
    let exhaustion = match flow.exhaustion {
        Exhaustion::FallbackAlloc => format!("allocate up to {} B", flow.fallback_bytes),
        Exhaustion::Error => "fail".to_owned(),
    };
    line(
        out,
        &format!(
            "  when a pool is empty: {exhaustion}; largest buffer {} B",
            flow.max_buffer_bytes
        ),
    );
}

fn print_node(out: &mut String, program: &ProgramIr, flow: &FlowIr, position: usize, node: &Node) {
    let implementation = match &node.implementation {
        Implementation::Component { component, lifecycle } => {
            let component = &program.components[component.position()].name;
            format!(
                "component {component}{}",
                if *lifecycle { " with lifecycle" } else { "" }
            )
        }
        Implementation::Builtin(builtin) => format!("builtin {}", builtin.as_str()),
    };
    line(
        out,
        &format!(
            "  node {position}: {} = {} {implementation}",
            node.name,
            node.role.as_str()
        ),
    );
    print_path(out, flow, node);
    print_policies(out, node);
    if !node.config.is_empty() {
        line(out, &format!("    config {:?}", node.config));
    }
}

fn print_path(out: &mut String, flow: &FlowIr, node: &Node) {
    let code = match &node.path {
        CallPath::Builtin => return,
        CallPath::Component { artifact, .. } | CallPath::Direct { artifact, .. } => format!("artifact {artifact}"),
        CallPath::Fused { shell, member } => format!("member {member} of shell {shell}"),
    };
    line(out, &format!("    {} ({code})", flow.path(node)));
    let limits = &node.limits;
    let fuel = match limits.fuel {
        0 => String::new(),
        fuel => format!(", fuel {fuel}"),
    };
    line(
        out,
        &format!(
            "    limits: memory {} B, call {} ms, init {} ms, teardown {} ms{fuel}, largest buffer {} B, buffers {} B",
            limits.memory_bytes,
            limits.invocation_timeout_ms,
            limits.init_timeout_ms,
            limits.teardown_timeout_ms,
            limits.max_buffer_bytes,
            limits.buffer_budget_bytes
        ),
    );
}

/// Prints the policies that differ from the defaults.
fn print_policies(out: &mut String, node: &Node) {
    if let Some(reason) = &node.own_thread {
        line(out, &format!("    own thread: {reason}"));
    }
    if node.policies.merge != NodePolicies::DEFAULT.merge {
        line(out, &format!("    merge {}", node.policies.merge.as_str()));
    }
    if node.policies.fan_out != NodePolicies::DEFAULT.fan_out {
        line(out, &format!("    fan-out {}", node.policies.fan_out.as_str()));
    }
    if node.policies.on_error != NodePolicies::DEFAULT.on_error {
        line(out, &format!("    on error: {}", node.policies.on_error));
    }
    if !node.capabilities.is_empty() {
        line(out, &format!("    granted: {}", node.capabilities.join(", ")));
    }
}

fn print_stream(out: &mut String, flow: &FlowIr, position: usize, stream: &Stream) {
    let priority = match stream.priority {
        0 => String::new(),
        priority => format!(" priority {priority}"),
    };
    let largest = stream
        .max_element_bytes
        .map_or_else(String::new, |bytes| format!(" largest element {bytes} B"));
    line(
        out,
        &format!(
            "  stream {position}: {}.{} -> {}.{} depth {} low {} policy {}{priority}{largest}",
            flow.nodes[stream.from.position()].name,
            stream.from_port,
            flow.nodes[stream.to.position()].name,
            stream.to_port,
            stream.depth,
            stream.low_watermark,
            stream.policy
        ),
    );
}

fn line(out: &mut String, text: &str) {
    writeln!(out, "{text}").expect("invariant: writing to a String succeeds");
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn each_path_is_printed_with_its_code() {
        let text = print(&sample::fused());
        for expected in [
            "component upper sha256:00ff\n",
            "artifact 0: shell main.numbers.fused sha256:ff00\n",
            "    fused path: source → processor (member 1 of shell 0)\n",
            "    direct path: a router can't be part of a chain (artifact 1)\n",
            "  shell 0: source → processor (artifact 0)\n",
        ] {
            assert!(text.contains(expected), "{expected}{text}");
        }
        let text = print(&sample::program());
        let expected = "    component path: imports wasi:sockets/tcp@0.2.3 (artifact 0)\n";
        assert!(text.contains(expected), "{text}");
    }
}
