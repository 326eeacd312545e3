//! Runs welded modules, and compares them with the same modules linked by the engine.

mod errors;
mod guests;
mod inline;
mod link;
mod observe;
mod random;
mod rules;
mod same;

use wasmtime::{Config, Engine, Extern, Instance, Linker, MemoryType, Module, OptLevel, SharedMemory, Store, Val};

use super::{Binding, Export, GuestRules, Part, WeldError, weld};

/// The import of a shared memory of the host.
const EXCHANGE: &str = r#"(import "exchange" "memory" (memory 1 65536 shared))"#;

fn wat(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap()
}

/// Returns a part that is not a guest.
fn glue(code: &[u8], bindings: Vec<Binding>) -> Part<'_> {
    Part {
        code,
        bindings,
        guest: None,
    }
}

/// Returns a guest without rules.
fn guest(code: &[u8], bindings: Vec<Binding>) -> Part<'_> {
    held(code, bindings, GuestRules::default())
}

fn held(code: &[u8], bindings: Vec<Binding>, rules: GuestRules) -> Part<'_> {
    Part {
        code,
        bindings,
        guest: Some(rules),
    }
}

fn of(part: usize, export: &str) -> Binding {
    Binding::Part {
        part,
        export: export.into(),
    }
}

fn host(module: &str, name: &str) -> Binding {
    Binding::Host {
        module: module.into(),
        name: name.into(),
    }
}

fn exchange() -> Binding {
    host("exchange", "memory")
}

/// Returns an engine, with fuel to compare the results of code that may not end.
fn engine(fuel: bool) -> Engine {
    let mut config = Config::new();
    config.shared_memory(true);
    config.consume_fuel(fuel);
    config.cranelift_nan_canonicalization(true);
    config.cranelift_opt_level(OptLevel::None);
    config.memory_reservation(1 << 20);
    config.memory_guard_size(1 << 16);
    Engine::new(&config).unwrap()
}

fn shared(engine: &Engine) -> SharedMemory {
    SharedMemory::new(engine, MemoryType::shared(1, 65_536)).unwrap()
}

/// An instance of a module that imports at most the exchange memory.
struct Run {
    store: Store<()>,
    instance: Instance,
}

impl Run {
    fn new(code: &[u8]) -> Self {
        let engine = engine(false);
        let mut store = Store::new(&engine, ());
        let mut linker = Linker::new(&engine);
        linker.define(&store, "exchange", "memory", shared(&engine)).unwrap();
        let module = Module::new(&engine, code).unwrap();
        let instance = linker.instantiate(&mut store, &module).unwrap();
        Self { store, instance }
    }

    fn call(&mut self, name: &str, argument: i32) -> i32 {
        let function = self.instance.get_typed_func::<i32, i32>(&mut self.store, name).unwrap();
        function.call(&mut self.store, argument).unwrap()
    }

    fn global(&mut self, name: &str) -> Val {
        let global = self.instance.get_global(&mut self.store, name).unwrap();
        global.get(&mut self.store)
    }

    /// Returns the names of the exports.
    fn exports(&mut self) -> Vec<String> {
        let exports = self.instance.exports(&mut self.store);
        exports.map(|export| export.name().to_owned()).collect()
    }

    /// Returns the initial and the maximum size of a memory, in pages.
    fn pages(&mut self, name: &str) -> (u64, Option<u64>) {
        match self.instance.get_export(&mut self.store, name) {
            Some(Extern::Memory(memory)) => {
                let ty = memory.ty(&self.store);
                (ty.minimum(), ty.maximum())
            }
            other => panic!("{name} is {other:?}"),
        }
    }

    /// Returns the initial and the maximum size of a table, in elements.
    fn elements(&mut self, name: &str) -> (u64, Option<u64>) {
        let table = self.instance.get_table(&mut self.store, name).unwrap();
        let ty = table.ty(&self.store);
        (ty.minimum(), ty.maximum())
    }
}

/// Welds parts, twice: the bytes must be equal.
fn welded(parts: &[Part<'_>], exports: &[Export]) -> Vec<u8> {
    let welded = weld(parts, exports).unwrap();
    assert_eq!(
        weld(parts, exports).as_ref(),
        Ok(&welded),
        "equal parts give equal bytes"
    );
    welded
}
