//! Programs of built-in nodes, for tests.

use std::path::Path;

use torvyn_codegen::ir::ProgramIr;
use torvyn_codegen::target::Target;

use crate::contract::ContractSet;
use crate::diag::Diagnostics;
use crate::source::SourceMap;
use crate::{link, lower, manifest, resolve};

/// Returns the program of a manifest with these flows and settings, whose nodes are all built-ins.
pub(crate) fn program(text: &str) -> ProgramIr {
    let head = "[torvyn]\nname = \"t\"\nversion = \"0.1.0\"\ncontract_version = \"0.1.0\"\n";
    let (mut diags, mut sources) = (Diagnostics::new(), SourceMap::new());
    let id = sources.add(Path::new("Torvyn.toml"), format!("{head}{text}"));
    let manifest = manifest::parse(&mut diags, &sources, id);
    let contracts = ContractSet::default();
    let project = resolve::resolve(&mut diags, &manifest, &contracts, None);
    let flows = link::link(&mut diags, &project, &contracts);
    let said: Vec<_> = diags.iter().map(|diagnostic| diagnostic.message.as_str()).collect();
    assert!(said.is_empty(), "{said:?}");
    let options = lower::LowerOptions {
        target: &Target::new("x86_64-unknown-linux-gnu"),
        optimize: None,
        profiling: false,
    };
    lower::lower(&project, &flows, &[], options).program
}

/// `[flow.FLOW.nodes.NODE]` with a built-in and further keys.
pub(crate) fn node(flow: &str, name: &str, builtin: &str, more: &str) -> String {
    format!("[flow.{flow}.nodes.{name}]\ncomponent = \"builtin:{builtin}\"\n{more}\n")
}

/// `[[flow.FLOW.edges]]` from `from`, a node and a port, with further keys.
pub(crate) fn edge(flow: &str, from: (&str, &str), to: &str, more: &str) -> String {
    let (node, port) = from;
    format!(
        "[[flow.{flow}.edges]]\nfrom = {{ node = \"{node}\", port = \"{port}\" }}\n\
         to = {{ node = \"{to}\", port = \"input\" }}\n{more}\n"
    )
}
