//! Flows with replicas: their joint delivery, and their endings.

use std::path::Path;
use std::time::Duration;

use crate::lab::{Built, REPLICAS};
use crate::process::Running;
use crate::report::{Report, Reported, split};
use crate::torvync::{REPORT, executable};

/// Runs a flow to its end in `folder`.
#[track_caller]
fn run_in(folder: &Path, flow: &str, settings: &[&str], code: i32) -> Reported {
    run(REPLICAS.built(), folder, flow, settings, code)
}

#[track_caller]
fn run(built: &Built, folder: &Path, flow: &str, settings: &[&str], code: i32) -> Reported {
    let arguments = [&["--flow", flow], &REPORT[..], settings].concat();
    Reported::of(built.run_in(folder, &arguments).expect_code(code))
}

/// Lines of a text, sorted.
fn sorted(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    lines
}

/// Messages of the generator, sorted.
fn greetings(message: &str, count: u64) -> Vec<String> {
    let mut lines: Vec<String> = (1..=count).map(|n| format!("{message} ({n})")).collect();
    lines.sort_unstable();
    lines
}

fn file(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(name)).expect("the flow made its file")
}

/// A number from the report of each replica.
fn parts(report: &Report, key: &str) -> Vec<u64> {
    let numbers = report.replicas().iter().map(|replica| replica[key].as_u64());
    numbers.map(|number| number.expect("a number")).collect()
}

/// Final state of each replica.
fn states(report: &Report) -> Vec<&str> {
    let states = report.replicas().iter().map(|replica| replica["state"].as_str());
    states.map(|state| state.expect("a state")).collect()
}

#[test]
fn numbers_are_shared_out_and_lines_of_a_file_stay_whole() {
    for built in REPLICAS.paths() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let report = run(built, folder.path(), "numbers", &[], 0).report;
        assert_eq!(
            sorted(&file(folder.path(), "numbers.txt")),
            greetings("Hello, Torvyn!", 5000)
        );
        assert_eq!(report.node("middle"), "in 5000, out 5000");
        assert_eq!(report.stream("source", "middle").count("dequeued"), 5000);
        assert_eq!(report.number("delivered"), 5000);
        assert_eq!(parts(&report, "delivered").iter().sum::<u64>(), 5000, "{report}");
        assert_eq!(states(&report), ["completed"; 3]);
    }
}

#[test]
fn lines_are_shared_out() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let text: String = (0..2000).map(|n| format!("line {n}\n")).collect();
    std::fs::write(folder.path().join("input.txt"), &text).expect("the folder is writable");
    let of_file = run_in(folder.path(), "lines", &["--input", "input.txt"], 0);
    assert_eq!(sorted(&of_file.stdout), sorted(&text));

    let mut running = REPLICAS.built().start_flow("lines", &[]);
    running.write(&text);
    let piped = Reported::of(running.finish().expect_code(0));
    assert_eq!(sorted(&piped.stdout), sorted(&text));
    assert_eq!(parts(&piped.report, "elements").iter().sum::<u64>(), 2000);
}

#[test]
fn a_configuration_tells_a_source_its_part() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let report = run_in(folder.path(), "parts", &[], 0).report;
    assert_eq!(parts(&report, "elements"), [10, 11, 12]);
    for (replica, count) in [(0, 10), (1, 11), (2, 12)] {
        let expected: String = (0..count).map(|n| format!("{n}\n")).collect();
        assert_eq!(file(folder.path(), &format!("part-{replica}-of-3.txt")), expected);
    }
}

#[test]
fn a_configuration_from_the_command_line_tells_it_too() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let settings = [
        "--config",
        "source={\"count\": 2{replica}}",
        "--output",
        "all-{replica}.txt",
    ];
    let report = run_in(folder.path(), "parts", &settings, 0).report;
    assert_eq!(parts(&report, "elements"), [20, 21, 22]);
    assert_eq!(file(folder.path(), "all-2.txt").lines().count(), 22);
}

#[test]
fn a_limit_counts_the_elements_of_all_replicas() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let report = run_in(folder.path(), "endless", &["--limit", "3001"], 0).report;
    assert_eq!(report.number("elements"), 3001);
    let printed = file(folder.path(), "endless.txt");
    let of = |message: &str| printed.lines().filter(|line| line.starts_with(message)).count() as u64;
    let (one, two) = (of("one"), of("two"));
    assert_eq!(one + two, 3001);
    assert_eq!(
        sorted(&printed),
        [greetings("one", one), greetings("two", two)].concat()
    );
}

#[test]
fn a_limit_is_reached_though_some_replicas_wait_for_input() {
    let mut running = REPLICAS.built().start_flow("lines", &["--limit=40"]);
    for n in 0..40 {
        running.write(&format!("{n}\n"));
    }
    let finished = Reported::of(running.finish_with_open_stdin().expect_code(0));
    assert_eq!(finished.report.number("delivered"), 40);
    assert_eq!(finished.stdout.lines().count(), 40);
}

#[test]
fn a_failure_of_one_replica_ends_all() {
    let mut running = REPLICAS.built().start_flow("failing", &[]);
    running.write("a line\n");
    let report = Reported::of(running.finish_with_open_stdin().expect_code(1)).report;
    assert_eq!((report.text("state"), report.codes()), ("failed", vec!["E0411"]));
    assert_eq!(states(&report), ["failed"; 2]);
    assert_eq!(parts(&report, "errors").iter().sum::<u64>(), 1);
    assert_eq!(report.node("middle"), "in 1, errors 1, failed 1");
}

#[test]
fn no_element_passes_when_one_replica_cannot_be_prepared() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let reported = run_in(folder.path(), "unprepared", &[], 1);
    assert_eq!((reported.stdout.as_str(), reported.report.codes()), ("", vec!["E0413"]));
    assert_eq!(parts(&reported.report, "elements"), [0, 0]);
    assert_eq!(states(&reported.report), ["failed"; 2]);
}

#[test]
fn a_signal_drains_all_replicas() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let arguments = [&["--flow", "endless"], &REPORT[..]].concat();
    let running = Running::start(executable(&REPLICAS.built().executable, folder.path(), &arguments));
    let printed = folder.path().join("endless.txt");
    while !std::fs::metadata(&printed).is_ok_and(|file| file.len() > 100_000) {
        std::thread::sleep(Duration::from_millis(5));
    }
    running.signal("TERM");
    let finished = running.finish_with_open_stdin().expect_code(0);
    let report = split(&finished).1.remove(0);
    assert_eq!(
        (report.text("state"), states(&report)),
        ("interrupted", vec!["interrupted"; 2])
    );
    let lines = file(folder.path(), "endless.txt").lines().count() as u64;
    assert_eq!((report.number("delivered"), report.number("undelivered")), (lines, 0));
}

#[test]
fn replicas_that_wait_have_threads_of_their_own() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let report = run_in(folder.path(), "waiting", &[], 0).report;
    assert_eq!(parts(&report, "delivered"), [10, 11]);
    let built = REPLICAS.built().flow("waiting");
    assert_eq!(built["replicas"], 2);
}

#[test]
fn memory_counts_for_each_replica() {
    let flow = REPLICAS.built().flow("numbers");
    let memory = flow["memory"].as_array().expect("a list");
    let bytes = |what: &str| {
        let line = memory.iter().find(|line| line["what"] == what);
        line.and_then(|line| line["bytes"].as_u64()).expect("the line is there")
    };
    assert_eq!(bytes("3 x linear memory of middle"), 3 * (64 << 20));
}

#[test]
fn ports_of_a_router_are_shared_out() {
    assert_eq!(REPLICAS.built().flow("keyed")["replicas_by"], "router");
    for built in REPLICAS.paths() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let report = run(built, folder.path(), "keyed", &[], 0).report;
        // In order, each once.
        for (name, expected) in [
            ("a.txt", "0\n3\n6\n9\n"),
            ("b.txt", "1\n4\n7\n10\n"),
            ("c.txt", "2\n5\n8\n11\n"),
        ] {
            assert_eq!(file(folder.path(), name), expected, "{name}");
        }
        assert_eq!(report.node("source"), "out 24");
        assert_eq!(report.node("router"), "in 24, out 12, filtered 12");
        assert_eq!(report.number("delivered"), 12);
        assert_eq!(parts(&report, "delivered"), [8, 4]);
    }
}

#[test]
fn a_limit_holds_for_each_replica_that_gets_everything() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let report = run_in(folder.path(), "keyed", &["--limit=5"], 0).report;
    assert_eq!(report.number("delivered"), 5);
    assert_eq!(file(folder.path(), "b.txt"), "1\n4\n");
}

#[test]
fn replicas_that_need_everything_do_not_read_standard_input() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let arguments = ["--flow", "keyed", "--input", "-"];
    let finished = REPLICAS.built().run_in(folder.path(), &arguments).expect_code(1);
    assert!(
        finished.stderr.contains("every replica needs the whole input"),
        "{}",
        finished.stderr
    );
    std::fs::write(folder.path().join("lines.txt"), "one\ntwo\n").expect("a file to read");
    let arguments = ["--flow", "keyed", "--input", "lines.txt"];
    REPLICAS.built().run_in(folder.path(), &arguments).expect_code(0);
    assert_eq!(file(folder.path(), "a.txt"), "one\n");
    assert_eq!(file(folder.path(), "b.txt"), "two\n");
}
