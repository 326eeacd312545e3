//! Reactions to a failed call: restarts, skipped elements, retries, dead letters, the circuit breaker, deadlines. The
//! clock is simulated, so that times are exact: `30 retry middle 1 2 20` is the second retry of element 1, logged after
//! 30 ms, due in 20 ms.

use crate::lab::POLICIES;
use crate::report::Reported;

/// Events caused by the error policy.
const REACTIONS: [&str; 7] = [
    "call-failed",
    "restarted",
    "retry",
    "skipped",
    "dead-lettered",
    "breaker-opened",
    "breaker-closed",
];

/// Runs a flow, in which an element of `middle` fails.
#[track_caller]
fn run(flow: &str, settings: &[&str], code: i32) -> Reported {
    POLICIES.simulate(flow, settings, code)
}

/// The output of the sink `k` for these elements of a counter.
fn counted(elements: impl IntoIterator<Item = u64>) -> String {
    let lines = elements.into_iter().map(|n| format!("k {n} text/plain {n}\n"));
    lines.chain(["k complete\n".to_owned()]).collect()
}

#[test]
fn a_stage_that_traps_is_made_anew_whatever_its_role() {
    for role in ["filter", "processor", "aggregator", "router", "sink"] {
        // Scripts start again with a new instance: every second call traps.
        let script = match role {
            "aggregator" => "aggregator.script=\"et\"".to_owned(),
            role => format!("{role}.script=\"ot\""),
        };
        let told = run("skipping", &[&script, "--limit=8"], 0);
        let delivered = [0, 2, 4, 6].map(|n| format!("k {n} text/plain s:{n}.p\n")).concat();
        assert_eq!(told.stdout, delivered + "k complete\n", "{role}");
        let done = if role == "sink" { "delivered" } else { "out" };
        let account = ["in", done, "errors", "skipped", "restarts"].map(|key| told.report.count(role, key));
        assert_eq!(account, [8, 4, 4, 4, 4], "{role}: {}", told.report);
        let events = told.report.events(&REACTIONS);
        let [failed, restarted, skipped] = events.chunks(3).next().expect("there are events") else {
            panic!("{events:?}")
        };
        assert!(failed.starts_with(&format!("0 call-failed {role} ")), "{failed}");
        assert!(failed.ends_with(" 1 E0412 internal"), "{failed}");
        assert_eq!(
            (restarted, skipped),
            (
                &format!("0 restarted {role} 1"),
                &format!("0 skipped {role} 1 internal")
            )
        );
    }
}

#[test]
fn a_source_that_traps_is_made_anew_and_goes_on() {
    let told = run("skipping", &["source.script=\"oot\"", "--limit=8"], 0);
    // The elements of each instance; sequence numbers continue.
    let payloads = [0, 1, 0, 1, 0, 1, 0, 1];
    let lines = payloads.iter().enumerate();
    let delivered: String = lines.map(|(n, own)| format!("k {n} text/plain s:{own}.p\n")).collect();
    assert_eq!(told.stdout, delivered + "k complete\n");
    assert_eq!(told.report.node("source"), "out 8, errors 3, skipped 3, restarts 3");
}

#[test]
fn restarts_come_to_an_end() {
    let told = run("skipping", &["processor.script=\"t\"", "--limit=20"], 1);
    assert_eq!(
        told.report.failure(),
        "E0416: node `processor` failed again after 5 restarts within a minute: node `processor` trapped in `process` \
         of element 5: wasm trap: wasm `unreachable` instruction executed"
    );
    let account = "in 6, errors 6, skipped 5, failed 1, restarts 5";
    assert_eq!(told.report.node("processor"), account);
    assert_eq!(told.report.number("undelivered"), 1);
}

#[test]
fn restarts_are_counted_within_a_minute() {
    // One element per second: the sixth trap comes 50 seconds after the first.
    let told = run("paced-traps", &["middle.how=abort", "middle.every=10"], 1);
    assert_eq!(told.report.codes(), ["E0416"]);
    assert_eq!(told.stdout, counted((0..50).filter(|n| n % 10 != 0)));
    // The fifth comes 60 seconds after the first, which no longer counts.
    let told = run("paced-traps", &["middle.how=abort", "middle.every=15"], 0);
    assert_eq!(told.stdout, counted((0..61).filter(|n| n % 15 != 0)));
    assert_eq!(
        told.report.node("middle"),
        "in 61, out 56, errors 5, skipped 5, restarts 5"
    );
    assert_eq!(
        told.report.events(&["restarted"]),
        [
            "0 restarted middle 1",
            "15000 restarted middle 2",
            "30000 restarted middle 3",
            "45000 restarted middle 4",
            "60000 restarted middle 5"
        ]
    );
}

#[test]
fn a_retry_comes_after_100_ms_then_after_twice_as_much() {
    let settings = ["middle.how=internal", "middle.elements=[1]", "middle.times=2"];
    let told = run("retry", &settings, 0);
    assert_eq!(told.stdout, counted(0..3));
    assert_eq!(told.report.node("middle"), "in 3, out 3, errors 2, retries 2");
    assert_eq!(
        told.report.events(&["retry", "state"]),
        [
            "0 state validated",
            "0 state instantiated",
            "0 state running",
            "0 retry middle 1 1 100",
            "100 retry middle 1 2 200",
            "300 state draining",
            "300 state completed"
        ]
    );
}

#[test]
fn three_retries_then_the_flow_ends() {
    let told = run("retry", &["middle.how=internal", "middle.elements=[1]"], 1);
    assert_eq!(told.stdout, counted([0]));
    assert_eq!(
        told.report.failure(),
        "E0411: node `middle` returned an error in `process` of element 1: internal: element 1 is to fail"
    );
    assert_eq!(
        told.report.events(&REACTIONS),
        [
            "0 call-failed middle process 1 E0411 internal",
            "0 retry middle 1 1 100",
            "100 call-failed middle process 1 E0411 internal",
            "100 retry middle 1 2 200",
            "300 call-failed middle process 1 E0411 internal",
            "300 retry middle 1 3 400",
            "700 call-failed middle process 1 E0411 internal"
        ]
    );
    assert_eq!(told.report.node("middle"), "in 2, out 1, errors 4, retries 3, failed 1");
    assert_eq!(told.report.stream("source", "middle").count("discarded"), 1);
}

#[test]
fn an_element_that_still_fails_is_skipped_and_a_trap_does_not_change_that() {
    for (how, restarts, account) in [
        ("internal", false, "in 4, out 3, errors 4, retries 3, skipped 1"),
        ("abort", true, "in 4, out 3, errors 4, retries 3, skipped 1, restarts 4"),
    ] {
        let how = format!("middle.how={how}");
        let told = run("retry-then-skip", &[&how, "middle.elements=[1]"], 0);
        assert_eq!(told.stdout, counted([0, 2, 3]));
        assert_eq!(told.report.node("middle"), account);
        let expected = [
            "0 restarted middle 1",
            "0 retry middle 1 1 10",
            "10 restarted middle 2",
            "10 retry middle 1 2 20",
            "30 restarted middle 3",
            "30 retry middle 1 3 40",
            "70 restarted middle 4",
            "70 skipped middle 1 internal",
        ];
        let expected: Vec<&str> = expected
            .into_iter()
            .filter(|event| restarts || !event.contains("restarted"))
            .collect();
        assert_eq!(told.report.events(&["restarted", "retry", "skipped"]), expected);
    }
}

#[test]
fn no_retry_is_more_than_a_minute_away() {
    let told = run("patient", &["middle.how=internal", "middle.elements=[1]"], 0);
    assert_eq!(
        told.report.events(&["retry", "skipped"]),
        [
            "0 retry middle 1 1 25000",
            "25000 retry middle 1 2 50000",
            "75000 retry middle 1 3 60000",
            "135000 retry middle 1 4 60000",
            "195000 skipped middle 1 internal"
        ]
    );
}

#[test]
fn sources_and_sinks_are_tried_again_too() {
    let settings = ["source.script=\"ouuo\"", "source.then=\"e\"", "sink.script=\"oiio\""];
    let told = run("retried-ends", &settings, 0);
    assert_eq!(told.stdout, "k 0 text/plain s:0\nk 1 text/plain s:1\nk complete\n");
    assert_eq!(
        told.report.events(&REACTIONS),
        [
            "0 call-failed source pull 1 E0411 unavailable",
            "0 retry source 1 1 10",
            "10 call-failed source pull 1 E0411 unavailable",
            "10 retry source 1 2 20",
            "30 call-failed sink push 1 E0411 invalid-input",
            "30 retry sink 1 1 10",
            "40 call-failed sink push 1 E0411 invalid-input",
            "40 retry sink 1 2 20"
        ]
    );
    assert_eq!(told.report.node("source"), "out 2, errors 2, retries 2");
    assert_eq!(told.report.node("sink"), "in 2, delivered 2, errors 2, retries 2");
}

#[test]
fn dead_letters_say_what_happened() {
    for (how, category, account) in [
        (
            "invalid-input",
            "invalid-input",
            "in 5, out 3, errors 2, dead_lettered 2",
        ),
        ("unavailable", "unavailable", "in 5, out 3, errors 2, dead_lettered 2"),
        ("internal", "internal", "in 5, out 3, errors 2, dead_lettered 2"),
        (
            "deadline-exceeded",
            "deadline-exceeded",
            "in 5, out 3, errors 2, dead_lettered 2",
        ),
        (
            "abort",
            "internal",
            "in 5, out 3, errors 2, dead_lettered 2, restarts 2",
        ),
        (
            "loop",
            "deadline-exceeded",
            "in 5, out 3, errors 2, dead_lettered 2, restarts 2",
        ),
    ] {
        let told = run("letters", &[&format!("middle.how={how}"), "middle.elements=[1,3]"], 0);
        let parameters = format!("torvyn-error={category}; torvyn-node=middle");
        let expected = format!(
            "good 0 text/plain 0\nlost 1 text/plain; {parameters} 1\ngood 2 text/plain 2\n\
             lost 3 text/plain; {parameters} 3\ngood 4 text/plain 4\ngood complete\nlost complete\n"
        );
        assert_eq!(told.stdout, expected, "{how}");
        assert_eq!(told.report.node("middle"), account, "{how}");
        let events = [1, 3].map(|n| format!("0 dead-lettered middle {n} {category}"));
        assert_eq!(told.report.events(&["dead-lettered"]), events, "{how}");
    }
}

#[test]
fn a_fatal_error_is_no_dead_letter() {
    let told = run("letters", &["middle.how=fatal", "middle.elements=[1]"], 1);
    assert_eq!(told.report.codes(), ["E0410"]);
    assert_eq!(told.stdout, "good 0 text/plain 0\ngood complete\nlost complete\n");
    assert_eq!(told.report.node("middle"), "in 2, out 1, errors 1, failed 1");
}

#[test]
fn every_role_has_dead_letters() {
    let settings = [
        "filter.script=\"oi\"",
        "aggregator.script=\"eeu\"",
        "router.script=\"oooon\"",
        "sink.script=\"ooooood\"",
    ];
    let told = run("letters-of-every-role", &settings, 0);
    let lost: Vec<&str> = told.stdout.lines().filter(|line| line.starts_with("lost")).collect();
    assert_eq!(
        lost,
        [
            "lost 1 text/plain; torvyn-error=invalid-input; torvyn-node=filter 1",
            "lost 3 text/plain; torvyn-error=unavailable; torvyn-node=aggregator 3",
            "lost 6 text/plain; torvyn-error=internal; torvyn-node=router 6",
            "lost 9 text/plain; torvyn-error=deadline-exceeded; torvyn-node=sink 9",
            "lost complete"
        ]
    );
    assert_eq!(told.report.node("sink"), "in 9, delivered 8, errors 1, dead_lettered 1");
    assert_eq!(told.report.number("delivered"), 12);
}

#[test]
fn a_dead_letter_may_die_again() {
    let settings = ["--limit=3", "first.script=\"oii\"", "second.script=\"oi\""];
    let told = run("letters-of-letters", &settings, 0);
    assert_eq!(
        told.stdout,
        "good 0 text/x-first s:0.first\ngood 1 text/x-second s:1.second\n\
         lost 2 text/plain; torvyn-error=invalid-input; torvyn-node=first; torvyn-error=invalid-input; \
         torvyn-node=second s:2\ngood complete\nlost complete\n"
    );
}

#[test]
fn categories_have_policies_of_their_own() {
    // Element 1 is a dead letter, 2 is retried, 3 is skipped, and 4 ends the flow.
    let told = run("by-category", &["middle.script=\"oiuodn\""], 1);
    assert_eq!(
        told.stdout,
        "good 0 text/x-p 0.p\nlost 1 text/plain; torvyn-error=invalid-input; torvyn-node=middle 1\n\
         good 2 text/x-p 2.p\ngood complete\nlost complete\n"
    );
    assert_eq!(
        told.report.events(&REACTIONS),
        [
            "0 call-failed middle process 1 E0411 invalid-input",
            "0 dead-lettered middle 1 invalid-input",
            "0 call-failed middle process 2 E0411 unavailable",
            "0 retry middle 2 1 10",
            "10 call-failed middle process 3 E0411 deadline-exceeded",
            "10 skipped middle 3 deadline-exceeded",
            "10 call-failed middle process 4 E0411 internal"
        ]
    );
    assert_eq!(
        told.report.node("middle"),
        "in 5, out 2, errors 4, retries 1, skipped 1, dead_lettered 1, failed 1"
    );
}

#[test]
fn the_breaker_opens_and_a_trial_closes_it() {
    let told = run("breaker", &["middle.script=\"ouuuo\""], 0);
    let delivered = [0, 2, 3, 4].map(|n| format!("k {n} text/x-p {n}.p\n")).concat();
    assert_eq!(told.stdout, delivered + "k complete\n");
    assert_eq!(
        told.report.events(&REACTIONS),
        [
            "0 call-failed middle process 1 E0411 unavailable",
            "0 retry middle 1 1 10",
            "10 call-failed middle process 1 E0411 unavailable",
            "10 retry middle 1 2 20",
            "30 call-failed middle process 1 E0411 unavailable",
            "30 skipped middle 1 unavailable",
            "30 breaker-opened middle 40",
            "70 breaker-closed middle"
        ]
    );
}

#[test]
fn a_trial_that_fails_keeps_the_breaker_open_without_retries() {
    let told = run("breaker", &["middle.script=\"ouuuuio\""], 0);
    assert_eq!(told.stdout, "k 0 text/x-p 0.p\nk 4 text/x-p 4.p\nk complete\n");
    let events = told.report.events(&REACTIONS);
    assert_eq!(
        events[6..],
        [
            "30 breaker-opened middle 40",
            "70 call-failed middle process 2 E0411 unavailable",
            "70 skipped middle 2 unavailable",
            "70 breaker-opened middle 40",
            // Whatever else fails, the dependency is available again.
            "110 call-failed middle process 3 E0411 invalid-input",
            "110 breaker-closed middle",
            "110 skipped middle 3 invalid-input"
        ]
    );
    assert_eq!(
        told.report.node("middle"),
        "in 5, out 2, errors 5, retries 2, skipped 3"
    );
}

#[test]
fn a_call_that_takes_too_long_is_passed_over() {
    let told = run("late", &["middle.how=loop", "middle.elements=[1]"], 0);
    assert_eq!(told.stdout, counted([0, 2, 3]));
    assert_eq!(
        told.report.events(&REACTIONS),
        [
            "0 call-failed middle process 1 E0401 deadline-exceeded",
            "0 restarted middle 1",
            "0 skipped middle 1 deadline-exceeded"
        ]
    );
    // The component may detect that by itself, and then survives.
    let told = run("late", &["middle.how=deadline-exceeded", "middle.elements=[1]"], 0);
    assert_eq!(told.stdout, counted([0, 2, 3]));
    assert_eq!(told.report.node("middle"), "in 4, out 3, errors 1, skipped 1");
}

#[test]
fn a_flow_ends_at_its_deadline_and_says_what_was_on_its_way() {
    let told = run("short", &[], 1);
    assert_eq!(
        told.report.failure(),
        "E0400: the flow ran longer than its deadline of 95 ms"
    );
    // One element every ten milliseconds.
    let pushed: String = (0..10).map(|n| format!("push {n} {n}\n")).collect();
    assert_eq!(told.stdout, pushed + "complete after 10\n");
    let on_their_way = told.report.count("source", "out") - 10;
    assert_eq!(told.report.stream("source", "sink").count("discarded"), on_their_way);
    assert!((1..=4).contains(&on_their_way), "{}", told.report);
    let states = told.report.events(&["state"]);
    assert_eq!(states[3..], ["95 state failed"]);
}

#[test]
fn an_element_too_large_for_its_stream_is_a_failure_of_its_maker() {
    let told = run("sized", &["middle.script=\"obo\"", "--limit=3"], 0);
    assert_eq!(told.stdout, "k 0 text/x-p s:0.p\nk 2 text/x-p s:2.p\nk complete\n");
    assert_eq!(
        told.report.events(&REACTIONS),
        [
            "0 call-failed middle process 1 E0306 internal",
            "0 skipped middle 1 internal"
        ]
    );
}
