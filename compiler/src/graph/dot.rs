//! Graphviz DOT: a cluster for each flow.

use torvyn_codegen::ir::Role;

use super::model::{Edge, Flow, Graph, Node, flow_id, node_id};

/// Writes the graph as Graphviz DOT.
#[must_use]
pub fn dot(graph: &Graph) -> String {
    let mut out = format!(
        "digraph {} {{\n  rankdir = LR;\n  fontname = \"sans-serif\";\n  \
         node [fontname = \"sans-serif\", style = filled, fillcolor = white];\n  \
         edge [fontname = \"sans-serif\", fontsize = 10];\n",
        quoted(&graph.project)
    );
    for (position, flow) in graph.flows.iter().enumerate() {
        out.push_str(&cluster(position, flow));
    }
    out + "}\n"
}

fn cluster(position: usize, flow: &Flow) -> String {
    let mut out = format!(
        "  subgraph {} {{\n    label = {};\n",
        quoted(&format!("cluster_{}", flow_id(position))),
        quoted(&flow.title())
    );
    for (at, node) in flow.nodes.iter().enumerate() {
        out.push_str(&format!("    {} [{}];\n", node_id(position, at), attributes(node)));
    }
    for edge in &flow.edges {
        let (from, to) = (node_id(position, edge.from), node_id(position, edge.to));
        out.push_str(&format!("    {from} -> {to} [{}];\n", edge_attributes(edge)));
    }
    out + "  }\n"
}

fn attributes(node: &Node) -> String {
    let label = format!("{}\n{}\n{}", node.name, node.role_name(), node.worker);
    let (shape, fill) = match node.role {
        Some(Role::Source) => ("cds", "#dcefe3"),
        Some(Role::Processor) => ("box", "#dfe9f7"),
        Some(Role::Filter) => ("invtrapezium", "#fbf0d3"),
        Some(Role::Router) => ("diamond", "#efe2f5"),
        Some(Role::Aggregator) => ("box3d", "#d9f0f2"),
        Some(Role::Sink) => ("cylinder", "#f8e2dc"),
        None => return format!("label = {}, shape = box, style = dashed", quoted(&label)),
    };
    format!("label = {}, shape = {shape}, fillcolor = \"{fill}\"", quoted(&label))
}

fn edge_attributes(edge: &Edge) -> String {
    let label = format!("label = {}", quoted(&edge.lines().join("\n")));
    if edge.is_dead_letter() {
        format!("{label}, style = dashed, color = \"#b3362a\", fontcolor = \"#b3362a\"")
    } else {
        label
    }
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            // Graphviz decodes HTML entities in labels.
            '&' => out.push_str("&amp;"),
            control if control.is_control() => out.push(' '),
            other => out.push(other),
        }
    }
    out + "\""
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn texts_are_quoted_for_graphviz() {
        assert_eq!(quoted("a \"b\"\\c\nd\u{0}&"), "\"a \\\"b\\\"\\\\c\\nd &amp;\"");
    }
}
