//! Inlay hints: values that the manifest leaves to the compiler, such as depths of queues and sizes of pools.

use torvync_compiler::lower::buffers;
use torvync_compiler::manifest::ast::LimitsDecl;
use torvync_compiler::resolve::ResolvedFlow;

use crate::names;
use crate::stream::{self, bytes};
use crate::syntax::{Step, Table, is_like};
use crate::view::View;

/// A text that is shown in the manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hint {
    pub(crate) offset: usize,
    pub(crate) label: String,
    pub(crate) tooltip: String,
}

/// Returns all hints of a manifest, in the order of the text.
pub(crate) fn hints(view: View<'_>) -> Vec<Hint> {
    let mut hints = queues(view);
    hints.extend(pools(view));
    hints.extend(memory(view));
    hints.sort_by_key(|hint| hint.offset);
    hints
}

/// Returns the depth of each queue whose edge sets none, after the header of the edge.
fn queues(view: View<'_>) -> Vec<Hint> {
    let mut hints = Vec::new();
    for edge in names::edges(view.syntax) {
        let offset = header(view, &edge.path).map(|table| table.header.end);
        let is_set = stream::written(view, &edge.path, &["backpressure", "queue_depth"]).is_some();
        if let (Some(offset), false) = (offset, is_set) {
            let depth = stream::queue(view, &edge).depth;
            hints.push(Hint {
                offset,
                label: format!("queue_depth = {}", depth.value),
                tooltip: format!("{}; set it with `backpressure = {{ queue_depth = … }}`", depth.source),
            });
        }
    }
    hints
}

/// Returns the sizes of each flow's pools, after its first header.
fn pools(view: View<'_>) -> Vec<Hint> {
    let Some(project) = &view.analysis.project else {
        return Vec::new();
    };
    let runtime = project.runtime();
    let mut hints = Vec::new();
    for flow in project.flows().iter().filter(|flow| flow.complete) {
        let queued: u64 = flow
            .edges
            .iter()
            .map(|edge| u64::from(runtime.queue_depth(&edge.settings, &flow.settings)))
            .sum();
        let pools = buffers::pool_sizes(runtime, flow.nodes.len() as u64, queued);
        let total: u64 = pools
            .iter()
            .map(|pool| u64::from(pool.slots) * u64::from(pool.slot_bytes))
            .sum();
        let replicas = flow.settings.replicas();
        let times = if replicas > 1 {
            format!(", {replicas} times")
        } else {
            String::new()
        };
        let tiers = pools
            .iter()
            .map(|pool| format!("{} of {}", pool.slots, bytes(u64::from(pool.slot_bytes))));
        if let Some(offset) = first_header(view, flow) {
            hints.push(Hint {
                offset,
                label: format!("buffers: {}{times}", bytes(total)),
                tooltip: format!(
                    "pools of `{}`: {}",
                    flow.name.value,
                    tiers.collect::<Vec<_>>().join(", ")
                ),
            });
        }
    }
    hints
}

/// Returns the memory limit of components that set none, from `[runtime]` or the default, after the headers of their
/// nodes.
fn memory(view: View<'_>) -> Vec<Hint> {
    let Some(manifest) = &view.analysis.manifest else {
        return Vec::new();
    };
    let default = LimitsDecl::default().or(&manifest.runtime.limits).memory_bytes;
    let mut hints = Vec::new();
    for node in manifest.flows.iter().flat_map(|flow| &flow.nodes) {
        let is_component = node
            .component
            .as_ref()
            .is_some_and(|component| !component.value.to_string().starts_with("builtin:"));
        if node.settings.limits.memory_bytes.is_none() && is_component {
            let table = view
                .syntax
                .tables
                .iter()
                .find(|table| table.header.contains(&node.name.span.start));
            hints.extend(table.map(|table| Hint {
                offset: table.header.end,
                label: format!("max_memory = {}", bytes(default)),
                tooltip: "linear memory of the stage; set it with `limits = { max_memory = … }`".to_owned(),
            }));
        }
    }
    hints
}

fn header<'s>(view: View<'s>, path: &[Step]) -> Option<&'s Table> {
    view.syntax
        .tables
        .iter()
        .find(|table| crate::syntax::is_same(&table.path, path))
}

/// Returns the end of the header `[flow.NAME]`, or else of the flow's first header.
fn first_header(view: View<'_>, flow: &ResolvedFlow) -> Option<usize> {
    let own = |table: &&Table| {
        table.path.get(1).and_then(Step::key) == Some(&flow.name.value) && table.path[0].key() == Some("flow")
    };
    let tables = || view.syntax.tables.iter().filter(own);
    let flow = tables()
        .find(|table| is_like(&table.path, "flow.*"))
        .or_else(|| tables().next());
    flow.map(|table| table.header.end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::fixture::{FLOW, with};

    fn shown(manifest: &str) -> Vec<String> {
        with(manifest, |view, _| {
            let line = |hint: &Hint| {
                view.text[..hint.offset]
                    .lines()
                    .next_back()
                    .unwrap_or_default()
                    .to_owned()
            };
            hints(view)
                .iter()
                .map(|hint| format!("{} {}", line(hint), hint.label))
                .collect()
        })
    }

    #[test]
    fn queues_pools_and_memory() {
        let expected = [
            "[flow.main.nodes.numbers] buffers: 3.9 MiB",
            "[flow.main.nodes.shout] max_memory = 64 MiB",
            "[[flow.main.edges]] queue_depth = 64",
            "[[flow.main.edges]] queue_depth = 64",
        ];
        assert_eq!(shown(FLOW), expected);
        let set = "[[flow.main.edges]]\nbackpressure = { queue_depth = 4 }";
        let text = FLOW.replacen("[[flow.main.edges]]", set, 1).replacen(
            "[flow.main.nodes.numbers]",
            "[flow.main]\ndefault_queue_depth = 8\n[flow.main.nodes.numbers]",
            1,
        );
        let hints = shown(&text);
        assert!(hints[0].starts_with("[flow.main] buffers: "), "{hints:?}");
        assert_eq!(hints[2..], ["[[flow.main.edges]] queue_depth = 8"]);
    }
}
