//! A Mermaid flowchart: a subgraph for each flow.

use torvyn_codegen::ir::Role;

use super::model::{Edge, Flow, Graph, Node, flow_id, node_id};

/// Colours that work on light and dark backgrounds.
const CLASSES: &str = "  classDef source fill:#dcefe3,stroke:#2f7d4f,color:#12301f
  classDef processor fill:#dfe9f7,stroke:#2f5f9e,color:#12233b
  classDef filter fill:#fbf0d3,stroke:#96701a,color:#3a2b08
  classDef router fill:#efe2f5,stroke:#7a3f96,color:#2e1639
  classDef aggregator fill:#d9f0f2,stroke:#1f7780,color:#0b2d31
  classDef sink fill:#f8e2dc,stroke:#a34a2f,color:#3d1b11
  classDef unknown fill:none,stroke:#888,stroke-dasharray:4 3
";

/// Writes the graph as a Mermaid flowchart.
#[must_use]
pub fn mermaid(graph: &Graph) -> String {
    let mut out = String::from("flowchart LR\n");
    // Mermaid numbers edges across the whole chart.
    let mut count = 0;
    let mut dead_letters = Vec::new();
    for (position, flow) in graph.flows.iter().enumerate() {
        out.push_str(&subgraph(position, flow));
        for edge in &flow.edges {
            out.push_str(&connection(position, edge));
            if edge.is_dead_letter() {
                dead_letters.push(count.to_string());
            }
            count += 1;
        }
    }
    out.push_str(CLASSES);
    if !dead_letters.is_empty() {
        out.push_str(&format!("  linkStyle {} stroke:#b3362a\n", dead_letters.join(",")));
    }
    out
}

fn subgraph(position: usize, flow: &Flow) -> String {
    let mut out = format!("  subgraph {}[{}]\n", flow_id(position), quoted(&flow.title()));
    for (at, node) in flow.nodes.iter().enumerate() {
        out.push_str(&format!("    {}{}\n", node_id(position, at), shape(node)));
    }
    out + "  end\n"
}

fn shape(node: &Node) -> String {
    let label = quoted(&format!("{}\n{}\n{}", node.name, node.role_name(), node.worker));
    match node.role {
        Some(Role::Source) => format!("([{label}]):::source"),
        Some(Role::Processor) => format!("[{label}]:::processor"),
        Some(Role::Filter) => format!("{{{{{label}}}}}:::filter"),
        Some(Role::Router) => format!("{{{label}}}:::router"),
        Some(Role::Aggregator) => format!("[[{label}]]:::aggregator"),
        Some(Role::Sink) => format!("[({label})]:::sink"),
        None => format!("[{label}]:::unknown"),
    }
}

fn connection(flow: usize, edge: &Edge) -> String {
    let arrow = if edge.is_dead_letter() { "-.->" } else { "-->" };
    let (from, to) = (node_id(flow, edge.from), node_id(flow, edge.to));
    format!("  {from} {arrow}|{}| {to}\n", quoted(&edge.lines().join("\n")))
}

/// Quotes a text for Mermaid, whose only escapes are HTML entities with `#` in place of `&`.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '\n' => out.push_str("<br/>"),
            '"' | '#' | '&' | '<' | '>' | '`' => out.push_str(&format!("#{};", u32::from(character))),
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
    fn texts_are_quoted_for_mermaid() {
        assert_eq!(quoted("a\"b<c>\n#d`"), "\"a#34;b#60;c#62;<br/>#35;d#96;\"");
    }
}
