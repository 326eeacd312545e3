//! Guests that go round in circles, with and without memory in every way that is known: each is stopped on every call
//! path, by its limit and by a decision in the middle of a call.

use std::fmt::Write as _;
use std::process;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use fastrand::Rng;
use torvyn_runtime_core::emitted::Role;
use torvyn_runtime_core::internals::{self, Cause, Hosts, Interrupter};

use crate::guest::{Done, Guest};
use crate::plans;
use crate::script::Entry;
use crate::side::{Call, Side, Value};

/// Number of guests as a test.
const IN_TEST: u64 = 12;

/// Longest time for a guest, whose limit is 100 ms: a call that takes longer does not end, and ends the test.
const PATIENCE: Duration = Duration::from_secs(60);

/// Time after which a call is ended by a decision.
const BUSY: Duration = Duration::from_millis(5);

/// Time for which the watchdog insists without a pause, and interval at which it does afterwards.
const EAGERNESS: Duration = Duration::from_millis(2);
const INSISTENCE: Duration = Duration::from_micros(500);

/// Calls a side. Meanwhile another thread runs `watch`, whose receiver is closed when the call has ended. Returns the
/// result of the call, the time of its end, and the result of `watch`.
fn call_watched<T: Send>(
    side: &mut Side,
    watch: impl FnOnce(&Receiver<()>, &Interrupter) -> T + Send,
) -> (Result<Value, Cause>, Instant, T) {
    let call = Call {
        entry: Entry::Process,
        len: 10,
        types: [0, 0],
    };
    let interrupter = side.interrupter.clone();
    // The sender is dropped when the call has ended.
    let (ended, waits) = mpsc::channel::<()>();
    thread::scope(|scope| {
        let watched = scope.spawn(move || watch(&waits, &interrupter));
        let result = side.call(call);
        let at = Instant::now();
        drop(ended);
        (result, at, watched.join().expect("the thread does not panic"))
    })
}

/// Waits for the end of a call. Returns whether it came in time.
fn ends_within(waits: &Receiver<()>, time: Duration) -> bool {
    waits.recv_timeout(time) != Err(RecvTimeoutError::Timeout)
}

/// Ends the process: nothing else ends the call.
fn give_up(about: &str) -> ! {
    println!("a call goes on for {PATIENCE:?}: {about}");
    process::exit(1);
}

/// Calls a side, whose limit ends the call. Returns its result, and how long it took.
fn call_to_limit(side: &mut Side, about: &str) -> (Result<Value, Cause>, Duration) {
    let begun = Instant::now();
    let (result, at, ()) = call_watched(side, |waits, _| {
        if !ends_within(waits, PATIENCE) {
            give_up(about);
        }
    });
    (result, at - begun)
}

/// Calls a side, and ends the call soon. Returns its result, and how long it took from the decision to the end; `None`
/// if it had ended before.
fn call_to_decision(side: &mut Side, about: &str) -> (Result<Value, Cause>, Option<Duration>) {
    let (result, at, decided) = call_watched(side, |waits, interrupter| {
        if ends_within(waits, BUSY) {
            return None;
        }
        let decided = Instant::now();
        let is_needed = interrupter.decide();
        loop {
            let since = decided.elapsed();
            let pause = if since < EAGERNESS { Duration::ZERO } else { INSISTENCE };
            if ends_within(waits, pause) {
                break;
            }
            if since > PATIENCE {
                give_up(about);
            }
            interrupter.insist();
            thread::yield_now();
        }
        is_needed.then_some(decided)
    });
    (result, decided.map(|decided| at.saturating_duration_since(decided)))
}

/// Locals of the code: the state of a random number, and numbers, addresses and vectors.
pub(crate) const LOCALS: &str =
    "(local $seed i32) (local $n i32) (local $at i32) (local $k i32) (local $wide i64) (local $v v128)";

/// Functions that call each other, directly and through a table, and one that is called at the end of another.
pub(crate) const FUNCTIONS: &str = r"
  (table $calls 4 funcref)
  (elem (table $calls) (i32.const 0) func $twice $through $tail)
  (func $twice (param $depth i32)
    (if (local.get $depth)
      (then
        (call $twice (i32.sub (local.get $depth) (i32.const 1)))
        (call $twice (i32.sub (local.get $depth) (i32.const 1))))))
  (func $through (param $depth i32)
    (if (local.get $depth)
      (then
        (call_indirect $calls (param i32) (i32.sub (local.get $depth) (i32.const 1)) (i32.const 1))
        (call_indirect $calls (param i32) (i32.sub (local.get $depth) (i32.const 1)) (i32.const 1)))))
  (func $tail (param $depth i32) (return_call $tail (local.get $depth)))";

/// Code without a branch. Addresses are within the first page or at the end of the third.
const STEPS: [&str; 23] = [
    "(local.set $n (i32.add (local.get $n) (i32.const 3)))",
    "(local.set $wide (i64.mul (local.get $wide) (i64.const 6364136223846793005)))",
    "(local.set $at (i32.and (i32.add (local.get $at) (i32.const 1)) (i32.const 0xff)))",
    "(local.set $n (i32.add (local.get $n) (i32.load8_u offset=0x8000 (local.get $at))))",
    "(local.set $n (i32.add (local.get $n) (i32.load offset=0x8000 (i32.const 64))))",
    "(local.set $wide (i64.load offset=0x8000 (local.get $at)))",
    "(drop (f64.load offset=0x8000 (local.get $at)))",
    "(i32.store8 offset=0x8000 (local.get $at) (local.get $n))",
    "(i64.store offset=0x8000 (i32.const 64) (local.get $wide))",
    "(i32.store offset=0x2fff0 (i32.const 0) (local.get $n))",
    "(local.set $v (v128.load offset=0x8000 (local.get $at)))",
    "(v128.store offset=0x8000 (local.get $at) (local.get $v))",
    "(local.set $v (i8x16.add (local.get $v) (i8x16.splat (local.get $n))))",
    "(local.set $k (i32.add (local.get $k) (i32.const 8))) (drop (i32.load offset=0x8000 (local.get $k))) \
     (local.set $k (i32.add (local.get $k) (i32.const -8)))",
    "(local.set $n (i32.load8_u offset=0x8000 (i32.add (local.get $k) (local.get $at))))",
    "(local.set $k (i32.add (local.get $k) (i32.const 4))) \
     (local.set $wide (i64.load offset=0x8000 (i32.add (local.get $k) (i32.const 16)))) \
     (local.set $k (i32.add (local.get $k) (i32.const -4)))",
    "(memory.copy (i32.const 0x8000) (i32.const 0x9000) (i32.const 0x1000))",
    "(memory.fill (i32.const 0x8000) (i32.const 1) (i32.const 0x1000))",
    "(drop (memory.grow (i32.const 0)))",
    "(drop (memory.grow (i32.and (local.get $n) (i32.const 1))))",
    "(drop (memory.size))",
    "(global.set $r5 (i32.add (global.get $r5) (local.get $n)))",
    "(drop (call $size (local.get $payload)))",
];

/// Ends that never come by themselves: a loop around the rest, or calls.
const ENDS: [&str; 5] = [
    "(loop $for-ever (br $for-ever))",
    "(call $twice (i32.const 200))",
    "(call $through (i32.const 200))",
    "(call $tail (i32.const 0))",
    "(call_indirect $calls (param i32) (i32.const 0) (i32.const 2))",
];

/// Random code that goes round at least one loop without end.
pub(crate) fn code(rng: &mut Rng) -> String {
    let mut code = format!("{LOCALS}\n(loop $all\n");
    for _ in 0..rng.usize(0..4) {
        step(rng, &mut code, 3, 1);
    }
    if rng.u32(..6) == 0 {
        code.push_str(ENDS[rng.usize(..ENDS.len())]);
    }
    code.push_str("(br $all))");
    code
}

/// A condition that the compiler can't know.
const CHANCE: &str = "(i32.shr_u (local.tee $seed (i32.add (i32.mul (local.get $seed) (i32.const 1103515245)) \
                      (i32.const 12345))) (i32.const 31))";

/// Adds a step inside `depth` blocks.
fn step(rng: &mut Rng, code: &mut String, budget: u32, depth: u32) {
    let inner = |rng: &mut Rng, code: &mut String| {
        for _ in 0..rng.usize(0..4) {
            step(rng, code, budget.saturating_sub(1), depth + 1);
        }
    };
    match rng.u32(..9) {
        0 if budget > 0 => {
            code.push_str("(loop ");
            inner(rng, code);
            let _ = write!(code, "(br_if 0 {CHANCE}))");
        }
        1 if budget > 0 => {
            code.push_str("(block ");
            inner(rng, code);
            let _ = write!(code, "(br_if 0 {CHANCE})");
            inner(rng, code);
            code.push(')');
        }
        2 if budget > 0 => {
            let _ = write!(code, "(if {CHANCE} (then ");
            inner(rng, code);
            code.push_str(") (else ");
            inner(rng, code);
            code.push_str("))");
        }
        3 => {
            let _ = write!(code, "(br_if {} {CHANCE})", rng.u32(..depth));
        }
        4 => {
            let _ = write!(code, "(br_table {} {} {CHANCE})", rng.u32(..depth), rng.u32(..depth));
        }
        _ => code.push_str(STEPS[rng.usize(..STEPS.len())]),
    }
    code.push('\n');
}

/// How long the guests of one seed took to stop, the longest on any path.
#[derive(Default)]
struct Times {
    /// From the beginning of the call, whose limit is 100 ms.
    limit: Duration,
    /// From a decision in the middle of the call.
    decision: Duration,
}

/// Runs the guest of one seed on every path.
fn run(hosts: &Hosts, seed: u64) -> Done<Times> {
    let code = code(&mut Rng::with_seed(seed));
    let guest = Guest::running(&code, FUNCTIONS)?;
    let chain = Guest::chain(&code, FUNCTIONS)?;
    let mut times = Times::default();
    for (path, mut side) in [
        ("component", Side::component(hosts, guest, Role::Processor)?),
        ("direct", Side::direct(hosts, guest, Role::Processor)?),
        ("fused", Side::fused(hosts, guest, chain)?),
    ] {
        let about = format!("seed {seed}, {path}\n{code}");
        let (result, took) = call_to_limit(&mut side, &about);
        if !is_stopped(&result) {
            return Err(format!("{result:?} after {took:?}: {about}").into());
        }
        times.limit = times.limit.max(took);
        side.restart()
            .map_err(|cause| format!("{cause:?} at the restart: {about}"))?;
        let (result, took) = call_to_decision(&mut side, &about);
        if !is_stopped(&result) {
            return Err(format!("{result:?} after a decision: {about}").into());
        }
        times.decision = times.decision.max(took.unwrap_or_default());
    }
    Ok(times)
}

/// Whether a call was stopped; or its guest ended it, because it has no more memory or stack.
fn is_stopped(result: &Result<Value, Cause>) -> bool {
    match result {
        Err(Cause::Deadline(_) | Cause::Overdue(_) | Cause::Cancelled) => true,
        Err(Cause::Trap(words)) => words.contains("call stack exhausted"),
        Ok(_) | Err(_) => false,
    }
}

/// The guests of a test.
pub(crate) fn test() -> Result<(), String> {
    let work = || -> Done<()> {
        let hosts = internals::hosts(&plans::PROGRAM)?;
        (0..IN_TEST).try_for_each(|seed| run(&hosts, seed).map(|_| ()))
    };
    work().map_err(|error| error.to_string())
}

/// Any number of guests, with a summary.
pub(crate) fn long(guests: u64, seed: u64) -> Done<()> {
    let hosts = internals::hosts(&plans::PROGRAM)?;
    let (mut limits, mut decisions) = (Vec::new(), Vec::new());
    for seed in seed..seed + guests {
        let times = run(&hosts, seed)?;
        limits.push(times.limit);
        decisions.push(times.decision);
    }
    println!("{guests} guests stopped on every path, the longest of each:");
    for (what, mut times) in [("by a limit of 100 ms", limits), ("after a decision", decisions)] {
        times.sort();
        if let (Some(worst), Some(median)) = (times.last(), times.get(times.len() / 2)) {
            println!("{what}: median {median:?}, worst {worst:?}");
        }
    }
    Ok(())
}
