//! The guest in both forms: as a component, and as a shell with its main core module.

use std::error::Error;
use std::path::Path;

use fastrand::Rng;
use torvyn_runtime_core::emitted::Role;
use torvyn_runtime_core::engine::{self, Artifact, EngineKind, EngineOptions, Tuning};
use torvync_compiler::anatomy::Anatomy;
use torvync_compiler::aot::{self, FunctionNames};
use torvync_compiler::glue::{Member, StageCode};
use torvync_compiler::{glue, prepare};
use wasmtime::Engine;
use wit_component::{StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use crate::embedded::artifact;
use crate::mutate::mutated;
use crate::plans::{self, Plans};

pub(crate) type Done<T> = Result<T, Box<dyn Error>>;

/// A world with all roles.
const WORLD: &str = "
    package torvyn:fuzz;
    world every-role {
        import torvyn:streaming/types@0.1.0;
        import torvyn:streaming/buffer-allocator@0.1.0;
        import torvyn:capabilities/capability-query@0.1.0;
        export torvyn:streaming/source@0.1.0;
        export torvyn:streaming/processor@0.1.0;
        export torvyn:streaming/sink@0.1.0;
        export torvyn:streaming/lifecycle@0.1.0;
        export torvyn:filtering/filter@0.1.0;
        export torvyn:filtering/router@0.1.0;
        export torvyn:aggregation/aggregator@0.1.0;
    }
";

/// The machine code of one guest for both paths, with the verdicts to expect.
#[derive(Clone, Copy)]
pub(crate) struct Guest {
    pub(crate) component: &'static Artifact,
    pub(crate) shell: &'static Artifact,
    pub(crate) plans: &'static Plans,
}

impl Guest {
    /// The guest as written.
    pub(crate) fn new() -> Done<Self> {
        compiled(&component(module()?)?, &plans::PATIENT)
    }

    /// A guest that runs `body` when it is called with an element, and has `functions` besides.
    pub(crate) fn running(body: &str, functions: &str) -> Done<Self> {
        compiled(&written(body, functions)?, &plans::HASTY)
    }

    /// The shell of two such guests in a row: the processor of the plans, and the filter behind it.
    pub(crate) fn chain(body: &str, functions: &str) -> Done<&'static Artifact> {
        let code = stage_code(&written(body, functions)?)?;
        let member = |role| Member {
            code: &code,
            role,
            node: plans::position(role),
            memory_bytes: plans::MEMORY_BYTES,
        };
        let shell = glue::fused(&[member(Role::Processor), member(Role::Filter)]);
        let shell = shell.map_err(|(_, error)| error.to_string())?;
        artifact("chain", &engine(EngineKind::Core)?.precompile_module(&shell)?)
    }

    /// A guest with random changes in its code.
    pub(crate) fn changed(rng: &mut Rng) -> Done<Self> {
        compiled(&component(mutated(&module()?, rng)?)?, &plans::HASTY)
    }
}

/// The text of the guest.
const TEXT: &str = include_str!("guest.wat");

/// The end of the beginning of the function that is called with an element.
const CALL: &str = "(param $payload i32) (param $context i32) (result i32)";

fn module() -> Done<Vec<u8>> {
    Ok(wat::parse_str(TEXT)?)
}

/// A component around a core module.
fn component(mut module: Vec<u8>) -> Done<Vec<u8>> {
    let mut resolve = Resolve::default();
    for package in ["streaming", "filtering", "aggregation", "capabilities"] {
        let folder = format!("../wit/torvyn-{package}");
        resolve.push_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder))?;
    }
    let package = resolve.push_str("fuzz.wit", WORLD)?;
    let world = resolve.select_world(&[package], None)?;
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false)?;
    aot::normalise(&module, FunctionNames::Removed).map_err(|error| format!("{error:?}").into())
}

/// The component of a guest that runs `body` when it is called with an element, and has `functions` besides.
pub(crate) fn written(body: &str, functions: &str) -> Done<Vec<u8>> {
    let end = TEXT.trim_end().strip_suffix(')').ok_or("the guest is a module")?;
    let text = end.replacen(CALL, &format!("{CALL}\n{body}"), 1);
    component(wat::parse_str(format!("{text}\n{functions})"))?)
}

/// Compiles a component, and the shell made from it.
fn compiled(component: &[u8], plans: &'static Plans) -> Done<Guest> {
    let shell = glue::direct(&stage_code(component)?).map_err(|error| error.to_string())?;
    let component = prepare::component(component)?;
    Ok(Guest {
        component: artifact(
            "component",
            &engine(EngineKind::Component)?.precompile_component(&component)?,
        )?,
        shell: artifact("shell", &engine(EngineKind::Core)?.precompile_module(&shell)?)?,
        plans,
    })
}

fn stage_code(component: &[u8]) -> Done<StageCode> {
    let code = Anatomy::of(component)?.stage_code();
    code.map_err(|obstacle| obstacle.to_string().into())
}

fn engine(kind: EngineKind) -> Done<Engine> {
    let tuning = Tuning::default();
    Ok(engine::build(EngineOptions { kind, tuning })?)
}
