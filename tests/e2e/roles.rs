//! Routers, aggregators, sources that query their permissions, and flows with several ends.

use std::collections::BTreeMap;

use crate::lab::simulate;

#[test]
fn a_router_sends_elements_to_one_port_to_several_or_nowhere() {
    // In turn to `a`, to `b`, to both and to neither; a port named three times still gets an element once.
    for times in ["router.times=1", "router.times=3"] {
        let told = simulate("routed", &[times], 0);
        let lines = |sink: &str| -> Vec<&str> { told.stdout.lines().filter(|line| line.starts_with(sink)).collect() };
        let expected = |sink: &str, elements: [u64; 4]| -> Vec<String> {
            let lines = elements.map(|n| format!("{sink} {n} text/plain {n}"));
            lines.into_iter().chain([format!("{sink} complete")]).collect()
        };
        assert_eq!(lines("a"), expected("a", [0, 2, 4, 6]));
        assert_eq!(lines("b"), expected("b", [1, 2, 5, 6]));
        assert_eq!(told.report.node("router"), "in 8, out 6, filtered 2");
        assert_eq!(told.report.stream("router", "first").count("offered"), 4);
        assert_eq!(told.report.stream("router", "second").count("offered"), 4);
        assert_eq!(
            told.report.pool("allocated"),
            8,
            "what goes to both ports is not copied"
        );
    }
}

/// A table in which every other row names an unknown port beside a valid one.
const MISTAKEN: &str = r#"router.routes=[["a"],["nowhere","a"]]"#;

#[test]
fn a_port_that_leads_nowhere_ends_the_flow() {
    let told = simulate("routed", &[MISTAKEN], 1);
    let failure = "E0204: node `router` named port `nowhere` in `route` of element 1: no edge leaves it";
    assert_eq!(told.report.failure(), failure);
    assert_eq!(told.stdout, "a 0 text/plain 0\na complete\nb complete\n");
    assert_eq!(told.report.node("router"), "in 2, out 1, errors 1, failed 1");
}

#[test]
fn a_port_that_leads_nowhere_is_passed_over_under_skip() {
    let told = simulate("routed-or-skipped", &[MISTAKEN], 0);
    assert_eq!(
        told.stdout,
        "a 0 text/plain 0\na 2 text/plain 2\na complete\nb complete\n"
    );
    assert_eq!(told.report.node("router"), "in 4, out 2, errors 2, skipped 2");
    let events = [
        "0 call-failed router route 1 E0204 internal",
        "0 skipped router 1 internal",
        "0 call-failed router route 3 E0204 internal",
        "0 skipped router 3 internal",
    ];
    assert_eq!(told.report.events(&["call-failed", "skipped", "restarted"]), events);
}

#[test]
fn a_port_that_leads_nowhere_makes_a_dead_letter() {
    let told = simulate("routed-or-kept", &[MISTAKEN], 0);
    let letter = "text/plain; torvyn-error=internal; torvyn-node=router";
    assert_eq!(
        told.stdout,
        format!(
            "a 0 text/plain 0\nlost 1 {letter} 1\na 2 text/plain 2\nlost 3 {letter} 3\na complete\nb complete\n\
             lost complete\n"
        )
    );
    assert_eq!(told.report.node("router"), "in 4, out 2, errors 2, dead_lettered 2");
}

#[test]
fn aggregators_flush_in_flow_order_before_anything_is_complete() {
    // Groups of three from seven elements: two and a rest. Groups of two from those: one and a rest, which exists only
    // after the first flush.
    let told = simulate("gathered", &[], 0);
    assert_eq!(
        told.stdout,
        "push 5 text/plain 0+1+2+3+4+5\npush 6 text/plain 6\ncomplete after 2\nteardown after 2\n"
    );
    assert_eq!(told.report.node("threes"), "in 7, out 3, absorbed 5, flushed 1");
    assert_eq!(told.report.node("twos"), "in 3, out 2, absorbed 2, flushed 1");
}

#[test]
fn aggregators_with_nothing_left_flush_nothing() {
    let told = simulate("gathered", &["source.count=6"], 0);
    assert_eq!(
        told.stdout,
        "push 5 text/plain 0+1+2+3+4+5\ncomplete after 1\nteardown after 1\n"
    );
    let told = simulate("gathered", &["source.count=0"], 0);
    assert_eq!(told.stdout, "complete after 0\nteardown after 0\n");
    assert_eq!(told.report.node("threes"), "");
}

#[test]
fn a_limit_flushes_aggregators_too() {
    let told = simulate("gathered", &["--limit=4"], 0);
    assert_eq!(
        told.stdout,
        "push 3 text/plain 0+1+2+3\ncomplete after 1\nteardown after 1\n"
    );
}

#[test]
fn a_component_learns_what_it_is_granted() {
    let told = simulate("granted", &[], 0);
    assert_eq!(
        told.stdout,
        "wasi:random/random: true\nwasi:random: false\nwasi:clocks/wall-clock: true\n\
         wasi:filesystem/read:/data/in: false\nwasi:filesystem/read:/etc: false\nwasi:clock: false\n\
         granted: wasi:clocks wasi:random/random\n"
    );
    let told = simulate("denied", &[], 0);
    assert_eq!(told.stdout, "wasi:random/random: false\ngranted: \n");
}

#[test]
fn several_sources_and_sinks_each_get_and_give_all() {
    let told = simulate("several", &[], 0);
    let mut payloads: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for line in told.stdout.lines().filter(|line| !line.ends_with("complete")) {
        let [sink, sequence, content_type, payload] = line.splitn(4, ' ').collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        let received = payloads.entry(sink).or_default();
        assert_eq!(sequence, received.len().to_string(), "{line}");
        assert_eq!(content_type, "text/plain", "{line}");
        received.push(payload);
    }
    assert_eq!(payloads["a"], payloads["b"]);
    let (hellos, numbers): (Vec<&str>, Vec<&str>) = payloads["a"].iter().partition(|text| text.starts_with("hello"));
    assert_eq!(numbers, (0..30).map(|n| n.to_string()).collect::<Vec<_>>());
    assert_eq!(hellos, (1..=20).map(|n| format!("hello ({n})")).collect::<Vec<_>>());
    assert_eq!(told.report.number("elements"), 50);
    assert_eq!(told.report.number("delivered"), 100);
    assert_eq!(told.report.pool("allocated"), 100, "both sinks get the same buffer");
}

#[test]
fn a_limit_counts_the_elements_of_all_sources() {
    let told = simulate("several", &["--limit=35"], 0);
    let (left, right) = (told.report.count("left", "out"), told.report.count("right", "out"));
    assert_eq!(left + right, 35);
    assert_eq!(told.report.number("delivered"), 70);
}

#[test]
fn a_diamond_accounts_for_both_branches() {
    let told = simulate("diamond", &[], 0);
    assert_eq!(told.report.node("copy"), "in 10, out 10");
    assert_eq!(told.report.node("keep"), "in 10, out 5, filtered 5");
    assert_eq!(told.report.node("sink"), "in 15, delivered 15");
    // The filter passes the source's buffer on; only the copy is a new buffer.
    assert_eq!(told.report.pool("allocated"), 20);
}
