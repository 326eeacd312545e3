//! A guest ends soon after it is interrupted, whatever it does.

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use wasmparser::Operator;

use super::*;
use crate::weld::module::Module as Read;
use crate::weld::poll::QUIET;

/// Longest time that an interrupted guest may go on. A poll takes nanoseconds, but other tests may run at the same
/// time.
const SOON: Duration = Duration::from_secs(5);

/// A module that sets the word that polls read, as the host would.
const SETTER: &str = r#"(module
  (import "exchange" "memory" (memory 1 65536 shared))
  (func (export "set") (i32.atomic.store (i32.const 0) (i32.const 1))))"#;

fn set(engine: &Engine, memory: &SharedMemory) {
    let mut store = Store::new(engine, ());
    let module = Module::new(engine, wat(SETTER)).unwrap();
    let instance = Instance::new(&mut store, &module, &[memory.clone().into()]).unwrap();
    let set = instance.get_typed_func::<(), ()>(&mut store, "set").unwrap();
    set.call(&mut store, ()).unwrap();
}

/// Calls `go` of a welded guest on a thread of its own. The receiver gets the outcome.
fn start(engine: &Engine, memory: &SharedMemory, code: &[u8]) -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    let module = Module::new(engine, code).unwrap();
    let (engine, memory) = (engine.clone(), memory.clone());
    thread::spawn(move || {
        let mut store = Store::new(&engine, ());
        let mut linker = Linker::new(&engine);
        linker.define(&store, "exchange", "memory", memory).unwrap();
        let interrupted = || -> wasmtime::Result<()> { wasmtime::bail!("interrupted") };
        linker.func_wrap("host", "interrupted", interrupted).unwrap();
        let instance = linker.instantiate(&mut store, &module).unwrap();
        let go = instance.get_typed_func::<(), ()>(&mut store, "go").unwrap();
        let end = match go.call(&mut store, ()) {
            Ok(()) => "ended by itself".to_owned(),
            Err(error) => error.root_cause().to_string(),
        };
        // The test stops listening if the call takes too long.
        let _ = sender.send(end);
    });
    receiver
}

/// Checks that a guest that would go on for hours ends when it is interrupted.
fn ends(text: &str) {
    let code = wat(text);
    let code = welded(&[held(&code, vec![], polled())], &[Export::named(0, "go", "go")]);
    let engine = engine(false);
    let memory = shared(&engine);
    let end = start(&engine, &memory, &code);
    assert!(
        end.recv_timeout(Duration::from_millis(100)).is_err(),
        "it goes on by itself: {text:.200}"
    );
    let told = Instant::now();
    set(&engine, &memory);
    let end = end
        .recv_timeout(SOON)
        .unwrap_or_else(|_| panic!("it goes on for {:?}: {text:.200}", told.elapsed()));
    assert_eq!(end, "interrupted");
    // With the word set from the start, the first poll ends it.
    let end = start(&engine, &memory, &code).recv_timeout(SOON);
    assert_eq!(end.as_deref(), Ok("interrupted"), "{text:.200}");
}

#[test]
fn loops() {
    ends(r#"(module (func (export "go") (loop $l (br $l))))"#);
    ends(r#"(module (func (export "go") (block $b (loop $l (br_if $b (i32.const 0)) (br $l)))))"#);
    ends(
        r#"(module (func (export "go")
      (loop $a (loop $b (loop $c (br_table $a $b $c $b (i32.const 2)))))))"#,
    );
    ends(
        r#"(module (func (export "go") (local i32)
      (loop $l (br_table $l $l (local.tee 0 (i32.add (local.get 0) (i32.const 1)))))))"#,
    );
}

#[test]
fn loops_around_code_that_is_never_reached() {
    ends(r#"(module (func (export "go") (drop (loop $l (result i32) (br $l) (unreachable) i32.add))))"#);
    ends(
        r#"(module (func (export "go")
      (block $out (br_if $out (i32.const 0)) (loop $l (br $l) (drop (loop (result i32) unreachable i32.add))) (br $out) i32.eqz drop)))"#,
    );
    ends(
        r#"(module (func (export "go")
      i32.const 1 i64.const 1
      loop $l (param i32 i64) (result f32) br $l end
      drop))"#,
    );
}

#[test]
fn calls_that_double() {
    let functions = |call: fn(usize) -> String| {
        let levels = (0..60).map(|level| format!("(func $f{level} {0} {0})", call(level + 1)));
        levels.collect::<String>()
    };
    let direct = functions(|level| format!("(call $f{level})"));
    ends(&format!(
        r#"(module {direct} (func $f60) (func (export "go") (call $f0)))"#
    ));
    let indirect = functions(|level| format!("(call_indirect (i32.const {level}))"));
    let elements: String = (0..=60).map(|level| format!("$f{level} ")).collect();
    ends(&format!(
        r#"(module (table 61 funcref) (elem (i32.const 0) {elements}) {indirect} (func $f60)
          (func (export "go") (call $f0)))"#
    ));
}

#[test]
fn recursion() {
    ends(
        r#"(module
      (func $even (param i32) (if (local.get 0) (then
        (call $odd (i32.sub (local.get 0) (i32.const 1))) (call $odd (i32.sub (local.get 0) (i32.const 1))))))
      (func $odd (param i32) (if (local.get 0) (then
        (call $even (i32.sub (local.get 0) (i32.const 1))) (call $even (i32.sub (local.get 0) (i32.const 1))))))
      (func (export "go") (call $even (i32.const 200))))"#,
    );
    ends(
        r#"(module (table funcref (elem $f))
      (func $f (param i32) (if (local.get 0) (then
        (call_indirect (param i32) (i32.sub (local.get 0) (i32.const 1)) (i32.const 0))
        (call_indirect (param i32) (i32.sub (local.get 0) (i32.const 1)) (i32.const 0)))))
      (func (export "go") (call $f (i32.const 200))))"#,
    );
}

#[test]
fn tail_calls() {
    ends(r#"(module (func $f (export "go") (return_call $f)))"#);
    ends(r#"(module (func $f (export "go") (return_call $g)) (func $g (return_call $f)))"#);
    ends(r#"(module (table funcref (elem $f)) (func $f (export "go") (return_call_indirect (i32.const 0))))"#);
}

#[test]
fn operators_that_take_long() {
    let repeated = |operator: &str| {
        ends(&format!(
            r#"(module (memory 2048) (table $t 2000000 funcref) (table $u 2000000 funcref)
              (func (export "go") {}))"#,
            operator.repeat(500)
        ));
    };
    repeated("(memory.fill (i32.const 0) (i32.const 1) (i32.const 0x4000000))");
    repeated("(memory.copy (i32.const 0x4000000) (i32.const 0) (i32.const 0x4000000))");
    repeated("(table.fill $t (i32.const 0) (ref.null func) (i32.const 2000000))");
    repeated("(table.copy $t $u (i32.const 0) (i32.const 0) (i32.const 2000000))");
}

/// Returns the number of polls in each function of a guest.
fn polls(text: &str) -> Vec<usize> {
    let code = wat(text);
    let module = Read::parse(&code).unwrap();
    let imported = module.imports.len();
    let bindings = module
        .imports
        .iter()
        .map(|import| host(import.module, import.name))
        .collect();
    // Refer to all functions, so that none is left out.
    let named: String = (imported..imported + module.bodies.len())
        .map(|index| format!(" {index}"))
        .collect();
    let named = format!("{} (elem declare func{named}))", text.strip_suffix(')').unwrap());
    let code = welded(&[held(&wat(&named), bindings, polled())], &[]);
    let bodies = Read::parse(&code).unwrap().bodies;
    let is_poll = |operator: &Operator<'_>| matches!(operator, Operator::I32AtomicLoad { .. });
    let polls = bodies.iter().map(|body| {
        let operators = body.get_operators_reader().unwrap().into_iter();
        operators.filter(|operator| is_poll(operator.as_ref().unwrap())).count()
    });
    polls.collect()
}

#[test]
fn short_functions_begin_without_a_poll() {
    let function = |operators: u32| format!("(module (memory 1) (func {}))", "nop ".repeat(operators as usize - 1));
    assert_eq!(polls(&function(QUIET)), [0]);
    assert_eq!(polls(&function(QUIET + 1)), [1]);
    let bodies = [
        ("(loop)", 1),
        ("(call 0)", 0),
        ("(call 1)", 1),
        ("(call_indirect (i32.const 0))", 1),
        ("(return_call 0)", 0),
        ("(return_call 1)", 1),
        ("(return_call_indirect (i32.const 0))", 1),
        ("(memory.fill (i32.const 0) (i32.const 0) (i32.const 0))", 1),
        ("(memory.copy (i32.const 0) (i32.const 0) (i32.const 0))", 1),
        ("(memory.init 0 (i32.const 0) (i32.const 0) (i32.const 0))", 1),
        ("(drop (memory.grow (i32.const 0)))", 1),
        ("(table.fill 0 (i32.const 0) (ref.null func) (i32.const 0))", 1),
        ("(table.copy (i32.const 0) (i32.const 0) (i32.const 0))", 1),
        ("(table.init 0 (i32.const 0) (i32.const 0) (i32.const 0))", 1),
        ("(drop (table.grow 0 (ref.null func) (i32.const 0)))", 1),
        ("(drop (memory.size)) (data.drop 0) (elem.drop 0)", 0),
        ("(block (if (i32.const 1) (then (br 1)) (else (return))))", 0),
    ];
    for (body, expected) in bodies {
        let text = format!("(module (memory 1) (table 1 funcref) (elem func 0) (data \"\") (func) (func {body}))");
        assert_eq!(polls(&text), [0, expected], "{body}");
    }
}

#[test]
fn callers_are_charged_for_what_they_call() {
    let module = |calls: &str| {
        let half = "nop ".repeat(QUIET as usize / 2 - 2);
        format!(r#"(module (import "other" "f" (func $other)) (func $half {half}) (func {calls}))"#)
    };
    assert_eq!(polls(&module("(call $half)")), [0, 0]);
    assert_eq!(polls(&module("(call $half) (call $half) (call $half)")), [0, 1]);
    assert_eq!(polls(&module("(call $half) (call $other)")), [0, 0]);
    let others = "(call $other)".repeat(QUIET as usize / 32);
    assert_eq!(polls(&module(&others)), [0, 1]);
}

#[test]
fn every_circle_of_calls_has_a_poll() {
    assert_eq!(
        polls("(module (func (call 1)) (func (call 2)) (func (call 0)))"),
        [1, 0, 0]
    );
    assert_eq!(
        polls("(module (func (call 1) (call 2)) (func (call 2)) (func (call 1)))")
            .iter()
            .sum::<usize>(),
        1
    );
    assert_eq!(polls("(module (func) (func (call 1) (call 0)))"), [0, 1]);
    // Functions that an exported function calls can call it by way of others.
    assert_eq!(polls(r#"(module (func (export "f")) (func (call 0)))"#), [1, 0]);
}

#[test]
fn any_number_of_functions_can_call_each_other_in_a_row() {
    let functions: String = (1..=60_000).map(|callee| format!("(func (call {callee}))")).collect();
    let polls = polls(&format!("(module {functions} (func))"));
    let begin = polls.iter().sum::<usize>();
    // Each function adds a call and an `end`.
    assert!(begin.abs_diff(60_000 * 2 / QUIET as usize) <= 2, "{begin} polls");
}

#[test]
fn polls_are_for_guests_with_that_rule() {
    let code = wat(r#"(module (func (export "go") (loop)))"#);
    let parts = [glue(&code, vec![]), guest(&code, vec![]), held(&code, vec![], polled())];
    let exports = ["glue", "guest", "held"].into_iter().enumerate();
    let exports: Vec<Export> = exports.map(|(part, name)| Export::named(part, "go", name)).collect();
    let code = welded(&parts, &exports);
    let imports = Module::new(&engine(false), &code).unwrap();
    let imports: Vec<_> = imports.imports().map(|import| import.name().to_owned()).collect();
    assert_eq!(imports, ["memory", "interrupted"]);
    let bodies = Read::parse(&code).unwrap().bodies;
    let lengths: Vec<u64> = bodies
        .iter()
        .map(|body| body.range().end - body.range().start)
        .collect();
    assert_eq!(lengths[0], lengths[1]);
    assert!(lengths[2] > lengths[1]);
}

#[test]
fn a_poll_looks_at_the_memory_and_address_it_is_told_to() {
    let code = wat(r#"(module (memory 1) (data (i32.const 8) "\01") (func (export "go") (loop)))"#);
    let reader = wat(r#"(module
      (import "x" "word" (memory i64 1 2 shared))
      (func (export "set") (i32.store (i64.const 8) (i32.const 1))))"#);
    let poll = Poll {
        memory: ("other".into(), "word".into()),
        address: 8,
        interrupted: ("host".into(), "stop".into()),
    };
    let rules = GuestRules {
        poll: Some(poll),
        ..GuestRules::default()
    };
    let parts = [held(&code, vec![], rules), glue(&reader, vec![host("other", "word")])];
    let code = welded(&parts, &[Export::named(0, "go", "go"), Export::named(1, "set", "set")]);
    let engine = engine(false);
    let module = Module::new(&engine, &code).unwrap();
    let mut store = Store::new(&engine, 0);
    let mut linker = Linker::new(&engine);
    let ty = wasmtime::MemoryTypeBuilder::new()
        .memory64(true)
        .shared(true)
        .min(1)
        .max(Some(2))
        .build()
        .unwrap();
    linker
        .define(&store, "other", "word", SharedMemory::new(&engine, ty).unwrap())
        .unwrap();
    let stop = |mut caller: wasmtime::Caller<'_, i32>| *caller.data_mut() += 1;
    linker.func_wrap("host", "stop", stop).unwrap();
    let instance = linker.instantiate(&mut store, &module).unwrap();
    let mut call = |name| {
        let function = instance.get_typed_func::<(), ()>(&mut store, name).unwrap();
        function.call(&mut store, ()).unwrap();
        *store.data()
    };
    assert_eq!((call("go"), call("set"), call("go")), (0, 0, 2));
}
