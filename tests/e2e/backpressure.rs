//! Full streams: which stages wait, which sources are notified, which inputs come first.

use std::time::{Duration, Instant};

use crate::lab::POLICIES;
use crate::report::Reported;

#[test]
fn a_source_is_told_to_pause_and_when_there_is_room_again() {
    // Eight elements fill the stream; it has room again when two are left.
    let told = POLICIES.simulate("held", &[], 0);
    let head = "push 0 0\nnotified: pause\npush 1 1\npush 2 2\npush 3 3\npush 4 4\npush 5 5\npush 6 6\n\
                notified: ready\nnotified: pause\npush 7 7\n";
    assert!(told.stdout.starts_with(head), "{}", told.stdout);
    let notices: Vec<&str> = told
        .stdout
        .lines()
        .filter(|line| line.starts_with("notified"))
        .collect();
    assert_eq!(notices, ["notified: pause", "notified: ready"].repeat(4));
    let pushed: Vec<&str> = told.stdout.lines().filter(|line| line.starts_with("push")).collect();
    assert_eq!(pushed, (0..30).map(|n| format!("push {n} {n}")).collect::<Vec<_>>());

    let events = told
        .report
        .events(&["backpressure-triggered", "backpressure-relieved", "notified"]);
    let name = "source.output -> sink.input";
    assert_eq!(
        events[..6],
        [
            format!("0 backpressure-triggered {name} 8"),
            "0 notified source pause".to_owned(),
            format!("60 backpressure-relieved {name} 2 60 0"),
            "60 notified source ready".to_owned(),
            format!("60 backpressure-triggered {name} 8"),
            "60 notified source pause".to_owned(),
        ]
    );
    let stream = told.report.stream("source", "sink");
    assert_eq!(stream.count("backpressure_episodes"), 4);
    assert_eq!(stream.count("backpressure_ns"), 4 * 60_000_000);
    assert_eq!(stream.count("peak_depth"), 8);
}

#[test]
fn a_source_above_two_full_streams_is_told_once() {
    let told = POLICIES.simulate("held-twice", &[], 0);
    let notices: Vec<&str> = told
        .stdout
        .lines()
        .filter(|line| line.starts_with("notified"))
        .collect();
    assert!(notices.len() > 10, "{}", told.stdout);
    for (position, notice) in notices.iter().enumerate() {
        let expected = ["notified: pause", "notified: ready"][position % 2];
        assert_eq!(*notice, expected, "at {position}");
    }
    assert_eq!(told.report.number("delivered"), 80);
}

#[test]
fn edges_have_depths_and_policies_of_their_own() {
    let told = POLICIES.simulate("depths", &[], 0);
    let stream = |from, to| {
        let stream = told.report.stream(from, to);
        (
            stream.count("depth"),
            stream.policy().to_owned(),
            stream.count("peak_depth"),
        )
    };
    assert_eq!(stream("source", "first"), (5, "block".to_owned(), 1));
    assert_eq!(stream("first", "second"), (3, "block".to_owned(), 1));
    assert_eq!(stream("second", "sink"), (2, "drop-oldest".to_owned(), 2));
    assert_eq!(told.stdout, "push 0 0\npush 38 38\npush 39 39\ncomplete after 3\n");

    // The short streams fill up one after the other when no element may be dropped.
    let told = POLICIES.simulate("depths-that-hold", &[], 0);
    let peaks = [("source", "first"), ("first", "second"), ("second", "sink")];
    assert_eq!(
        peaks.map(|(from, to)| told.report.stream(from, to).count("peak_depth")),
        [5, 3, 2]
    );
    assert_eq!(told.report.number("delivered"), 40);
}

/// The largest lead of the fast sink over the slow one, in elements.
fn lead(told: &Reported) -> u64 {
    let (mut fast, mut slow, mut lead) = (0_u64, 0, 0);
    for line in told.stdout.lines() {
        fast += u64::from(line.starts_with("fast "));
        slow += u64::from(line.starts_with("slow "));
        lead = lead.max(fast.saturating_sub(slow));
    }
    lead
}

#[test]
fn a_fast_branch_waits_for_a_slow_one() {
    let told = POLICIES.simulate("minimum", &[], 0);
    for sink in ["fast", "slow"] {
        let lines: Vec<&str> = told.stdout.lines().filter(|line| line.starts_with(sink)).collect();
        let expected = (0..200).map(|n| format!("{sink} {n} text/plain {n}"));
        assert_eq!(lines, expected.chain([format!("{sink} complete")]).collect::<Vec<_>>());
    }
    // The capacity of the slow one's stream, plus the element that both have just received.
    assert!(lead(&told) <= 5, "{}", told.stdout);
}

#[test]
fn an_independent_branch_does_not_wait() {
    let told = POLICIES.simulate("independent", &[], 0);
    let fast: Vec<&str> = told.stdout.lines().filter(|line| line.starts_with("fast ")).collect();
    assert_eq!(fast.len(), 201);
    let slow: Vec<&str> = told.stdout.lines().filter(|line| line.starts_with("slow ")).collect();
    let expected = [0, 1, 2, 3, 4].map(|n| format!("slow {n} text/plain {n}"));
    assert_eq!(slow[..5], expected);
    assert_eq!(lead(&told), 199);
    assert_eq!(told.report.stream("source", "slow").count("drop-newest"), 195);
    assert_eq!(told.report.stream("source", "fast").count("drop-newest"), 0);
    assert!(
        told.report.events(&["notified"]).is_empty(),
        "nothing holds the source up"
    );
}

/// The payloads that the only sink printed.
fn payloads(told: &Reported) -> Vec<&str> {
    told.stdout.lines().filter_map(|line| line.split(' ').nth(3)).collect()
}

fn of(source: &str, numbers: std::ops::Range<u64>) -> Vec<String> {
    numbers.map(|n| format!("{source}:{n}")).collect()
}

#[test]
fn inputs_of_higher_rank_come_first() {
    // The first element arrives before all others, and the sink pauses after each one.
    let told = POLICIES.simulate("ranked", &[], 0);
    let expected = [
        of("low", 0..1),
        of("high", 0..10),
        of("middle", 0..10),
        of("low", 1..10),
    ]
    .concat();
    assert_eq!(payloads(&told), expected);
}

#[test]
fn inputs_of_equal_rank_take_turns() {
    let told = POLICIES.simulate("fair", &[], 0);
    let expected: Vec<String> = (0..10)
        .flat_map(|n| [format!("low:{n}"), format!("high:{n}")])
        .collect();
    assert_eq!(payloads(&told), expected);
}

#[test]
fn a_rate_is_exact_by_the_simulated_clock() {
    // Two at once, then one every five milliseconds, until one second has passed.
    let told = POLICIES.simulate("paced", &["--timeout=1s"], 0);
    assert_eq!(told.report.number("delivered"), 201);
    assert_eq!(
        told.report.events(&["state"])[3..],
        ["1000 state draining", "1000 state completed"]
    );
}

#[test]
fn a_rate_is_not_exceeded_and_nothing_is_lost() {
    const PER_SECOND: f64 = 200.0;
    const BURST: f64 = 2.0;
    let built = POLICIES.built();
    let started = Instant::now();
    let running = built.start_flow("paced", &[]);
    let mut seen = 0;
    while seen < 75 {
        assert!(started.elapsed() < Duration::from_secs(60), "{seen} elements");
        std::thread::sleep(Duration::from_millis(20));
        seen = running.so_far().lines().count();
        // The count was taken before the time is read, so that it contains no later element.
        let allowed = started.elapsed().as_secs_f64() * PER_SECOND + BURST;
        assert!(seen as f64 <= allowed, "{seen} elements, {allowed} are allowed");
    }
    running.signal("TERM");
    let told = Reported::of(running.finish_with_open_stdin().expect_code(0));
    let emitted = told.report.count("source", "out");
    let delivered: String = (0..emitted).map(|n| format!("k {n} text/plain {n}\n")).collect();
    assert_eq!(told.stdout, delivered + "k complete\n");
    assert_eq!(told.report.number("undelivered"), 0);
}
