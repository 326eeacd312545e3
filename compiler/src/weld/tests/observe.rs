//! Observes what a module does, alone or welded to others.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use wasmtime::{Func, Trap};

use super::*;

/// A part with items in every index space, so that the items of the parts after it get other numbers.
const DECOY: &str = r#"(module
  (type (func (param f64 f64 f64)))
  (type (func (result i64)))
  (func $a (type 0))
  (func $b (type 1) (i64.const 5))
  (table 3 3 funcref)
  (table 2 funcref)
  (memory 1 1)
  (global i64 (i64.const 9))
  (global (mut f32) (f32.const 1))
  (elem (table 0) (i32.const 1) func $a $b)
  (elem func $b)
  (data (memory 0) (i32.const 7) "decoy")
  (data "passive"))"#;

/// The name under which start functions are exported.
const START: &str = "start function";

/// A module that can be instantiated again and again.
pub(super) struct Subject {
    engine: Engine,
    module: Module,
}

impl Subject {
    pub(super) fn new(code: &[u8]) -> Self {
        let engine = engine(true);
        let module = Module::new(&engine, code).unwrap();
        Self { engine, module }
    }

    /// Returns the names of the functions that it exports, without the start function.
    pub(super) fn functions(&self) -> Vec<String> {
        let exports = self.module.exports();
        let functions = exports.filter(|export| export.ty().func().is_some() && export.name() != START);
        functions.map(|export| export.name().to_owned()).collect()
    }

    /// Instantiates the module, calls its start function, and then its exports `names` with zeros as arguments. Its
    /// imports are zeros, and functions that return zeros.
    pub(super) fn observe(&self, fuel: u64, names: &[String]) -> Observed {
        let mut store = Store::new(&self.engine, ());
        store.set_fuel(fuel).unwrap();
        let mut linker = Linker::new(&self.engine);
        linker
            .define_unknown_imports_as_default_values(&mut store, &self.module)
            .unwrap();
        let mut observed = Observed::default();
        let started = linker.instantiate(&mut store, &self.module).and_then(|instance| {
            if let Some(start) = instance.get_func(&mut store, START) {
                start.call(&mut store, &[], &mut [])?;
            }
            Ok(instance)
        });
        match started {
            Ok(instance) => observed.run(&mut store, instance, names),
            Err(error) => observed.failed("start", &error),
        }
        observed
    }
}

/// The observed behaviour of a module.
#[derive(Debug, Default)]
pub(super) struct Observed {
    /// The results of its functions, then its memories, tables and globals.
    lines: Vec<String>,
    /// Whether it ran out of fuel or stack. Welded code does so at another point.
    cut: bool,
}

impl Observed {
    fn run(&mut self, store: &mut Store<()>, instance: Instance, names: &[String]) {
        for name in names {
            let function = instance.get_func(&mut *store, name).unwrap();
            self.call(store, name, function);
            if self.cut {
                return;
            }
        }
        let exports = instance.exports(&mut *store);
        let exports = exports.map(|export| (export.name().to_owned(), export.into_extern()));
        let exports: BTreeMap<String, Extern> = exports.collect();
        for (name, item) in &exports {
            match item {
                Extern::Memory(memory) => {
                    let mut hasher = DefaultHasher::new();
                    memory.data(&*store).hash(&mut hasher);
                    self.lines.push(format!("{name}: {:x}", hasher.finish()));
                }
                Extern::Global(global) => {
                    let value = global.get(&mut *store);
                    self.lines.push(format!("{name}: {}", text(&value)));
                }
                Extern::Table(table) => self.lines.push(format!("{name}: {}", table.size(&*store))),
                Extern::Func(_) | Extern::SharedMemory(_) | Extern::Tag(_) => {}
            }
        }
    }

    fn call(&mut self, store: &mut Store<()>, name: &str, function: Func) {
        let ty = function.ty(&*store);
        let arguments: Vec<Val> = ty.params().map(|ty| Val::default_for_ty(&ty).unwrap()).collect();
        let mut results = vec![Val::I32(0); ty.results().len()];
        match function.call(&mut *store, &arguments, &mut results) {
            Ok(()) => {
                let results: Vec<String> = results.iter().map(text).collect();
                self.lines.push(format!("{name}: {}", results.join(" ")));
            }
            Err(error) => self.failed(name, &error),
        }
    }

    fn failed(&mut self, name: &str, error: &wasmtime::Error) {
        match error.downcast_ref::<Trap>() {
            Some(Trap::OutOfFuel | Trap::StackOverflow) => self.cut = true,
            _ => self.lines.push(format!("{name}: {}", error.root_cause())),
        }
    }

    /// Asserts that both are the same, up to the point where one of them was cut off.
    pub(super) fn assert_same(&self, other: &Self, what: &str) {
        if self.cut || other.cut {
            let both = self.lines.len().min(other.lines.len());
            assert_eq!(self.lines[..both], other.lines[..both], "{what}");
        } else {
            assert_eq!(self.lines, other.lines, "{what}");
        }
    }

    /// Whether there is something, and nothing was cut off.
    pub(super) fn is_whole(&self) -> bool {
        !self.cut && !self.lines.is_empty()
    }

    /// Returns the number of observations.
    pub(super) fn len(&self) -> usize {
        self.lines.len()
    }
}

fn text(value: &Val) -> String {
    if let Val::FuncRef(function) = value {
        return format!("a function: {}", function.is_some());
    }
    format!("{value:?}")
}

/// Returns all exports of a part, under the same names.
pub(super) fn all_exports(code: &[u8], part: usize) -> Vec<Export> {
    let module = crate::weld::module::Module::parse(code).unwrap();
    let names = module.exports.keys();
    names.map(|name| Export::named(part, *name, *name)).collect()
}

/// Welds a module between two others. Its imports are bound to the host under their own names, and all its exports are
/// exported.
pub(super) fn between_others(code: &[u8], rules: Option<GuestRules>) -> Result<Vec<u8>, WeldError> {
    let decoy = wat(DECOY);
    let module = crate::weld::module::Module::parse(code).unwrap();
    let imports = module.imports.iter();
    let middle = Part {
        code,
        bindings: imports.map(|import| host(import.module, import.name)).collect(),
        guest: rules,
    };
    let mut exports = all_exports(code, 1);
    exports.extend(module.start.map(|_| Export::start(1, START)));
    weld(&[glue(&decoy, vec![]), middle, glue(&decoy, vec![])], &exports)
}
