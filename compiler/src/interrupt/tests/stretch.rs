//! How much of a guest's code runs from one touch to the next, in fuel: each operator takes at most one unit.

use std::fmt::Write as _;

use wasmtime::{Caller, Linker, Module, Store};

use super::{engine, observed};
use crate::interrupt::STRETCH;

/// The measurements at the touches of a run.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    touches: u64,
    /// Fuel that was left at the last touch.
    last: u64,
    /// Most fuel taken from one touch to the next.
    longest: u64,
}

const FUEL: u64 = 1_000_000_000;

/// Runs `go` of a guest.
fn run(text: &str, argument: i32) -> Seen {
    let engine = engine(true);
    let seen = Seen {
        last: FUEL,
        ..Seen::default()
    };
    let mut store = Store::new(&engine, seen);
    store.set_fuel(FUEL).unwrap();
    let mut linker = Linker::new(&engine);
    let touch = |mut caller: Caller<'_, Seen>| {
        let left = caller.get_fuel().unwrap();
        see(caller.data_mut(), left);
    };
    linker.func_wrap("host", "touch", touch).unwrap();
    let module = Module::new(&engine, observed(text)).unwrap();
    let instance = linker.instantiate(&mut store, &module).unwrap();
    let go = instance.get_typed_func::<i32, ()>(&mut store, "go").unwrap();
    go.call(&mut store, argument).unwrap();
    let left = store.get_fuel().unwrap();
    see(store.data_mut(), left);
    *store.data()
}

fn see(seen: &mut Seen, left: u64) {
    seen.touches += 1;
    seen.longest = seen.longest.max(seen.last - left);
    seen.last = left;
}

/// Most fuel that a function may take from one touch to the next, including the touch.
const PER_FUNCTION: u64 = STRETCH as u64 + 8;

/// Four operators.
const WORK: &str = "(local.set $x (i32.add (local.get $x) (i32.const 1)))";

fn function(code: &str) -> String {
    format!(
        r#"(module
          (func $leaf (local $x i32) {} )
          (func $tree (local $x i32) {} (call $leaf) (if (local.get $x) (then (call $leaf))) (call $leaf))
          (func (export "go") (param $seed i32) (local $x i32) {code}))"#,
        WORK.repeat(7),
        WORK.repeat(100)
    )
}

#[test]
fn straight_code() {
    let seen = run(&function(&WORK.repeat(5000)), 0);
    assert!(seen.longest <= PER_FUNCTION, "{seen:?}");
    assert!(
        (20_000 / PER_FUNCTION..30_000 / PER_FUNCTION).contains(&seen.touches),
        "{seen:?}"
    );
    for callee in ["$leaf", "$tree"] {
        let seen = run(&function(&format!("(call {callee})").repeat(2000)), 0);
        assert!(seen.longest <= PER_FUNCTION, "{callee}: {seen:?}");
    }
}

#[test]
fn code_that_jumps_over_touches() {
    let exits = [
        "(br_if $out (i32.const 1))",
        "(br_table $out $out (i32.const 0))",
        "(br $out)",
        "(if (i32.const 1) (then (br $out)))",
        "(block (br_if $out (i32.const 1)) (br 0))",
    ];
    for exit in exits {
        let block = format!("(block $out {} {exit} {})", WORK.repeat(150), WORK.repeat(300));
        let seen = run(&function(&block.repeat(6)), 0);
        assert!(seen.longest <= PER_FUNCTION, "{exit}: {seen:?}");
    }
    let arms = format!(
        "(if (i32.const 0) (then {}) (else {}))",
        WORK.repeat(300),
        WORK.repeat(100)
    );
    let seen = run(&function(&arms.repeat(6)), 0);
    assert!(seen.longest <= PER_FUNCTION, "{seen:?}");
    let skipped = format!("{} (if (i32.const 0) (then {}))", WORK.repeat(100), WORK.repeat(300));
    let seen = run(&function(&skipped.repeat(6)), 0);
    assert!(seen.longest <= PER_FUNCTION, "{seen:?}");
}

#[test]
fn random_code() {
    let mut touches = 0;
    for seed in 0..8 {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut code = String::new();
        while code.len() < 240_000 {
            block(&mut random, &mut code, 6, 0);
        }
        let text = function(&code);
        for argument in [1, 77, -5] {
            let seen = run(&text, argument);
            assert!(seen.longest <= PER_FUNCTION, "seed {seed}: {seen:?}");
            touches += seen.touches;
        }
    }
    assert!(touches > 100, "{touches} touches were seen");
}

/// Adds code with random branches, which depend on the random number in `$seed`, inside `depth` blocks.
fn block(random: &mut fastrand::Rng, code: &mut String, budget: u32, depth: u32) {
    const RANDOM: &str =
        "(local.set $seed (i32.add (i32.mul (local.get $seed) (i32.const 1103515245)) (i32.const 12345)))";
    let condition = format!("(i32.shr_u (local.get $seed) (i32.const {}))", random.u32(29..32));
    code.push_str(RANDOM);
    for _ in 0..random.u32(1..5) {
        match random.u32(0..8) {
            0 | 1 => code.push_str(&WORK.repeat(random.usize(0..80))),
            2 => {
                let callee = ["(call $leaf)", "(call $tree)"][random.usize(0..2)];
                code.push_str(&callee.repeat(random.usize(0..8)));
            }
            3 if depth > 0 => {
                write!(code, "(br_if {} {condition})", random.u32(0..depth)).unwrap();
            }
            4 if depth > 1 => {
                let [first, second] = [random.u32(0..depth), random.u32(0..depth)];
                write!(code, "(br_table {first} {second} {condition})").unwrap();
            }
            5 if budget > 0 => {
                write!(code, "(if {condition} (then ").unwrap();
                block(random, code, budget - 1, depth + 1);
                code.push_str(") (else ");
                block(random, code, budget - 1, depth + 1);
                code.push_str("))");
            }
            6 if budget > 0 => {
                write!(code, "(if {condition} (then ").unwrap();
                block(random, code, budget - 1, depth + 1);
                code.push_str("))");
            }
            _ if budget > 0 => {
                code.push_str("(block ");
                block(random, code, budget - 1, depth + 1);
                code.push(')');
            }
            _ => code.push_str(WORK),
        }
    }
}

#[test]
fn functions_that_return_one_into_the_other() {
    let depth = 50;
    let text = format!(
        r#"(module (func $go (export "go") (param $n i32) (local $x i32)
          (if (local.get $n) (then (call $go (i32.sub (local.get $n) (i32.const 1)))))
          {}))"#,
        WORK.repeat(2000)
    );
    // The end of one function, and the first part of its caller's rest.
    let seen = run(&text, depth);
    assert!(seen.longest <= 2 * PER_FUNCTION, "{seen:?}");
    let short = format!(
        r#"(module (func $go (export "go") (param $n i32) (local $x i32)
          (if (local.get $n) (then (call $go (i32.sub (local.get $n) (i32.const 1)))))
          {}))"#,
        WORK.repeat(900)
    );
    // Each function on the stack adds its rest.
    let seen = run(&short, depth);
    assert!(seen.longest > 10 * PER_FUNCTION, "{seen:?}");
    assert!(seen.longest <= 51 * PER_FUNCTION, "{seen:?}");
}
