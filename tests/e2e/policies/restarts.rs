//! Instances that trap and are made anew: of every role, and how often.

use super::{REACTIONS, counted, run};

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
