//! A flow never uses more of the machine's memory than the build predicts.

use std::time::{Duration, Instant};

use crate::lab::{Built, MEMORY};
use crate::process::{PATIENCE, Running, status};
use crate::report::Reported;

/// Time without growth after which a resident set counts as settled.
const QUIET: Duration = Duration::from_millis(400);
/// The worst case of a flow, in bytes.
fn bound(built: &Built, flow: &str) -> u64 {
    built.flow(flow)["memory_bytes"].as_u64().expect("the build says it")
}

/// The largest resident set of a process so far, in bytes.
fn peak(running: &Running) -> u64 {
    status(running, "VmHWM")
}

/// Waits until the resident set has had `least` bytes and no longer grows. Returns its peak.
fn settled_peak(running: &Running, least: u64) -> u64 {
    let started = Instant::now();
    let (mut last, mut since) = (peak(running), started);
    while since.elapsed() < QUIET || (last < least && started.elapsed() < PATIENCE) {
        std::thread::sleep(Duration::from_millis(20));
        let now = peak(running);
        if now > last {
            (last, since) = (now, Instant::now());
        }
    }
    last
}

/// Runs an endless flow until its streams are full. `least`: bytes of the elements in them.
fn fill(flow: &str, depth: u64, least: u64) {
    for built in MEMORY.paths() {
        fill_on(built, flow, depth, least);
    }
}

fn fill_on(built: &Built, flow: &str, depth: u64, least: u64) {
    let running = built.start_flow(flow, &[]);
    let peak = settled_peak(&running, least);
    let told = Reported::of(running.insist("TERM").expect_code(1));
    for (from, to) in [("source", "middle"), ("middle", "sink")] {
        assert_eq!(
            told.report.stream(from, to).count("peak_depth"),
            depth,
            "{}",
            told.report
        );
    }
    is_within(built, flow, peak, least);
}

fn is_within(built: &Built, flow: &str, peak: u64, least: u64) {
    let bound = bound(built, flow);
    assert!(peak >= least, "{peak} of at least {least} bytes: nothing was measured");
    assert!(peak <= bound, "{flow} took {peak} of {bound} bytes");
}

#[test]
fn streams_full_of_large_elements() {
    fill("large-elements", 31, 60_000_000);
}

#[test]
fn long_streams_full_of_elements_that_fill_the_pools() {
    fill("many-elements", 8000, 60_000_000);
}

#[test]
fn streams_full_of_elements_from_an_own_thread() {
    fill("own-thread", 8000, 4_000_000);
}

/// Runs a flow in which each line makes a stage misbehave and becomes a dead letter.
fn misbehave(flow: &str, least: u64) {
    for built in MEMORY.paths() {
        misbehave_on(built, flow, least);
    }
}

fn misbehave_on(built: &Built, flow: &str, least: u64) {
    let mut running = built.start_flow(flow, &[]);
    running.write("one\ntwo\nthree\n");
    running.wait_for("k 2 ");
    let peak = settled_peak(&running, least);
    let told = Reported::of(running.finish().expect_code(0));
    assert_eq!(told.report.count("middle", "dead_lettered"), 3, "{}", told.report);
    is_within(built, flow, peak, least);
}

#[test]
fn errors_of_100_mib() {
    misbehave("huge-error", 100_000_000);
}

#[test]
fn a_stage_that_takes_all_buffers() {
    misbehave("hoarding", 1_000_000);
}

#[test]
fn a_stage_that_takes_all_memory_again_and_again() {
    misbehave("greedy", 64_000_000);
}
