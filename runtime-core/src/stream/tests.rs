use std::time::Duration;

use super::*;
use crate::buffer::{BufferId, ContentType};
use crate::context::Pressure;
use crate::context::tests::context;
use crate::demand::Demand;

fn element(sequence: u64) -> Element {
    Element {
        sequence,
        timestamp_ns: 0,
        content_type: ContentType::EMPTY,
        payload: BufferId::from_rep(0),
    }
}

/// A stream of 4 elements that has room again at 2, with its run.
fn stream(policy: OverflowPolicy, shared: bool) -> (Stream, RunContext) {
    let plan = Box::leak(Box::new(StreamPlan {
        from: "a.output",
        to: "b.input",
        depth: 4,
        low_watermark: 2,
        policy,
        priority: 0,
        max_element_bytes: None,
    }));
    let cx = context(None, Pressure::of(vec![vec![0]], 1));
    (Stream::new(plan, 0, shared), cx)
}

const POLICIES: [OverflowPolicy; 5] = [
    OverflowPolicy::Block,
    OverflowPolicy::DropOldest,
    OverflowPolicy::DropNewest,
    OverflowPolicy::Error,
    OverflowPolicy::RateLimit {
        per_second: 1_000_000_000,
    },
];

fn fill(stream: &mut Stream, cx: &mut RunContext) {
    for sequence in 0..4 {
        assert!(matches!(stream.push(cx, element(sequence)), Pushed::Taken));
    }
}

fn waiting(stream: &Stream) -> Vec<u64> {
    stream.queue.iter().map(|element| element.sequence).collect()
}

/// The stream's changes between full and not full, from the events up to now.
fn events(cx: &RunContext) -> Vec<String> {
    let events = cx.events().to_json();
    events
        .iter()
        .map(|event| event["event"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_stream_is_full_from_its_depth_to_its_low_watermark() {
    for policy in POLICIES {
        let (mut stream, mut cx) = stream(policy, false);
        for sequence in 0..3 {
            let _ = stream.push(&mut cx, element(sequence));
            assert!(stream.episode.is_none(), "{policy:?}: normal while filling");
        }
        let _ = stream.push(&mut cx, element(3));
        assert!(stream.episode.is_some(), "{policy:?}: full at its depth");
        cx.clock().wait_until(Time::START.after(Duration::from_micros(7)));
        assert_eq!(stream.pop(&mut cx).map(|element| element.sequence), Some(0));
        assert!(stream.episode.is_some(), "{policy:?}: 3 is above the watermark");
        assert_eq!(stream.pop(&mut cx).map(|element| element.sequence), Some(1));
        assert!(stream.episode.is_none(), "{policy:?}: relieved at 2");
        let _ = stream.push(&mut cx, element(4));
        assert!(stream.episode.is_none(), "{policy:?}: 3 is not full again");
        let stats = stream.stats(cx.now());
        assert_eq!(
            (stats.episodes, stats.pressure),
            (1, Duration::from_micros(7)),
            "{policy:?}"
        );
        assert_eq!(
            (stats.enqueued, stats.dequeued, stats.peak_depth),
            (5, 2, 4),
            "{policy:?}"
        );
        assert_eq!(
            events(&cx),
            ["backpressure-triggered", "backpressure-relieved"],
            "{policy:?}"
        );
    }
}

#[test]
fn only_streams_that_hold_up_their_producer_have_no_room() {
    let holds_up = |policy, shared| {
        let (mut stream, mut cx) = stream(policy, shared);
        fill(&mut stream, &mut cx);
        let full = stream.room(cx.now()) == Room::Full;
        assert_eq!(full, stream.stalls());
        assert_eq!(cx.pressure.next_notice().is_some(), full, "sources hear of it");
        full
    };
    let alone = POLICIES.map(|policy| holds_up(policy, false));
    assert_eq!(alone, [true, false, false, false, true]);
    let shared = POLICIES.map(|policy| holds_up(policy, true));
    assert_eq!(shared, [true; 5]);
}

#[test]
fn a_full_stream_drops_by_its_policy() {
    let (mut oldest, mut cx) = stream(OverflowPolicy::DropOldest, false);
    fill(&mut oldest, &mut cx);
    assert!(matches!(oldest.push(&mut cx, element(4)), Pushed::Dropped(dropped) if dropped.sequence == 0));
    assert_eq!(waiting(&oldest), [1, 2, 3, 4]);

    let (mut newest, mut cx) = stream(OverflowPolicy::DropNewest, false);
    fill(&mut newest, &mut cx);
    assert!(matches!(newest.push(&mut cx, element(4)), Pushed::Dropped(dropped) if dropped.sequence == 4));
    assert_eq!(waiting(&newest), [0, 1, 2, 3]);

    let (mut error, mut cx) = stream(OverflowPolicy::Error, false);
    fill(&mut error, &mut cx);
    assert!(matches!(error.push(&mut cx, element(4)), Pushed::Overflow(dropped) if dropped.sequence == 4));
    assert_eq!(waiting(&error), [0, 1, 2, 3]);

    for (stream, dropped) in [(oldest, [1, 0, 0]), (newest, [0, 1, 0]), (error, [0, 0, 1])] {
        let stats = stream.stats(Time::START);
        assert_eq!(
            [stats.dropped_oldest, stats.dropped_newest, stats.dropped_overflow],
            dropped
        );
        assert_eq!(
            stats.offered,
            stats.enqueued + stats.dropped_newest + stats.dropped_overflow
        );
        assert_eq!(stats.episodes, 1, "dropping does not begin another episode");
    }
}

#[test]
#[should_panic(expected = "a producer without room is not scheduled")]
fn nothing_is_put_into_a_full_stream_that_blocks() {
    let (mut stream, mut cx) = stream(OverflowPolicy::Block, false);
    fill(&mut stream, &mut cx);
    let _ = stream.push(&mut cx, element(4));
}

#[test]
fn an_empty_stream_gives_nothing_and_counts_nothing() {
    let (mut stream, mut cx) = stream(OverflowPolicy::Block, false);
    assert!(stream.pop(&mut cx).is_none());
    assert_eq!(stream.stats(cx.now()).dequeued, 0);
    assert!(events(&cx).is_empty());
}

#[test]
fn what_is_left_at_the_end_is_counted_and_the_episode_with_it() {
    let (mut stream, mut cx) = stream(OverflowPolicy::Block, false);
    fill(&mut stream, &mut cx);
    cx.clock().wait_until(Time::START.after(Duration::from_nanos(9)));
    let left: Vec<u64> = stream.discard().map(|element| element.sequence).collect();
    assert_eq!(left, [0, 1, 2, 3]);
    let stats = stream.stats(cx.now());
    assert_eq!((stats.discarded, stats.pressure), (4, Duration::from_nanos(9)));
}

#[test]
fn sources_hear_of_the_end_of_pressure() {
    let (mut stream, mut cx) = stream(OverflowPolicy::Block, false);
    fill(&mut stream, &mut cx);
    let _ = (stream.pop(&mut cx), stream.pop(&mut cx));
    let told: Vec<_> = std::iter::from_fn(|| cx.pressure.next_notice()).collect();
    assert_eq!(told, [(0, Demand::Pause), (0, Demand::Ready)]);
}

#[test]
fn a_paced_stream_spaces_elements_out_behind_a_burst() {
    // 400 per second: 2.5 ms between elements, bursts of 4.
    let (mut stream, mut cx) = stream(OverflowPolicy::RateLimit { per_second: 400 }, false);
    let at = |micros| Time::START.after(Duration::from_micros(micros));
    for sequence in 0..4 {
        assert_eq!(stream.room(cx.now()), Room::Yes, "the burst");
        let _ = stream.push(&mut cx, element(sequence));
        let _ = stream.pop(&mut cx);
    }
    assert_eq!(stream.room(cx.now()), Room::NotBefore(at(2500)));
    cx.clock().wait_until(at(2500));
    assert_eq!(stream.room(cx.now()), Room::Yes);
    let _ = stream.push(&mut cx, element(4));
    assert_eq!(stream.room(cx.now()), Room::NotBefore(at(5000)));
    cx.clock().wait_until(at(1_000_000));
    assert_eq!(stream.room(cx.now()), Room::Yes);
}
