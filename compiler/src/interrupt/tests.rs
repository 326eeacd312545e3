//! Code touches memory as often as it has to.
//!
//! These tests look on at the touches that are added: in place of a touch, the code calls an import.

mod cycles;
mod ends;
mod stretch;
mod touches;

use wasm_encoder::{Encode as _, Instruction};
use wasmparser::{Operator, Parser, Payload};
use wasmtime::{Config, Engine, OptLevel};

use super::module::Module;
use super::rewrite::with_touches;

fn wat(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap()
}

/// Returns a module that calls its first import, `host.touch`, in place of each touch.
fn observed(text: &str) -> Vec<u8> {
    let text = text.trim().strip_prefix("(module").expect("it is a module");
    let code = wat(&format!(r#"(module (import "host" "touch" (func $touch)){text}"#));
    let mut touch = Vec::new();
    Instruction::Call(0).encode(&mut touch);
    with_touches(&code, &Module::parse(&code).unwrap(), touch, false).unwrap()
}

fn engine(fuel: bool) -> Engine {
    let mut config = Config::new();
    config.consume_fuel(fuel);
    config.cranelift_opt_level(OptLevel::None);
    Engine::new(&config).unwrap()
}

/// Returns the operators of each function of a module.
fn functions(code: &[u8]) -> Vec<Vec<Operator<'_>>> {
    let mut bodies = Vec::new();
    for payload in Parser::new(0).parse_all(code) {
        if let Payload::CodeSectionEntry(body) = payload.unwrap() {
            bodies.push(body);
        }
    }
    bodies
        .iter()
        .map(|body| {
            body.get_operators_reader()
                .unwrap()
                .into_iter()
                .map(Result::unwrap)
                .collect()
        })
        .collect()
}

/// Returns the number of touches that are added to each function of a module.
fn added(text: &str) -> Vec<usize> {
    let module = super::module(&wat(text)).unwrap();
    wasmparser::Validator::new_with_features(wasmparser::WasmFeatures::all())
        .validate_all(&module)
        .unwrap();
    functions(&module).iter().map(|operators| touches(operators)).collect()
}

/// Returns the number of touches that were added to a function.
fn touches(operators: &[Operator<'_>]) -> usize {
    let is_touch = |operator: &&Operator<'_>| matches!(operator, Operator::I32AtomicLoad { .. });
    operators.iter().filter(is_touch).count()
}
