//! A million elements, a thousand for each that the sink takes. A stream's counters are compared with the elements that
//! arrived: the numbers that the source wrote into its elements, printed by the sink.
//!
//! The source is limited to one element every 10 µs, after a thousand at once at the start, and the sink takes one
//! every 10 ms; the clock is simulated. So the arriving elements are known independently of the runtime's
//! implementation.

use crate::lab::POLICIES;
use crate::report::Reported;

/// Number of elements of the source.
const ELEMENTS: u64 = 1_000_000;
/// Capacity of the stream upstream of the sink.
const DEPTH: u64 = 16;

/// The numbers that arrived; they must equal the sequence numbers.
fn arrived(told: &Reported) -> Vec<u64> {
    let pushes = told.stdout.lines().filter_map(|line| line.strip_prefix("push "));
    let number = |text: &str| text.parse().unwrap_or_else(|_| panic!("no number: {text}"));
    let both = pushes.map(|line| line.split_once(' ').expect("sequence and payload"));
    both.map(|(sequence, payload)| {
        assert_eq!(sequence, payload, "an element has another's sequence number");
        number(payload)
    })
    .collect()
}

/// The number of elements missing between and after those that arrived.
fn missing(arrived: &[u64]) -> u64 {
    let ends = arrived.iter().skip(1).copied().chain([ELEMENTS]);
    arrived.iter().zip(ends).map(|(one, next)| next - one - 1).sum()
}

/// Compares two lists; on a difference, the message does not contain all of their thousands of numbers.
#[track_caller]
fn are_equal(found: &[u64], expected: &[u64]) {
    let differs = found
        .iter()
        .zip(expected)
        .position(|(found, expected)| found != expected);
    let around = |list: &[u64], at: usize| list.iter().skip(at).take(3).copied().collect::<Vec<_>>();
    if let Some(at) = differs {
        panic!(
            "at {at}: found {:?}, expected {:?}",
            around(found, at),
            around(expected, at)
        );
    }
    assert_eq!(found.len(), expected.len());
}

#[test]
fn drop_oldest_keeps_the_newest_and_counts_the_others() {
    let told = POLICIES.simulate("overload-drop-oldest", &[], 0);
    let arrived = arrived(&told);
    // Whenever the sink is ready, it gets the oldest of the last sixteen; at the end all of them.
    let taken = (1..1000).map(|pause| pause * 1000 + 999 - DEPTH);
    let expected: Vec<u64> = [0].into_iter().chain(taken).chain(ELEMENTS - DEPTH..ELEMENTS).collect();
    are_equal(&arrived, &expected);

    let stream = told.report.stream("middle", "sink");
    assert_eq!(stream.policy(), "drop-oldest");
    assert_eq!(stream.count("drop-oldest"), missing(&arrived));
    assert_eq!(stream.count("drop-oldest"), ELEMENTS - arrived.len() as u64);
    assert_eq!(["offered", "enqueued"].map(|key| stream.count(key)), [ELEMENTS; 2]);
    assert_eq!(stream.count("dequeued"), arrived.len() as u64);
    assert_eq!(
        ["drop-newest", "overflow", "discarded"].map(|key| stream.count(key)),
        [0; 3]
    );
    assert_eq!(stream.count("peak_depth"), DEPTH);
    assert_eq!(told.report.number("delivered"), arrived.len() as u64);
}

#[test]
fn drop_newest_keeps_the_oldest_and_counts_the_others() {
    let told = POLICIES.simulate("overload-drop-newest", &[], 0);
    let arrived = arrived(&told);
    // The first elements fill the stream. Whenever the sink takes one, the next element of the source enters.
    let later = (1..1000).map(|pause| pause * 1000 + 999);
    let expected: Vec<u64> = (0..=DEPTH).chain(later).collect();
    are_equal(&arrived, &expected);

    let stream = told.report.stream("middle", "sink");
    assert_eq!(stream.policy(), "drop-newest");
    assert_eq!(stream.count("drop-newest"), missing(&arrived));
    assert_eq!(stream.count("drop-newest"), ELEMENTS - arrived.len() as u64);
    assert_eq!(stream.count("offered"), ELEMENTS);
    assert_eq!(
        ["enqueued", "dequeued"].map(|key| stream.count(key)),
        [arrived.len() as u64; 2]
    );
    assert_eq!(
        ["drop-oldest", "overflow", "discarded"].map(|key| stream.count(key)),
        [0; 3]
    );
}

#[test]
fn error_ends_the_flow_at_the_first_element_without_a_place() {
    // The sink pauses once, after half of the elements.
    let told = POLICIES.simulate("overload-error", &["sink.every=500000"], 1);
    let arrived = arrived(&told);
    are_equal(&arrived, &(0..500_000).collect::<Vec<u64>>());

    let lost = 500_000 + DEPTH;
    assert_eq!(
        told.report.failure(),
        format!(
            "E0403: stream `middle.output -> sink.input` overflowed in `evaluate` of element {lost} of node `middle`: \
             16 elements are already waiting"
        )
    );
    let stream = told.report.stream("middle", "sink");
    assert_eq!(stream.policy(), "error");
    assert_eq!(stream.count("offered"), lost + 1);
    assert_eq!(["overflow", "discarded"].map(|key| stream.count(key)), [1, DEPTH]);
    assert_eq!(["drop-oldest", "drop-newest"].map(|key| stream.count(key)), [0; 2]);
    assert_eq!(stream.count("dequeued"), arrived.len() as u64);
    assert_eq!(told.report.node("source"), format!("out {}", lost + 1));
    assert!(
        told.stdout.ends_with("complete after 500000\n"),
        "the sink still completes"
    );
}

#[test]
fn block_holds_the_source_back_and_loses_nothing() {
    let told = POLICIES.simulate("overload-block", &["sink.every=1000"], 0);
    are_equal(&arrived(&told), &(0..ELEMENTS).collect::<Vec<u64>>());

    let stream = told.report.stream("middle", "sink");
    assert_eq!(stream.policy(), "block");
    let passed = ["offered", "enqueued", "dequeued"].map(|key| stream.count(key));
    assert_eq!(passed, [ELEMENTS; 3]);
    assert_eq!(stream.count("peak_depth"), DEPTH);
    assert!(stream.count("backpressure_episodes") > 900, "{}", told.report);
    // Only the last events are kept; the others are counted.
    assert_eq!(told.report.events_kept(), 4096);
    assert!(told.report.number("events_dropped") > 900, "{}", told.report);
}
