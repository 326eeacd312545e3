//! Which loops get a touch.

use super::added;

/// Checks the number of touches in the function after `memory` and a function that stores.
fn check(body: &str, expected: usize) {
    let text = format!(
        r#"(module (memory 1) (func $far (param i32) (i32.store (i32.const 0) (i32.const 0)) {})
          (func (param $c i32) (local $p i32) (local $q i32) (local $v v128) {body}))"#,
        "nop ".repeat(crate::interrupt::QUIET as usize)
    );
    // The first function is long, so it needs a touch at its entry, which the store is.
    assert_eq!(added(&text), [0, expected], "{body}");
}

const STORE: &str = "(i32.store (local.get $p) (i32.const 1))";

#[test]
fn a_loop_that_never_goes_round_needs_none() {
    check("(loop)", 0);
    check("(block (loop (br 1)))", 0);
    check("(loop (br_if 0 (local.get $c)))", 1);
    check("(loop (block (br_if 0 (local.get $c)) (br 1)))", 1);
    check("(loop (br_table 0 1 (local.get $c)))", 1);
    check("(loop (br 0) (br 0))", 1);
    check("(loop (return) (br 0))", 0);
}

#[test]
fn a_store_on_every_way_is_enough() {
    check(&format!("(loop {STORE} (br_if 0 (local.get $c)))"), 0);
    check(&format!("(loop (br_if 0 (local.get $c)) {STORE})"), 1);
    check(&format!("(loop (if (local.get $c) (then {STORE})) (br 0))"), 1);
    check(&format!("(loop (if (local.get $c) (then {STORE}) (else)) (br 0))"), 1);
    check(&format!("(loop (if (local.get $c) (then) (else {STORE})) (br 0))"), 1);
    check(
        &format!("(loop (if (local.get $c) (then {STORE}) (else {STORE})) (br 0))"),
        0,
    );
    check(
        &format!("(loop (block (br_if 0 (local.get $c)) {STORE} (br 1)) (br 0))"),
        1,
    );
    check(
        &format!("(loop (block (br_if 0 (local.get $c)) {STORE} (br 1)) {STORE} (br 0))"),
        0,
    );
    check(
        &format!("(loop (block (br_table 0 1 (local.get $c))) {STORE} (br 0))"),
        1,
    );
}

#[test]
fn loops_in_loops() {
    // The inner one may go round without; with its touch, the outer one is touched as well.
    check("(loop (loop (br_if 0 (local.get $c))) (br_if 0 (local.get $c)))", 1);
    check(
        &format!("(loop {STORE} (loop (br_if 0 (local.get $c))) (br_if 0 (local.get $c)))"),
        1,
    );
    check(
        &format!("(loop (loop {STORE} (br_if 0 (local.get $c))) (br_if 0 (local.get $c)))"),
        0,
    );
    check(
        &format!("(loop (loop (br_if 1 (local.get $c)) {STORE} (br_if 0 (local.get $c))) (br 0))"),
        1,
    );
    check(
        &format!("(loop (loop (br_if 0 (local.get $c)) {STORE} (br_if 1 (local.get $c))) (br 0))"),
        1,
    );
    check(
        &format!("(loop (block (loop (br_if 1 (local.get $c)) {STORE} (br 0))) (br 0))"),
        1,
    );
}

/// Adds a constant to the address.
const STEP: &str = "(local.set $p (i32.add (local.get $p) (i32.const 4)))";
const LOAD: &str = "(drop (i32.load (local.get $p)))";
const AGAIN: &str = "(br_if 0 (local.get $c))";

#[test]
fn loads_from_addresses_that_are_stepped() {
    check(&format!("(loop {LOAD} {STEP} {AGAIN})"), 0);
    check(&format!("(loop {STEP} {LOAD} {AGAIN})"), 0);
    check(&format!("(loop {LOAD} {AGAIN})"), 1);
    check(&format!("{STEP} (loop {LOAD} {AGAIN})"), 1);
    check(
        &format!("(loop (drop (i32.load (local.tee $p (i32.add (local.get $p) (i32.const 1))))) {AGAIN})"),
        0,
    );
    check(
        &format!("(loop (drop (v128.load (i32.add (local.get $c) (local.get $p)))) {STEP} {AGAIN})"),
        0,
    );
    check(
        &format!("(loop (drop (i64.load8_u (i32.add (local.get $p) (i32.const 9)))) {STEP} {AGAIN})"),
        0,
    );
    // The step is none, or not the only change.
    check(
        &format!("(loop {LOAD} (local.set $p (i32.add (local.get $p) (i32.const 0))) {AGAIN})"),
        1,
    );
    check(
        &format!("(loop {LOAD} (local.set $p (i32.add (local.get $c) (i32.const 1))) {AGAIN})"),
        1,
    );
    check(
        &format!("(loop {LOAD} {STEP} (local.set $p (local.get $c)) {AGAIN})"),
        1,
    );
    // What is added changes as well.
    let sum = "(drop (i32.load (i32.add (local.get $c) (local.get $p))))";
    check(
        &format!("(loop {sum} {STEP} (local.set $c (i32.sub (i32.const 0) (local.get $p))) {AGAIN})"),
        1,
    );
}

#[test]
fn loads_from_copies_of_what_is_stepped() {
    let copy = "(local.set $q (local.get $p))";
    let load = "(drop (i32.load (i32.add (local.get $c) (local.get $q))))";
    let step = "(local.set $p (i32.add (local.get $q) (i32.const 1)))";
    check(&format!("(loop {copy} {step} {load} {AGAIN})"), 0);
    check(&format!("(loop {copy} {load} {step} {AGAIN})"), 0);
    check(&format!("(loop {copy} {STEP} {load} {AGAIN})"), 0);
    check(
        &format!("(loop (block {copy} (br_if 0 (local.get $c)) (return)) {step} {load} {AGAIN})"),
        0,
    );
    let kept = "(drop (i32.load (local.tee $q (i32.add (local.get $c) (local.get $p)))))";
    check(&format!("(loop {kept} {STEP} {AGAIN})"), 0);
    check(
        &format!("(loop (drop (i32.load (local.tee $p (i32.add (local.get $c) (local.get $p))))) {AGAIN})"),
        1,
    );
    // The copy is of another round, or was changed on one of the ways.
    check(&format!("(loop {load} {STEP} {copy} {AGAIN})"), 1);
    check(&format!("{copy} (loop {load} {step} {AGAIN})"), 1);
    check(
        &format!("(loop {copy} (if (local.get $c) (then (local.set $q (i32.const 8)))) {step} {load} {AGAIN})"),
        1,
    );
    // Nothing is known behind a loop.
    check(
        &format!("(loop {copy} (loop {STORE} {AGAIN}) {step} {load} {AGAIN})"),
        0,
    );
    check(
        &format!("(loop {copy} (loop (local.set $q (i32.const 8)) {STORE} {AGAIN}) {load} {step} (br 0))"),
        0,
    );
    check(
        &format!("(loop {copy} (loop (br_if 1 (local.get $c)) (br_if 0 (local.get $c))) {step} {load} (br 0))"),
        2,
    );
}

#[test]
fn steps_have_to_come_back_to_the_header() {
    check(
        &format!("(loop (block {LOAD} (br_if 1 (local.get $c)) {STEP} (return)))"),
        1,
    );
    check(
        &format!("(loop (block {LOAD} (br_if 0 (local.get $c)) {STEP}) {AGAIN})"),
        0,
    );
    check(
        &format!("(loop (block (br_if 0 (local.get $c)) {STEP} {LOAD}) {AGAIN})"),
        1,
    );
    check(
        &format!("(loop {LOAD} (if (local.get $c) (then {STEP} (return))) {AGAIN})"),
        1,
    );
    check(
        &format!("(loop {LOAD} (if (local.get $c) (then (return)) (else {STEP})) {AGAIN})"),
        0,
    );
    check(
        &format!("(loop {LOAD} (br_if 0 (local.get $c)) (return) {STEP} (br 0))"),
        1,
    );
}

#[test]
fn loads_count_for_the_loop_that_steps_and_those_around_it() {
    // The inner one loads from the same address in every round.
    check(&format!("(loop (loop {LOAD} {AGAIN}) {STEP} {AGAIN})"), 1);
    check(&format!("(loop (loop {LOAD} {STEP} {AGAIN}) {AGAIN})"), 0);
    check(&format!("(loop (loop {STEP} {LOAD} {AGAIN}) {LOAD} {AGAIN})"), 0);
    check(
        &format!("(loop {LOAD} (block (br_if 0 (local.get $c)) (loop {STEP} {LOAD} {AGAIN})) {AGAIN})"),
        0,
    );
    check(&format!("(loop {LOAD} (loop {AGAIN}) {STEP} {AGAIN})"), 1);
}

#[test]
fn accesses_that_count() {
    let stays = |access: &str, expected: usize| check(&format!("(loop {access} (br_if 0 (local.get $c)))"), expected);
    for store in ["i32.store8", "i32.store16", "i32.store"] {
        stays(&format!("({store} (local.get $p) (i32.const 1))"), 0);
    }
    for store in ["i64.store8", "i64.store16", "i64.store32", "i64.store"] {
        stays(&format!("({store} (local.get $p) (i64.const 1))"), 0);
    }
    stays("(f32.store (local.get $p) (f32.const 1))", 0);
    stays("(f64.store (local.get $p) (f64.const 1))", 0);
    stays("(v128.store (local.get $p) (local.get $v))", 0);
    for bits in ["8", "16", "32", "64"] {
        stays(&format!("(v128.store{bits}_lane 0 (local.get $p) (local.get $v))"), 0);
        stays(
            &format!("(drop (v128.load{bits}_lane 0 (local.get $p) (local.get $v)))"),
            1,
        );
    }
    stays("(drop (i32.load (local.get $p)))", 1);
    stays("(drop (v128.load (local.get $p)))", 1);
    stays("(drop (i32x4.add (local.get $v) (local.get $v)))", 1);
    stays("(i32.atomic.store (local.get $p) (i32.const 1))", 0);
    stays("(drop (i64.atomic.rmw.add (local.get $p) (i64.const 1)))", 0);
    stays("(drop (memory.atomic.notify (local.get $p) (i32.const 1)))", 1);
    stays("atomic.fence", 1);
}

#[test]
fn calls_and_long_operators_count_by_their_own_touch() {
    check("(loop (call $far (i32.const 0)) (br_if 0 (local.get $c)))", 0);
    check(
        "(loop (memory.fill (i32.const 0) (i32.const 0) (i32.const 0)) (br_if 0 (local.get $c)))",
        1,
    );
}
