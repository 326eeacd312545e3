//! `main`, and the statics it hands to the runtime.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::plan;
use crate::ir::{CallPath, ProgramIr};
use crate::names;

/// `static PROGRAM`, `static FLOWS` and `fn main`.
pub(crate) fn entry(program: &ProgramIr) -> TokenStream {
    let (name, version, description) = (&program.name, &program.version, &program.description);
    let nodes = || program.flows.iter().flat_map(|flow| &flow.nodes);
    let fuel = nodes().any(|node| node.limits.fuel > 0);
    // What no stage needs is not named, so that the linker leaves it out.
    let component_host = nodes()
        .any(|node| matches!(node.path, CallPath::Component { .. }))
        .then(|| quote! { rt::crossing::component::host });
    let component_host = plan::option(component_host);
    let core_host = nodes()
        .any(|node| node.path.is_core())
        .then(|| quote! { rt::crossing::core::host });
    let core_host = plan::option(core_host);
    let modules = program
        .flows
        .iter()
        .enumerate()
        .map(|(position, flow)| names::flow(position, flow));
    let worker_threads = plan::option(program.worker_threads);
    let memory_reservation = plan::option(program.memory_reservation);
    let wasi = program.wasi.iter().map(|package| format_ident!("{}", package.as_str()));
    quote! {
        static PROGRAM: rt::plan::ProgramPlan = rt::plan::ProgramPlan {
            name: #name,
            version: #version,
            description: #description,
            document: &DOCUMENT,
            tuning: rt::engine::Tuning {
                fuel: #fuel,
                memory_reservation: #memory_reservation,
            },
            component_host: #component_host,
            wasi: &[#(rt::host::wasi::#wasi),*],
            core_host: #core_host,
            worker_threads: #worker_threads,
        };

        static FLOWS: &[rt::flow::FlowEntry] =
            &[#(rt::flow::FlowEntry { plan: &#modules::PLAN, start: #modules::start }),*];

        fn main() -> std::process::ExitCode {
            rt::entry::main(&PROGRAM, FLOWS)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::{WasiPackage, sample};

    fn text(program: &ProgramIr) -> String {
        entry(program).to_string().split_whitespace().collect()
    }

    #[test]
    fn only_the_hosts_that_stages_need_are_named() {
        let core = text(&sample::fused());
        assert!(
            core.contains("component_host:None,wasi:&[],core_host:Some(rt::crossing::core::host)"),
            "{core}"
        );
        let mut program = sample::program();
        program.wasi.push(WasiPackage::Cli);
        let component = text(&program);
        let hosts = "component_host:Some(rt::crossing::component::host),wasi:&[rt::host::wasi::cli],core_host:None";
        assert!(component.contains(hosts), "{component}");
    }
}
