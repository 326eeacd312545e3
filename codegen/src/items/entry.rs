//! `main`, and the statics it hands to the runtime.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::plan;
use crate::ir::ProgramIr;
use crate::names;

/// `static PROGRAM`, `static FLOWS` and `fn main`.
pub(crate) fn entry(program: &ProgramIr) -> TokenStream {
    let (name, version, description) = (&program.name, &program.version, &program.description);
    let fuel = program
        .flows
        .iter()
        .flat_map(|flow| &flow.nodes)
        .any(|node| node.limits.fuel > 0);
    let modules = program
        .flows
        .iter()
        .enumerate()
        .map(|(position, flow)| names::flow(position, flow));
    let worker_threads = plan::option(program.worker_threads);
    let wasi = program.wasi.iter().map(|package| format_ident!("{}", package.as_str()));
    quote! {
        static PROGRAM: rt::plan::ProgramPlan = rt::plan::ProgramPlan {
            name: #name,
            version: #version,
            description: #description,
            document: &DOCUMENT,
            fuel: #fuel,
            wasi: &[#(rt::host::wasi::#wasi),*],
            worker_threads: #worker_threads,
        };

        static FLOWS: &[rt::flow::FlowEntry] =
            &[#(rt::flow::FlowEntry { plan: &#modules::PLAN, start: #modules::start }),*];

        fn main() -> std::process::ExitCode {
            rt::entry::main(&PROGRAM, FLOWS)
        }
    }
}
