//! `main`, and the statics that it passes to the runtime.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::plan;
use crate::ir::{CallPath, ProgramIr};
use crate::names;

/// Emits `static PROGRAM`, `static PATHS`, `static FLOWS` and `fn main`.
pub(crate) fn entry(program: &ProgramIr) -> TokenStream {
    let (name, version, description) = (&program.name, &program.version, &program.description);
    let nodes = || program.flows.iter().flat_map(|flow| &flow.nodes);
    let fuel = nodes().any(|node| node.limits.fuel > 0);
    // A call path or WASI package that no stage needs is not named, so the linker leaves it out.
    let wasi = program.wasi.iter().map(|package| format_ident!("{}", package.as_str()));
    let component = nodes()
        .any(|node| matches!(node.path, CallPath::Component { .. }))
        .then(|| quote! { &rt::ComponentPath { wasi: &[#(rt::wasi::#wasi),*] } });
    let component = plan::option(component);
    let core = nodes()
        .any(|node| node.path.is_core())
        .then(|| quote! { &rt::CorePath });
    let core = plan::option(core);
    let modules = program
        .flows
        .iter()
        .enumerate()
        .map(|(position, flow)| names::flow(position, flow));
    let worker_threads = plan::option(program.worker_threads);
    let memory_reservation = plan::option(program.memory_reservation);
    let code_map = plan::option(program.profiling.then(|| quote! { rt::perf_map }));
    quote! {
        static PROGRAM: rt::ProgramPlan = rt::ProgramPlan {
            name: #name,
            version: #version,
            description: #description,
            document: &DOCUMENT,
            tuning: rt::Tuning {
                fuel: #fuel,
                memory_reservation: #memory_reservation,
            },
            worker_threads: #worker_threads,
            code_map: #code_map,
        };

        static PATHS: rt::Paths = rt::Paths {
            component: #component,
            core: #core,
        };

        static FLOWS: &[rt::FlowEntry] =
            &[#(rt::FlowEntry { plan: &#modules::PLAN, start: #modules::start }),*];

        fn main() -> std::process::ExitCode {
            rt::main(&PROGRAM, PATHS, FLOWS)
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
        assert!(core.contains("component:None,core:Some(&rt::CorePath)"), "{core}");
        let mut program = sample::program();
        program.wasi.push(WasiPackage::Cli);
        let component = text(&program);
        let hosts = "component:Some(&rt::ComponentPath{wasi:&[rt::wasi::cli]}),core:None";
        assert!(component.contains(hosts), "{component}");
    }
}
