//! Parts that are bound to each other.

use std::sync::{Arc, Mutex};

use wasmtime::{Caller, Func, TypedFunc};

use super::*;

/// A guest that multiplies a number in its memory by its own constant and by the glue's factor, and appends it to the
/// glue.
const GUEST: &str = r#"(module
  (import "glue" "append" (func $append (param i32 i32)))
  (import "glue" "factor" (func $factor (result i32)))
  (memory (export "memory") 1)
  (global $next (mut i32) (i32.const 64))
  (data (i32.const 8) "\05\00\00\00")
  (func (export "realloc") (param $bytes i32) (result i32)
    global.get $next
    (global.set $next (i32.add (global.get $next) (local.get $bytes))))
  (func (export "process") (param $at i32) (param $length i32) (result i32)
    (i32.store (local.get $at)
      (i32.mul (i32.load (local.get $at)) (i32.mul (call $factor) (i32.load (i32.const 8)))))
    (call $append (local.get $at) (local.get $length))
    (global.get $next)))"#;

/// Glue that puts a number into the guest's memory, calls the guest, and copies what it appends to the exchange memory.
const GLUE: &str = r#"(module
  (import "guest" "memory" (memory $guest 1))
  (import "exchange" "memory" (memory $exchange 1 65536 shared))
  (import "guest" "realloc" (func $realloc (param i32) (result i32)))
  (import "guest" "process" (func $process (param i32 i32) (result i32)))
  (import "stage" "base" (global $base i32))
  (func (export "append") (param $at i32) (param $length i32)
    (memory.copy $exchange $guest (global.get $base) (local.get $at) (local.get $length)))
  (func (export "factor") (result i32) (global.get $base))
  (func (export "run") (param $value i32) (result i32)
    (local $at i32)
    (local.set $at (call $realloc (i32.const 4)))
    (i32.store $guest (local.get $at) (local.get $value))
    (drop (call $process (local.get $at) (i32.const 4)))
    (i32.load $exchange (global.get $base))))"#;

fn member(first: usize, base: i32) -> [Vec<Binding>; 2] {
    let guest = vec![of(first + 1, "append"), of(first + 1, "factor")];
    let memory_and_functions = [
        of(first, "memory"),
        exchange(),
        of(first, "realloc"),
        of(first, "process"),
    ];
    let mut glue = memory_and_functions.to_vec();
    glue.push(Binding::Constant(base));
    [guest, glue]
}

#[test]
fn guest_and_glue_call_each_other() {
    let (guest_code, glue_code) = (wat(GUEST), wat(GLUE));
    let [of_guest, of_glue] = member(0, 96);
    let code = welded(
        &[guest(&guest_code, of_guest), glue(&glue_code, of_glue)],
        &[Export::named(1, "run", "0.run"), Export::named(0, "memory", "0.memory")],
    );
    let mut run = Run::new(&code);
    assert_eq!(run.exports(), ["0.run", "0.memory"]);
    for value in [1, 7, -3] {
        assert_eq!(run.call("0.run", value), unlinked(96, value));
        assert_eq!(run.call("0.run", value), value * 96 * 5);
    }
}

/// Does the same with instances instead of welded parts: calls into the glue pass through the host.
fn unlinked(base: i32, value: i32) -> i32 {
    type Cell = Arc<Mutex<Option<Func>>>;
    let engine = engine(false);
    let mut store = Store::new(&engine, ());
    let (append, factor) = (Cell::default(), Cell::default());
    let mut linker = Linker::new(&engine);
    linker.define(&store, "exchange", "memory", shared(&engine)).unwrap();
    let cell = append.clone();
    let pass_on = move |mut caller: Caller<'_, ()>, at: i32, length: i32| {
        let function: TypedFunc<(i32, i32), ()> = cell.lock().unwrap().unwrap().typed(&caller).unwrap();
        function.call(&mut caller, (at, length))
    };
    linker.func_wrap("glue", "append", pass_on).unwrap();
    let cell = factor.clone();
    let pass_on = move |mut caller: Caller<'_, ()>| {
        let function: TypedFunc<(), i32> = cell.lock().unwrap().unwrap().typed(&caller).unwrap();
        function.call(&mut caller, ())
    };
    linker.func_wrap("glue", "factor", pass_on).unwrap();
    let guest = linker
        .instantiate(&mut store, &Module::new(&engine, wat(GUEST)).unwrap())
        .unwrap();
    linker.instance(&mut store, "guest", guest).unwrap();
    let ty = wasmtime::GlobalType::new(wasmtime::ValType::I32, wasmtime::Mutability::Const);
    let base = wasmtime::Global::new(&mut store, ty, Val::I32(base)).unwrap();
    linker.define(&store, "stage", "base", base).unwrap();
    let glue = linker
        .instantiate(&mut store, &Module::new(&engine, wat(GLUE)).unwrap())
        .unwrap();
    *append.lock().unwrap() = glue.get_func(&mut store, "append");
    *factor.lock().unwrap() = glue.get_func(&mut store, "factor");
    let run = glue.get_typed_func::<i32, i32>(&mut store, "run").unwrap();
    run.call(&mut store, value).unwrap()
}

#[test]
fn copies_of_a_guest_share_nothing() {
    let (guest_code, glue_code) = (wat(GUEST), wat(GLUE));
    let mut parts = Vec::new();
    for (first, base) in [(0, 96), (2, 200)] {
        let [of_guest, of_glue] = member(first, base);
        parts.push(guest(&guest_code, of_guest));
        parts.push(glue(&glue_code, of_glue));
    }
    let exports = [
        Export::named(1, "run", "0.run"),
        Export::named(3, "run", "1.run"),
        Export::mutable_global(0, 0, "0.global.0"),
        Export::mutable_global(2, 0, "1.global.0"),
    ];
    let mut run = Run::new(&welded(&parts, &exports));
    assert_eq!(run.call("0.run", 2), 2 * 96 * 5);
    assert_eq!(run.call("0.run", 3), 3 * 96 * 5);
    assert_eq!(run.call("1.run", 4), 4 * 200 * 5);
    assert_eq!(run.global("0.global.0").i32(), Some(64 + 8));
    assert_eq!(run.global("1.global.0").i32(), Some(64 + 4));
}

#[test]
fn equal_names_are_one_import() {
    let reader = wat(&format!(
        r#"(module {EXCHANGE}
          (import "host" "add" (func $add (param i32) (result i32)))
          (import "host" "more" (func $more (param i32) (result i32)))
          (func (export "go") (result i32) (call $more (call $add (i32.load (i32.const 0))))))"#
    ));
    let bindings = || vec![exchange(), host("host", "add"), host("host", "more")];
    let code = welded(
        &[glue(&reader, bindings()), glue(&reader, bindings())],
        &[Export::named(1, "go", "go")],
    );
    let module = Module::new(&engine(false), code).unwrap();
    let imports: Vec<_> = module
        .imports()
        .map(|import| (import.module(), import.name()))
        .collect();
    assert_eq!(imports, [("exchange", "memory"), ("host", "add"), ("host", "more")]);
}

#[test]
fn an_import_that_is_exported_again_leads_on() {
    let source = wat(r#"(module
      (func (export "f") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 3)))
      (global (export "g") i32 (i32.const 20))
      (global (export "m") (mut i32) (i32.const 300)))"#);
    let passes_on = wat(r#"(module
      (import "a" "f" (func $f (param i32) (result i32)))
      (import "a" "g" (global $g i32))
      (import "a" "m" (global $m (mut i32)))
      (import "a" "c" (global $c i32))
      (export "f" (func $f)) (export "g" (global $g)) (export "m" (global $m)) (export "c" (global $c)))"#);
    let last = wat(r#"(module
      (import "b" "f" (func $f (param i32) (result i32)))
      (import "b" "g" (global $g i32))
      (import "b" "m" (global $m (mut i32)))
      (import "b" "c" (global $c i32))
      (func (export "go") (param i32) (result i32)
        (global.set $m (i32.add (global.get $m) (i32.const 1)))
        (i32.add (i32.add (global.get $g) (global.get $c))
                 (i32.add (global.get $m) (call $f (local.get 0))))))"#);
    let names = ["f", "g", "m", "c"];
    let mut to_source: Vec<Binding> = names[..3].iter().map(|name| of(2, name)).collect();
    to_source.push(Binding::Constant(4000));
    let parts = [
        glue(&last, names.map(|name| of(1, name)).to_vec()),
        glue(&passes_on, to_source),
        glue(&source, vec![]),
    ];
    let exports = [
        Export::named(0, "go", "go"),
        Export::named(1, "f", "f"),
        Export::named(1, "m", "m"),
        Export::named(1, "c", "c"),
    ];
    let mut run = Run::new(&welded(&parts, &exports));
    assert_eq!(run.call("go", 5), 4000 + 20 + 301 + 15);
    assert_eq!(run.call("f", 7), 21);
    assert_eq!((run.global("m").i32(), run.global("c").i32()), (Some(301), Some(4000)));
}

#[test]
fn initial_values_can_come_from_other_parts() {
    let first = wat(r#"(module
      (import "b" "eight" (global $eight i32))
      (import "c" "constant" (global $constant i32))
      (global (export "sum") i32 (i32.add (global.get $eight) (i32.const 1)))
      (global $own (mut i32) (i32.sub (global.get $constant) (global.get $eight)))
      (func (export "own") (param i32) (result i32) (global.get $own)))"#);
    let second = wat(r#"(module
      (import "a" "sum" (global $sum i32))
      (import "c" "constant" (global $constant i32))
      (global (export "eight") i32 (i32.const 8))
      (global $nine i32 (global.get $sum))
      (global $f funcref (ref.func $nine))
      (memory 1)
      (table 40 funcref)
      (elem (table 0) (offset (global.get $sum)) func $nine)
      (elem (table 0) (offset (i32.const 20)) funcref (ref.func $nine))
      (data (offset (global.get $constant)) "\07")
      (func $nine (export "nine") (param i32) (result i32) (global.get $nine))
      (func (export "table") (param i32) (result i32)
        (call_indirect (param i32) (result i32) (i32.const 0) (local.get 0)))
      (func (export "byte") (param i32) (result i32) (i32.load8_u (local.get 0))))"#);
    let parts = [
        glue(&first, vec![of(1, "eight"), Binding::Constant(100)]),
        glue(&second, vec![of(0, "sum"), Binding::Constant(100)]),
    ];
    let exports = [("own", 0), ("nine", 1), ("table", 1), ("byte", 1)];
    let exports = exports.map(|(name, part)| Export::named(part, name, name));
    let mut run = Run::new(&welded(&parts, &exports));
    assert_eq!(run.call("own", 0), 92);
    assert_eq!(run.call("nine", 0), 9);
    assert_eq!((run.call("table", 9), run.call("table", 20)), (9, 9));
    assert_eq!((run.call("byte", 99), run.call("byte", 100)), (0, 7));
}

#[test]
fn memories_of_parts_are_kept_apart() {
    let owner = |byte: &str| {
        wat(&format!(
            r#"(module (memory (export "memory") 1) (data (i32.const 3) "{byte}"))"#
        ))
    };
    let (left, right) = (owner("\\11"), owner("\\22"));
    let mover = wat(&format!(
        r#"(module {EXCHANGE}
          (import "left" "memory" (memory $left 1))
          (import "right" "memory" (memory $right 1))
          (memory $own 1)
          (data $seed "\33")
          (func (export "to_right") (param i32) (result i32)
            (memory.copy $right $left (i32.const 4) (i32.const 3) (i32.const 1))
            (i32.load16_u $right (i32.const 3)))
          (func (export "through") (param i32) (result i32)
            (memory.init $own $seed (local.get 0) (i32.const 0) (i32.const 1))
            (memory.copy 0 $own (i32.const 64) (local.get 0) (i32.const 1))
            (memory.copy $left 0 (i32.const 4) (i32.const 64) (i32.const 1))
            (i32.load16_u $left (i32.const 3)))
          (func (export "grow") (param i32) (result i32)
            (memory.fill $own (i32.const 0) (i32.const 0x44) (i32.const 2))
            (drop (memory.grow $own (local.get 0)))
            (i32.add (i32.load16_u $own (i32.const 0)) (i32.add (memory.size $own) (memory.size $left)))))"#
    ));
    let parts = [
        glue(&left, vec![]),
        glue(&mover, vec![exchange(), of(0, "memory"), of(2, "memory")]),
        glue(&right, vec![]),
    ];
    let exports = ["to_right", "through", "grow"].map(|name| Export::named(1, name, name));
    let mut run = Run::new(&welded(&parts, &exports));
    assert_eq!(run.call("to_right", 0), 0x1122);
    assert_eq!(run.call("through", 9), 0x3311);
    assert_eq!(run.call("grow", 2), 0x4444 + 3 + 1);
}

#[test]
fn start_functions_are_exported_not_run() {
    let text = r#"(module
      (global $count (export "count") (mut i32) (i32.const 0))
      (func $start (global.set $count (i32.add (global.get $count) (i32.const 1))))
      (start $start))"#;
    let code = wat(text);
    let parts = [glue(&code, vec![]), glue(&code, vec![])];
    let exports = [
        Export::start(1, "1.start"),
        Export::named(0, "count", "0"),
        Export::named(1, "count", "1"),
    ];
    let mut run = Run::new(&welded(&parts, &exports));
    assert_eq!((run.global("0").i32(), run.global("1").i32()), (Some(0), Some(0)));
    let start = run
        .instance
        .get_typed_func::<(), ()>(&mut run.store, "1.start")
        .unwrap();
    start.call(&mut run.store, ()).unwrap();
    assert_eq!((run.global("0").i32(), run.global("1").i32()), (Some(0), Some(1)));
}
