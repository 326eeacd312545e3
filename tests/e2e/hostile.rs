//! Components that break the rules. The host refuses, or ends the component; the flow gets an error, every buffer is
//! returned, and the process survives.

use crate::lab::{self, simulate};
use crate::report::Reported;

/// Runs `flow`, whose middle node commits `misdeed`.
#[track_caller]
fn commit(flow: &str, misdeed: &str, code: i32) -> Reported {
    simulate(flow, &[&format!("middle={misdeed}")], code)
}

/// The output of the sink when each of two elements became `answer`.
fn answered(answer: &str) -> String {
    format!("push 0 {answer}\npush 1 {answer}\ncomplete after 2\nteardown after 2\n")
}

#[test]
fn misuse_that_has_an_answer_gets_it_and_the_flow_goes_on() {
    for (misdeed, answer) in [
        ("\"pass-capacity\"", " capacity-exceeded"),
        ("\"leave-hole\"", " out-of-bounds"),
        ("\"overflow-offset\"", " out-of-bounds"),
        ("\"allocate-too-much\"", " allocation-failed"),
        ("\"read-beyond-end\"", " [4, 0, 0, 3]"),
        ("\"read-far\"", " [4, 0, 0, 0]"),
        ("\"falsify-metadata\"", "application/x-meta falsified"),
        // The bindings do not drop this handle: it is their mark for one that was given away.
        (r#"{"forge":{"handle":4294967295,"call":"drop"}}"#, " allowed"),
    ] {
        let told = commit("hostile", misdeed, 0);
        assert_eq!(told.stdout, answered(answer), "{misdeed}");
    }
}

#[test]
fn misuse_of_handles_ends_the_component_and_nothing_else() {
    for (misdeed, code, delivered) in [
        ("write-after-freeze", "E0303", 0),
        ("freeze-twice", "E0303", 0),
        ("use-after-drop", "E0303", 0),
        ("drop-twice", "E0303", 0),
        ("forge-handle", "E0303", 0),
        ("confuse-types", "E0303", 0),
        ("return-twice", "E0303", 1),
        ("return-dropped", "E0303", 0),
        ("return-unfrozen", "E0303", 0),
        ("return-input", "E0304", 0),
        ("keep-borrow", "E0304", 0),
        ("drop-borrow", "E0303", 0),
        ("stale-borrow", "E0303", 1),
    ] {
        let told = commit("hostile", &format!("\"{misdeed}\""), 1);
        let failure = format!("{code}: node `middle` misused a handle in `process` of element {delivered}: ");
        assert!(
            told.report.failure().starts_with(&failure),
            "{misdeed}: {}",
            told.report
        );
        let ending = format!("complete after {delivered}\nteardown after {delivered}\n");
        assert!(told.stdout.ends_with(&ending), "{misdeed}: {}", told.stdout);
        assert_eq!(
            told.report.node("middle"),
            account(delivered),
            "{misdeed}: {}",
            told.report
        );
    }
}

/// The counts of a node that failed once, at the element after those that it emitted.
fn account(out: u64) -> String {
    match out {
        0 => "in 1, errors 1, failed 1".to_owned(),
        out => format!("in {}, out {out}, errors 1, failed 1", out + 1),
    }
}

#[test]
fn made_up_handles_name_nothing() {
    for handle in ["0", "1", "2", "3", "4", "4242", "65536", "4294967295"] {
        for call in ["append", "freeze", "read", "clone", "context", "drop", "return"] {
            if (handle, call) == ("4294967295", "drop") {
                continue;
            }
            let misdeed = format!("{{\"forge\":{{\"handle\":{handle},\"call\":\"{call}\"}}}}");
            let told = commit("hostile", &misdeed, 1);
            assert_eq!(told.report.codes(), ["E0303"], "{misdeed}: {}", told.report);
            assert_eq!(told.stdout, "complete after 0\nteardown after 0\n", "{misdeed}");
        }
    }
}

#[test]
fn there_is_an_end_to_the_buffers_of_a_stage() {
    let said = |granted, asked, why: &str| {
        answered(&format!(
            " {granted} of {asked}: BufferError::AllocationFailed(\"{why}\")"
        ))
    };
    let budget = "a buffer for 1048576 bytes takes 1048576, but the stage's buffers may take 67108864 in all (E0310)";
    let largest = "16777217 bytes requested, but a buffer has at most 16777216 (E0300)";
    let most = "no buffer of 1 byte is left: the 134 of 256 bytes are in use, and the flow has reached the largest number of buffers (E0301)";
    for (count, size, granted, why) in [
        (100, 1 << 20, 64, budget),
        (1, (16 << 20) + 1, 0, largest),
        // The element itself has a buffer too.
        (100_000, 1, 65_535, most),
    ] {
        let misdeed = format!("{{\"allocate\":{{\"count\":{count},\"size\":{size}}}}}");
        let told = commit("hostile", &misdeed, 0);
        assert_eq!(told.stdout, said(granted, count, why), "{misdeed}");
    }
}

#[test]
fn a_stage_has_the_buffers_that_its_limits_allow() {
    let budget = "a buffer for 65536 bytes takes 65536, but the stage's buffers may take 1048576 in all (E0310)";
    let largest = "65537 bytes requested, but a buffer has at most 65536 (E0300)";
    for (size, granted, why) in [(65_536, 16, budget), (65_537, 0, largest)] {
        let misdeed = format!("{{\"allocate\":{{\"count\":99,\"size\":{size}}}}}");
        let answer = format!(" {granted} of 99: BufferError::AllocationFailed(\"{why}\")");
        assert_eq!(commit("narrow", &misdeed, 0).stdout, answered(&answer), "{misdeed}");
    }
}

#[test]
fn buffers_that_are_never_given_back_are_counted_and_taken_back() {
    let told = commit("hostile", r#"{"leak-buffers":{"count":5,"size":64}}"#, 0);
    assert_eq!(told.stdout, answered(" leaked"));
    assert_eq!(told.report.count("middle", "leaked_buffers"), 10);

    let told = commit("hostile", r#"{"leak-buffers":{"count":200000,"size":64}}"#, 1);
    assert_eq!(told.report.count("middle", "leaked_buffers"), 65_535);
    assert!(got_no_buffer(&told, "E0301", "middle"), "{}", told.report);

    let told = commit("hostile", "\"hoard-buffers\"", 1);
    assert_eq!(told.report.count("middle", "leaked_buffers"), 64);
    assert!(got_no_buffer(&told, "E0310", "middle"), "{}", told.report);

    let told = simulate("hostile-source", &[], 0);
    assert_eq!(told.report.node("sink"), "in 4, delivered 4");
    assert_eq!(told.report.count("source", "leaked_buffers"), 8);

    let told = simulate("hostile-source", &["source.leak=1000000", "source.size=100"], 1);
    assert!(got_no_buffer(&told, "E0301", "source"), "{}", told.report);
}

/// Whether a node failed for lack of a buffer, with the code shown once.
fn got_no_buffer(told: &Reported, code: &str, node: &str) -> bool {
    let failure = told.report.failure();
    failure.starts_with(&format!("{code}: node `{node}` got no buffer in ")) && !failure.contains(&format!("({code})"))
}

#[test]
fn a_content_type_has_a_longest_length() {
    let told = commit("hostile", r#"{"long-content-type":{"size":1024}}"#, 0);
    assert_eq!(told.stdout, answered(&format!("{} long", "x".repeat(1024))));
    for size in [1025, 30_000_000] {
        let misdeed = format!("{{\"long-content-type\":{{\"size\":{size}}}}}");
        let told = commit("hostile", &misdeed, 1);
        assert_eq!(told.report.codes(), ["E0415"], "{misdeed}: {}", told.report);
        assert!(told.report.failure().len() < 1000, "{misdeed}: {}", told.report);
    }
}

#[test]
fn the_results_of_flush_are_checked_like_any_other() {
    let told = commit("hostile-aggregator", r#"{"flush-many":{"count":3}}"#, 0);
    let expected = "push 1  0\npush 1  1\npush 1  2\ncomplete after 3\nteardown after 3\n";
    assert_eq!(told.stdout, expected);
    assert_eq!(told.report.node("middle"), "in 2, out 3, absorbed 2, flushed 3");

    // Enough to fill the stream downstream again and again.
    let told = commit("hostile-aggregator", r#"{"flush-many":{"count":5000}}"#, 0);
    assert_eq!(told.report.node("sink"), "in 5000, delivered 5000");

    let told = commit("hostile-aggregator", r#"{"leak-buffers":{"count":5,"size":64}}"#, 0);
    assert_eq!(told.report.count("middle", "leaked_buffers"), 10);

    for (misdeed, failure) in [
        (
            r#"{"flush-many":{"count":1000000}}"#,
            "E0301: node `middle` got no buffer in `flush`: ",
        ),
        ("\"flush-twice\"", "E0303: node `middle` misused a handle in `flush`: "),
        ("\"flush-lent\"", "E0303: node `middle` misused a handle in `flush`: "),
        (
            "\"keep-borrow\"",
            "E0304: node `middle` misused a handle in `ingest` of element 0: ",
        ),
    ] {
        let told = commit("hostile-aggregator", misdeed, 1);
        assert!(told.report.failure().starts_with(failure), "{misdeed}: {}", told.report);
        assert_eq!(told.stdout, "complete after 0\nteardown after 0\n", "{misdeed}");
    }
}

/// A flow with a stage that fails on demand.
struct Target {
    flow: &'static str,
    node: &'static str,
    /// The stage's exports, each with the number of calls that succeed before the failure.
    exports: &'static [(&'static str, u64)],
}

/// One target for each role.
const TARGETS: [Target; 6] = [
    Target {
        flow: "broken-source",
        node: "source",
        exports: &[("init", 0), ("pull", 2), ("notify-backpressure", 0)],
    },
    Target {
        flow: "broken-processor",
        node: "middle",
        exports: &[("init", 0), ("process", 2)],
    },
    Target {
        flow: "broken-filter",
        node: "middle",
        exports: &[("init", 0), ("evaluate", 2)],
    },
    Target {
        flow: "broken-router",
        node: "middle",
        exports: &[("init", 0), ("route", 2)],
    },
    Target {
        flow: "broken-aggregator",
        node: "middle",
        exports: &[("init", 0), ("ingest", 2), ("flush", 0)],
    },
    Target {
        flow: "broken-sink",
        node: "sink",
        exports: &[("init", 0), ("push", 2), ("complete", 0)],
    },
];

/// Fails in every export of every role by `fault`, and checks that the failure is reported as `code: node … WORDS …`.
fn fails_everywhere(fault: &str, code: &str, words: &str) {
    for target in &TARGETS {
        for (export, element) in target.exports {
            fails(target, export, *element, [fault, code, words]);
        }
    }
}

fn fails(target: &Target, export: &str, element: u64, [fault, code, words]: [&str; 3]) {
    let node = target.node;
    let settings = [
        format!("{node}.fault={fault}"),
        format!("{node}.in={export}"),
        format!("{node}.element={element}"),
    ];
    let mut settings: Vec<&str> = settings.iter().map(String::as_str).collect();
    settings.push("--limit=100");
    if export == "notify-backpressure" {
        settings.push("sink=pause");
    }
    let told = simulate(target.flow, &settings, 1);
    let place = match element {
        0 => format!("in `{export}`: "),
        element => format!("in `{export}` of element {element}: "),
    };
    let failure = format!("{code}: node `{node}` {words} {place}");
    assert!(
        told.report.failure().starts_with(&failure),
        "{failure}\n{}",
        told.report
    );
    assert_eq!(told.report.count(node, "errors"), 1, "{}", told.report);
    assert_eq!(told.report.text("state"), "failed");
    // Stages that can still be called end properly.
    let ends = node != "sink" && export != "init";
    assert_eq!(told.stdout.contains("\nteardown after "), ends, "{}", told.stdout);
}

/// Fails in `teardown` of every role by `fault`: the flow is complete, and a warning is shown.
fn fails_in_teardown(fault: &str, code: &str) {
    for target in &TARGETS {
        let node = target.node;
        let settings = [format!("{node}.fault={fault}"), format!("{node}.in=teardown")];
        let told = simulate(target.flow, &[&settings[0], &settings[1], "--limit=100"], 0);
        assert_eq!(told.report.codes(), [""; 0], "{}", told.report);
        assert_eq!(told.report.text("state"), "completed");
        let events = told.report.events(&["teardown-failed"]);
        assert_eq!(events, [format!("0 teardown-failed {node} {code}")], "{}", told.report);
        assert_eq!(told.report.count(node, "errors"), 1, "{}", told.report);
    }
}

#[test]
fn a_trap_in_any_export_of_any_role_ends_its_flow_only() {
    fails_everywhere("trap", "E0412", "trapped");
    fails_in_teardown("trap", "E0412");
}

#[test]
fn an_endless_loop_in_any_export_of_any_role_is_stopped() {
    fails_everywhere("loop", "E0401", "was stopped");
    fails_in_teardown("loop", "E0401");
}

#[test]
fn whatever_ends_a_component_does_not_end_the_process() {
    for (fault, failure) in [
        ("abort", "E0412: node `middle` trapped in `process` of element 2: "),
        ("exit", "E0412: node `middle` trapped in `process` of element 2: Exited"),
        (
            "recurse",
            "E0412: node `middle` trapped in `process` of element 2: wasm trap: call stack exhausted",
        ),
        ("grow", "E0412: node `middle` trapped in `process` of element 2: "),
        ("sleep", "E0401: node `middle` was stopped in `process` of element 2: "),
    ] {
        let fault = format!("middle.fault={fault}");
        let settings = [fault.as_str(), "middle.in=process", "middle.element=2"];
        let told = simulate("broken-processor", &settings, 1);
        assert!(told.report.failure().starts_with(failure), "{failure}\n{}", told.report);
        assert_eq!(told.report.node("sink"), "in 2, delivered 2");
    }
}

#[test]
fn memory_ends_where_its_limit_is_in_every_role() {
    for (flow, node, export) in [
        ("broken-source", "source", "pull"),
        ("broken-filter", "middle", "evaluate"),
        ("broken-router", "middle", "route"),
        ("broken-aggregator", "middle", "ingest"),
        ("broken-sink", "sink", "push"),
    ] {
        let (fault, export) = (format!("{node}.fault=grow"), format!("{node}.in={export}"));
        let told = simulate(flow, &[&fault, &export, "--limit=100"], 1);
        assert_eq!(told.report.codes(), ["E0412"], "{}", told.report);
        assert!(told.stderr.contains("memory allocation of"), "{}", told.stderr);
    }
}

#[test]
fn an_error_of_100_mib_is_not_printed() {
    let settings = ["middle.fault=huge-error", "middle.in=process", "middle.element=1"];
    let told = simulate("roomy", &settings, 1);
    assert_eq!(told.report.codes().len(), 1, "{}", told.report);
    let failure = told.report.failure();
    assert!(failure.contains("node `middle`"), "{failure}");
    assert!(failure.len() < 10_000, "{} bytes", failure.len());
    assert_eq!(told.report.node("sink"), "in 1, delivered 1");

    let configs = settings.iter().flat_map(|setting| ["--config", setting]);
    let arguments: Vec<&str> = ["--flow", "roomy"].into_iter().chain(configs).collect();
    let finished = lab::run(&arguments).expect_code(1);
    assert!(finished.stderr.len() < 20_000, "{} bytes", finished.stderr.len());
}

#[test]
fn the_largest_buffer_passes_and_a_larger_one_does_not() {
    for copies in ["middle=guest", "middle=host"] {
        let told = simulate("passthrough", &["source.size=16777216", copies], 0);
        let sizes: Vec<usize> = told.stdout.lines().take(3).map(str::len).collect();
        assert_eq!(sizes, [(16 << 20) + "push 0 text/plain ".len(); 3], "{copies}");
    }
    let told = simulate("passthrough", &["source.size=16777217"], 1);
    assert!(got_no_buffer(&told, "E0300", "source"), "{}", told.report);
}
