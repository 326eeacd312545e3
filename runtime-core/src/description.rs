//! The description of an executable as text, one function for each part. `torvync inspect` and the executable's own
//! `inspect` print the same text for the same document.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::policy::NodePolicies;
use crate::words::bytes;

/// Name, version, target and origin of the executable.
#[must_use]
pub fn head(program: &Value) -> String {
    let mut text = format!("Executable {} {}\n", field(program, "name"), field(program, "version"));
    if !field(program, "description").is_empty() {
        text.push_str(&format!("  {}\n", field(program, "description")));
    }
    let authors = texts(program, "authors").join(", ");
    for (name, words) in [
        ("authors", authors.as_str()),
        ("licence", field(program, "license")),
        ("source", field(program, "repository")),
    ] {
        if !words.is_empty() {
            text.push_str(&format!("  {name:<8} {words}\n"));
        }
    }
    let (target, torvync) = (field(program, "target"), field(program, "torvync"));
    text.push_str(&format!("  target   {target}\n  made by  torvync {torvync}\n"));
    if program["profiling"].as_bool() == Some(true) {
        text.push_str("  with the names of functions, for profiling: `run --perf-map`\n");
    }
    text
}

/// The flows of a program, as parts of the document.
pub fn flows(program: &Value) -> impl Iterator<Item = &Value> {
    items(program, "flows")
}

/// The nodes and streams of a flow.
#[must_use]
pub fn flow(flow: &Value) -> String {
    let mut text = format!("Flow {}\n", field(flow, "name"));
    if let Some(reason) = flow["own_thread"].as_str() {
        text.push_str(&format!("  own thread: {reason}\n"));
    }
    if let Some(replicas) = flow["replicas"].as_u64().filter(|replicas| *replicas > 1) {
        let by = flow["replicas_by"].as_str();
        let by = by.map_or_else(String::new, |router| format!(" by the ports of {router}"));
        text.push_str(&format!("  replicas: {replicas}{by}\n"));
    }
    text.extend(items(flow, "nodes").map(node));
    text.extend(items(flow, "streams").map(stream));
    text
}

/// A node: its implementation, and its settings that differ from the defaults.
fn node(node: &Value) -> String {
    let (by, path) = (field(node, "component"), field(node, "path"));
    let line = format!(
        "  {:<20} {:<10} {by:<28} {path}",
        field(node, "name"),
        field(node, "role")
    );
    let other = |key: &str, usual: &str| {
        let how = node[key].as_str().filter(|how| *how != usual);
        how.map(str::to_owned)
    };
    let details = [
        ("own thread", node["own_thread"].as_str().map(str::to_owned)),
        ("merge", other("merge", NodePolicies::DEFAULT.merge.as_str())),
        ("fan-out", other("fan_out", NodePolicies::DEFAULT.fan_out.as_str())),
        ("on error", on_error(node)),
    ];
    let details = details
        .iter()
        .filter_map(|(what, how)| Some(format!("    {what}: {}\n", how.as_ref()?)));
    format!("{}\n{}", line.trim_end(), details.collect::<String>())
}

/// The error policy of a node; `None` when every error ends the flow.
fn on_error(node: &Value) -> Option<String> {
    let actions = || {
        let actions = node["on_error"].as_object().into_iter().flatten();
        actions.filter_map(|(category, action)| Some((category, action.as_str()?)))
    };
    let different: BTreeSet<&str> = actions().map(|(_, action)| action).collect();
    match different.first() {
        Some(only) if different.len() == 1 => {
            let usual = NodePolicies::DEFAULT.on_error.to_string();
            (**only != usual).then(|| (*only).to_owned())
        }
        first => {
            let each = actions().map(|(category, action)| format!("{category}: {action}"));
            first.map(|_| each.collect::<Vec<String>>().join("; "))
        }
    }
}

fn stream(stream: &Value) -> String {
    let (from, to, policy) = (field(stream, "from"), field(stream, "to"), field(stream, "policy"));
    let mut text = format!("  {from} → {to}  depth {}, {policy}", stream["depth"]);
    if let Some(rate) = stream["max_elements_per_second"].as_u64() {
        text.push_str(&format!(" {rate} per second"));
    }
    if let Some(priority) = stream["priority"].as_u64().filter(|priority| *priority > 0) {
        text.push_str(&format!(", priority {priority}"));
    }
    if let Some(longest) = stream["max_element_bytes"].as_u64() {
        text.push_str(&format!(", elements up to {}", bytes(longest)));
    }
    text + "\n"
}

/// The grants of a flow's nodes.
#[must_use]
pub fn granted(flow: &Value) -> String {
    let granted = items(flow, "nodes").filter_map(|node| {
        let capabilities = texts(node, "capabilities");
        (!capabilities.is_empty()).then(|| format!("{:<20} {}", field(node, "name"), capabilities.join(", ")))
    });
    list(
        &format!("Capabilities granted in flow {}", field(flow, "name")),
        granted,
    )
}

/// The buffers of a flow.
#[must_use]
pub fn pools(flow: &Value) -> String {
    let tiers = items(flow, "pools").filter_map(|pool| {
        let (slots, size) = (
            pool["slots"].as_u64().filter(|slots| *slots > 0)?,
            pool["bytes"].as_u64()?,
        );
        let total = bytes(slots.saturating_mul(size));
        Some(format!("{slots:>6} × {:<10} {total:>10}", bytes(size)))
    });
    list(&format!("Buffer pools of flow {}", field(flow, "name")), tiers)
}

/// The components of a program.
#[must_use]
pub fn components(program: &Value) -> String {
    let components = items(program, "components");
    let components = components.map(|one| format!("{}  sha256 {}", field(one, "name"), field(one, "sha256")));
    list("Made of", components)
}

/// The machine code inside the executable.
#[must_use]
pub fn artifacts(program: &Value) -> String {
    let artifacts = items(program, "artifacts").map(|one| {
        let (name, kind, sha256) = (field(one, "name"), field(one, "kind"), field(one, "sha256"));
        format!("{name}  {kind}  sha256 {sha256}")
    });
    list("Machine code inside", artifacts)
}

fn list(title: &str, lines: impl Iterator<Item = String>) -> String {
    let lines: String = lines.map(|line| format!("  {line}\n")).collect();
    match lines.is_empty() {
        true => format!("{title}\n  none\n"),
        false => format!("{title}\n{lines}"),
    }
}

fn field<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

fn items<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value[key].as_array().into_iter().flatten()
}

fn texts<'a>(value: &'a Value, key: &str) -> Vec<&'a str> {
    items(value, key).filter_map(Value::as_str).collect()
}
