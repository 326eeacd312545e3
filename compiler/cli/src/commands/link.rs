//! `torvync link`

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};
use torvync_compiler::driver::{self, Analysis, Request};
use torvync_compiler::link::LinkedFlow;
use torvync_compiler::source::display_path;
use torvync_compiler::source::files::DiskFiles;

use super::project::{Project, diagnose, shape};
use crate::output::{Context, FAILURE, Outcome};
use crate::text;

/// Exit code when component binaries are missing.
const MISSING: u8 = 2;

/// Verify that the compiled components of a flow fit together
#[derive(Args)]
pub(crate) struct Link {
    #[command(flatten)]
    project: Project,
    /// Folder with the compiled components, `NAME.wasm` each [default: where the build puts them]
    #[arg(long, value_name = "DIR")]
    components: Option<PathBuf>,
}

impl Link {
    pub(crate) fn project(&self) -> &Project {
        &self.project
    }

    pub(crate) fn exec(self, context: &Context) -> Outcome {
        let request = Request {
            components: self.components.clone(),
            ..self.project.request(context)
        };
        let analysis = driver::link(&DiskFiles, &request);
        let mut outcome = if !analysis.missing.is_empty() {
            Outcome::failed(MISSING)
        } else if analysis.diagnostics.has_errors() {
            Outcome::failed(FAILURE)
        } else if context.quiet {
            Outcome::default()
        } else {
            Outcome::success(summary(context, &analysis))
        };
        diagnose(context, &mut outcome, &analysis);
        let missing: Vec<String> = analysis.missing.iter().map(|path| display_path(path)).collect();
        let flows: Vec<Value> = analysis.flows.iter().map(as_json).collect();
        outcome.field("flows", flows).field("missing", missing)
    }
}

fn summary(context: &Context, analysis: &Analysis) -> String {
    let tick = context.tick();
    let mut lines = String::new();
    for flow in &analysis.flows {
        lines.push_str(&format!("  {tick} Flow \"{}\": {}\n", flow.name(), shape(flow)));
        if context.verbose {
            for id in flow.order() {
                let node = flow.node(*id);
                lines.push_str(&format!("      {:<20} {}\n", node.name, node.role.as_str()));
            }
            for edge in flow.edges() {
                let (from, to) = (&flow.node(edge.from).name, &flow.node(edge.to).name);
                lines.push_str(&format!("      {from}.{} → {to}.{}\n", edge.from_port, edge.to_port));
            }
        }
    }
    if analysis.flows.is_empty() {
        lines.push_str("  No flow to link.\n");
    } else {
        let components = analysis
            .project
            .as_ref()
            .map_or(0, |project| project.components().len());
        if components > 0 {
            let components = text::count(components, "component");
            lines.push_str(&format!("  {tick} All interfaces compatible ({components})\n"));
        }
        lines.push_str(&format!("  {tick} Topology valid (DAG, connected, role-consistent)\n"));
    }
    lines + "\n  Link check passed.\n"
}

fn as_json(flow: &LinkedFlow) -> Value {
    let nodes: Vec<Value> = flow
        .nodes()
        .iter()
        .map(|node| json!({ "name": node.name, "role": node.role.as_str() }))
        .collect();
    let port = |node, port: &str| format!("{}.{port}", flow.node(node).name);
    let edges: Vec<Value> = flow
        .edges()
        .iter()
        .map(|edge| json!({ "from": port(edge.from, &edge.from_port), "to": port(edge.to, &edge.to_port) }))
        .collect();
    json!({ "name": flow.name(), "nodes": nodes, "edges": edges })
}
