//! `inspect`: what the executable consists of, for people.

use serde_json::Value;

use crate::plan::ProgramPlan;

/// The embedded description itself.
pub(super) fn json(program: &ProgramPlan) -> String {
    format!("{}\n", String::from_utf8_lossy(program.document))
}

/// Renders the embedded description.
pub(super) fn text(program: &ProgramPlan) -> String {
    let document: Value = serde_json::from_slice(program.document).expect("invariant: generated JSON is valid");
    let field = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
    let mut text = format!(
        "{} {}\n  target:   {}\n  torvync:  {}\n",
        program.name,
        program.version,
        field(&document, "target"),
        field(&document, "torvync")
    );
    for flow in document["flows"].as_array().into_iter().flatten() {
        text.push_str(&format!("flow {}\n", field(flow, "name")));
        if let Some(replicas) = flow["replicas"].as_u64().filter(|replicas| *replicas > 1) {
            let by = flow["replicas_by"].as_str();
            let by = by.map_or_else(String::new, |router| format!(" by the ports of {router}"));
            text.push_str(&format!("  replicas   {replicas}{by}\n"));
        }
        for node in flow["nodes"].as_array().into_iter().flatten() {
            let (name, role, component) = (field(node, "name"), field(node, "role"), field(node, "component"));
            text.push_str(&format!("  {role:<10} {name}: {component} ({})\n", field(node, "path")));
            let granted = node["capabilities"].as_array().into_iter().flatten();
            let granted: Vec<&str> = granted.filter_map(Value::as_str).collect();
            if !granted.is_empty() {
                text.push_str(&format!("  {:<10} {}\n", "granted", granted.join(", ")));
            }
        }
        for stream in flow["streams"].as_array().into_iter().flatten() {
            let (from, to, policy) = (field(stream, "from"), field(stream, "to"), field(stream, "policy"));
            text.push_str(&format!(
                "  stream     {from} -> {to}: depth {}, {policy}\n",
                stream["depth"]
            ));
        }
    }
    for artifact in document["artifacts"].as_array().into_iter().flatten() {
        text.push_str(&format!(
            "{:<10} {} sha256:{}\n",
            field(artifact, "kind"),
            field(artifact, "name"),
            field(artifact, "sha256")
        ));
    }
    text
}
