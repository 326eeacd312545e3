//! Several flows in one executable: one of them by name, or all at once.

use std::path::Path;

use serde_json::Value;

use crate::lab::{Built, TOGETHER};
use crate::report::{Report, split};
use crate::torvync::REPORT;

/// The flows of the manifest, each with its failure.
const FLOWS: [(&str, &str); 10] = [
    ("first", ""),
    ("trapping", "E0412"),
    ("looping", "E0401"),
    ("burning", "E0401"),
    ("greedy", "E0412"),
    ("forging", "E0303"),
    ("hoarding", "E0310"),
    ("second", ""),
    ("sleeping", ""),
    ("last", ""),
];

/// The first `count` numbers, one per line: the contents of a file.
fn numbers(count: u64) -> String {
    (0..count).map(|n| format!("{n}\n")).collect()
}

fn file(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(name)).expect("the flow made its file")
}

fn report<'a>(reports: &'a [Report], flow: &str) -> &'a Report {
    let found = reports.iter().find(|report| report.text("flow") == flow);
    found.unwrap_or_else(|| panic!("no report of `{flow}`"))
}

#[test]
fn hostile_flows_do_no_harm_to_others() {
    for built in TOGETHER.paths() {
        do_no_harm(built);
    }
}

fn do_no_harm(built: &Built) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let finished = built
        .run_in(folder.path(), &[&["--all"], &REPORT[..]].concat())
        .expect_code(1);
    let (printed, reports) = split(&finished);

    let told: Vec<(&str, String)> = reports
        .iter()
        .map(|report| (report.text("flow"), report.codes().join(" ")))
        .collect();
    assert_eq!(told, FLOWS.map(|(name, code)| (name, code.to_owned())));
    for (flow, code) in FLOWS {
        let report = report(&reports, flow);
        let expected = if code.is_empty() {
            ("completed", 0)
        } else {
            ("failed", 1)
        };
        assert_eq!((report.text("state"), report.number("exit_code")), expected, "{report}");
    }

    for flow in ["first", "last"] {
        assert_eq!(file(folder.path(), &format!("{flow}.txt")), numbers(3000));
        assert_eq!(report(&reports, flow).number("delivered"), 3000);
    }
    // Elements delivered before a failure are in the file too.
    for (flow, delivered) in [
        ("trapping", 20),
        ("looping", 10),
        ("burning", 15),
        ("greedy", 30),
        ("forging", 0),
        ("hoarding", 0),
    ] {
        assert_eq!(
            file(folder.path(), &format!("{flow}.txt")),
            numbers(delivered),
            "{flow}"
        );
        assert_eq!(report(&reports, flow).number("delivered"), delivered, "{flow}");
        assert_eq!(report(&reports, flow).number("undelivered"), 1, "{flow}");
    }
    for (sink, flow, count) in [("quick", "second", 2000), ("sleepy", "sleeping", 40)] {
        let lines: Vec<&str> = printed.lines().filter(|line| line.starts_with(sink)).collect();
        let expected = (0..count).map(|n| format!("{sink} {n} text/plain {n}"));
        let expected: Vec<String> = expected.chain([format!("{sink} complete")]).collect();
        assert_eq!(lines, expected);
        assert_eq!(report(&reports, flow).number("delivered"), count);
    }
}

#[test]
fn a_flow_that_waits_in_the_host_does_not_stop_another() {
    let own_thread = &TOGETHER.built().flow("sleeping")["own_thread"];
    let reason = own_thread.as_str().expect("its driver has a thread of its own");
    assert!(reason.contains("stage `middle` imports wasi:io/poll"), "{reason}");
    assert!(TOGETHER.built().flow("second")["own_thread"].is_null());

    let folder = tempfile::tempdir().expect("a temporary folder");
    let arguments = [&["--all", "--quiet"], &REPORT[..]].concat();
    let finished = TOGETHER.built().run_in(folder.path(), &arguments).expect_code(1);
    let told = finished.report.as_deref().expect("it reports");
    let told: Value = serde_json::from_str(told).expect("it is JSON");
    // In milliseconds: the duration of a flow, and the time of its last event, from the making of its run.
    let times = |name: &str| {
        let flows = told["flows"].as_array().into_iter().flatten();
        let flow = flows.into_iter().find(|flow| flow["flow"] == name);
        let flow = flow.unwrap_or_else(|| panic!("no `{name}` in {told}"));
        let last = flow["events"]
            .as_array()
            .and_then(|events| events.last()?["at_ns"].as_f64());
        let last = last.unwrap_or_else(|| panic!("no events of `{name}` in {told}"));
        (flow["duration_ms"].as_f64().expect("a number"), last / 1e6)
    };
    let ((quick, quick_end), (sleepy, sleepy_end)) = (times("second"), times("sleeping"));
    let apart = sleepy_end - quick_end;
    assert!(
        apart > 0.0 && sleepy - quick > apart / 2.0,
        "each flow has its own end: {told}"
    );
    let lines: Vec<&str> = finished.stdout.lines().collect();
    let position = |text: &str| lines.iter().position(|line| *line == text);
    // The sleeper takes 800 ms for its elements. The other one ends long before, though a third flow loops.
    let quick = position("quick complete").expect("the quick flow completes");
    let sleepy = position("sleepy 39 text/plain 39").expect("the sleeping flow completes");
    assert!(quick < sleepy, "{finished}");
}

#[test]
fn a_call_that_uses_up_its_fuel_is_stopped() {
    let finished = TOGETHER
        .run_in(&crate::torvync::workshop("burning"), &["burning"])
        .expect_code(1);
    let expected = "error[E0401]: node `middle` was stopped in `process` of element 15: it used up its fuel";
    assert!(finished.stderr.contains(expected), "{finished}");
}

#[test]
fn all_flows_end_after_a_signal() {
    for built in TOGETHER.paths() {
        end_after_a_signal(built);
    }
}

fn end_after_a_signal(built: &Built) {
    let running = built.start(&[&["--all"], &REPORT[..]].concat());
    running.wait_for("sleepy 3 ");
    running.signal("TERM");
    let finished = running.finish_with_open_stdin();
    assert!(matches!(finished.code, Some(0 | 1)), "{finished}");
    let (_, reports) = split(&finished);
    let names: Vec<&str> = reports.iter().map(|report| report.text("flow")).collect();
    assert_eq!(names, FLOWS.map(|(name, _)| name));
    let sleeping = report(&reports, "sleeping");
    assert_eq!(sleeping.text("state"), "interrupted");
    assert_eq!(sleeping.number("undelivered"), 0);
    assert!(sleeping.number("delivered") < 40, "{sleeping}");
}

#[test]
fn one_flow_is_chosen_by_name() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for words in [
        &["--flow", "second"][..],
        &["second"],
        &["run", "flow.second"],
        &["second", "--flow=second"],
    ] {
        let arguments = [words, &REPORT[..]].concat();
        let finished = TOGETHER.built().run_in(folder.path(), &arguments).expect_code(0);
        let (printed, reports) = split(&finished);
        assert_eq!(reports.len(), 1, "{words:?}");
        assert_eq!(reports[0].text("flow"), "second");
        assert_eq!(printed.lines().count(), 2001);
    }
    // Without a name, the first flow of the manifest runs.
    let finished = TOGETHER.built().run_in(folder.path(), &REPORT);
    let finished = finished.expect_code(0);
    assert_eq!(split(&finished).1[0].text("flow"), "first");
}

#[test]
fn what_fits_no_flow_is_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (arguments, words) in [
        (
            &["--flow", "none"][..],
            "`together` has no flow `none`\n  = help: flows: first, trapping",
        ),
        (&["none"], "unknown command or flow `none`"),
        (&["first", "--all"], "flow `first` is named, but `--all`"),
        (&["--all", "--flow", "first"], "flow `first` is named, but `--all`"),
        (
            &["--all", "--config", "source.count=1"],
            "`--config` applies to one flow",
        ),
        (&["--all", "--input", "generator"], "`--input` applies to one flow"),
        (&["--all", "--output", "-"], "`--output` applies to one flow"),
    ] {
        let finished = TOGETHER.built().run_in(folder.path(), arguments).expect_code(2);
        assert!(finished.stderr.contains("error[E0704]"), "{finished}");
        assert!(finished.stderr.contains(words), "{words}: {finished}");
    }
    assert_eq!(folder.path().read_dir().expect("the folder is there").count(), 0);
}
