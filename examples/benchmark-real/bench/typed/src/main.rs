//! The components of a flow as a user of wasmtime runs them by hand, with machine code made beforehand.
//!
//! `typed compile COMPONENT OUTPUT` makes it.

mod chain;

use std::env;
use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use bench_common::Failed;
use lexopt::Parser;
use native::command_line::{Task, exit};
use wasmtime::Engine;

use chain::TypedChain;

fn main() -> ExitCode {
    let arguments: Vec<OsString> = env::args_os().skip(1).collect();
    exit(match arguments.as_slice() {
        [command, component, output] if command == "compile" => compile(Path::new(component), Path::new(output)),
        _ => run(),
    })
}

fn compile(component: &Path, output: &Path) -> Result<(), Failed> {
    let binary = std::fs::read(component).map_err(|error| format!("{}: {error}", component.display()))?;
    let code = Engine::default().precompile_component(&binary)?;
    std::fs::write(output, code).map_err(|error| format!("{}: {error}", output.display()).into())
}

fn run() -> Result<(), Failed> {
    let task = Task::parse(Parser::from_env())?;
    let mut chain = TypedChain::of(&task)?;
    for _ in 0..task.elements {
        if !chain.element()? {
            break;
        }
    }
    chain.finish()
}
