//! Executables compared with a model of the flow semantics, and the call paths with each other: random flows of
//! scripted components, run by the model and on every path.
//!
//! `TORVYNC_CASES=100000` runs more cases, `TORVYNC_SEED=7` others (with other flows: the executable is built again),
//! and `TORVYNC_CASE=123` only one, as the message of a failure says.
#![expect(
    clippy::disallowed_methods,
    reason = "the tests start programs, and read and write what these read and write"
)]

mod binary;
#[path = "semantics/compare.rs"]
mod compare;
#[path = "semantics/effect.rs"]
mod effect;
#[path = "semantics/ending.rs"]
mod ending;
#[path = "semantics/examples.rs"]
mod examples;
#[path = "semantics/features.rs"]
mod features;
#[path = "semantics/generate.rs"]
mod generate;
#[path = "semantics/guest.rs"]
mod guest;
#[path = "semantics/laws.rs"]
mod laws;
#[path = "semantics/manifest.rs"]
mod manifest;
#[path = "semantics/model.rs"]
mod model;
#[path = "semantics/node.rs"]
mod node;
#[path = "semantics/order.rs"]
mod order;
#[path = "e2e/paths.rs"]
mod paths;
#[path = "semantics/policy.rs"]
mod policy;
#[expect(dead_code, reason = "shared with the end-to-end tests, which need more of it")]
#[path = "e2e/process.rs"]
mod process;
#[path = "semantics/program.rs"]
mod program;
#[path = "semantics/random.rs"]
mod random;
#[path = "semantics/report.rs"]
mod report;
#[path = "semantics/script.rs"]
mod script;
#[path = "semantics/shape.rs"]
mod shape;
#[path = "semantics/shrink.rs"]
mod shrink;
#[path = "semantics/stream.rs"]
mod stream;
#[path = "e2e/torvync.rs"]
mod torvync;

use std::ops::ControlFlow;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use program::Program;

/// Number of threads that run executables.
const THREADS: usize = 2;
/// Number of differences after which no further case runs.
const ENOUGH: usize = 3;

#[test]
fn executables_agree_with_the_model() {
    let seed = setting("TORVYNC_SEED").unwrap_or(1);
    let program = Program::build(seed);
    let cases = match setting("TORVYNC_CASE") {
        Some(only) => only..only + 1,
        None => 0..setting("TORVYNC_CASES").unwrap_or(2_000),
    };
    let next = AtomicU64::new(cases.start);
    let found = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while let number = next.fetch_add(1, Ordering::Relaxed)
                    && number < cases.end
                    && check(&program, seed, number, &found).is_continue()
                {}
            });
        }
    });
    let found = found.into_inner().expect("no thread panicked");
    assert!(found.is_empty(), "{} cases differ:\n{}", found.len(), found.join("\n"));
}

/// Runs a case, and adds its differences to `found`. Breaks when there are enough.
fn check(program: &Program, seed: u64, number: u64, found: &Mutex<Vec<String>>) -> ControlFlow<()> {
    let case = program.case(number);
    if compare::check(program, &case).is_err() {
        let smallest = shrink::shrink(&case, |case| compare::check(program, case).is_err());
        let difference = compare::check(program, &smallest).err().unwrap_or_default();
        found.lock().expect("no thread panicked").push(format!(
            "──── TORVYNC_SEED={seed} TORVYNC_CASE={number}, made smaller:\n{smallest}\n{difference}"
        ));
    }
    match found.lock().expect("no thread panicked").len() < ENOUGH {
        true => ControlFlow::Continue(()),
        false => ControlFlow::Break(()),
    }
}

fn setting(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("`{name}={text}` is no number")))
}

#[test]
fn the_generator_reaches_every_rule() {
    let mut counts = vec![0; features::FEATURES.len()];
    for number in 0..2_000 {
        let case = generate::case(1, number, &generate::shape(1, number));
        let outcome = model::run(&case);
        let seen = features::Seen {
            case: &case,
            outcome: &outcome,
        };
        for (count, (_, is_seen, _)) in counts.iter_mut().zip(features::FEATURES) {
            *count += usize::from(is_seen(&seen));
        }
    }
    let counted = features::FEATURES.iter().zip(counts);
    let rare: Vec<String> = counted
        .filter(|((_, _, least), count)| count < least)
        .map(|((name, _, least), count)| format!("{name}: {count} of at least {least}\n"))
        .collect();
    assert!(rare.is_empty(), "in 2,000 cases\n{}", rare.concat());
}

#[test]
fn the_same_seed_gives_the_same_case() {
    let case = |seed, number| generate::case(seed, number, &generate::shape(seed, number)).to_string();
    assert_eq!(case(1, 5), case(1, 5));
    assert_ne!(case(1, 5), case(2, 5));
    assert_ne!(case(1, 5), case(1, 6));
}

#[test]
fn elements_are_conserved_and_every_run_ends() {
    for number in 0..20_000 {
        let case = generate::case(2, number, &generate::shape(2, number));
        let outcome = model::run(&case);
        let broken = laws::broken(&case, &outcome);
        assert!(
            broken.is_empty(),
            "TORVYNC_CASE={number}: {broken:?}\n{case}\n{:#}",
            outcome.report
        );
    }
}
