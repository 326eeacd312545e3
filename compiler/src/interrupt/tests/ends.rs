//! A guest ends soon after it is told to, whatever it does.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use wasmtime::{Linker, Module, Store};

use super::{engine, observed};

/// Longest time that a guest may go on. A touch takes nanoseconds, but other tests may run at the same time.
const SOON: Duration = Duration::from_secs(60);

/// Calls `go` of a module on a thread of its own, until `is_over`. The receiver gets the outcome.
fn start(code: &[u8], is_over: &Arc<AtomicBool>) -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    let engine = engine(false);
    let module = Module::new(&engine, code).unwrap();
    let is_over = Arc::clone(is_over);
    thread::spawn(move || {
        let mut store = Store::new(&engine, ());
        let mut linker = Linker::new(&engine);
        let touch = move || -> wasmtime::Result<()> {
            match is_over.load(Ordering::Relaxed) {
                true => wasmtime::bail!("stopped"),
                false => Ok(()),
            }
        };
        linker.func_wrap("host", "touch", touch).unwrap();
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

/// Checks that a guest that would go on for hours ends when it is told to.
fn ends(text: &str) {
    let code = observed(text);
    let is_over = Arc::default();
    let end = start(&code, &is_over);
    assert!(
        end.recv_timeout(Duration::from_millis(100)).is_err(),
        "it goes on by itself: {text:.200}"
    );
    let told = Instant::now();
    is_over.store(true, Ordering::Relaxed);
    let end = end
        .recv_timeout(SOON)
        .unwrap_or_else(|_| panic!("it goes on for {:?}: {text:.200}", told.elapsed()));
    assert_eq!(end, "stopped");
    // Told so from the start, it ends at the first touch.
    let end = start(&code, &is_over).recv_timeout(SOON);
    assert_eq!(end.as_deref(), Ok("stopped"), "{text:.200}");
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
