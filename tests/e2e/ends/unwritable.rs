//! What can't be written: full disks, closed outputs, reports that get lost, broken pipes.

use std::fs;

use super::{fifo, folder, numbers, read, run, run_in_shell, whole_lines};
use crate::report::Reported;

#[test]
fn what_a_full_disk_refuses_is_not_delivered() {
    let folder = folder();
    numbers(folder.path(), 5);
    let arguments = ["--flow=main", "--input=numbers", "--output=/dev/full", "--format=json"];
    let report = Reported::printed(run(folder.path(), &arguments).expect_code(1)).report;
    assert_eq!(
        (report.text("state"), report.number("delivered")),
        ("failed", 0),
        "{report}"
    );
    assert_eq!(report.node("sink"), "in 5, errors 1, failed 5");
    assert_eq!(
        report.failure(),
        "E0414: node `sink` failed in `push` of element 0: can't write to `/dev/full`: No space left on device (os error 28)"
    );
}

/// A limit on the size of files acts like a disk that fills up after that many bytes.
#[test]
fn a_file_has_what_is_delivered_and_no_half_line() {
    let folder = folder();
    let text = numbers(folder.path(), 50_000);
    let arguments = ["--flow=main", "--input=numbers", "--output=out", "--format=json"];
    let script = "ulimit -f 61; $APP; code=$?; wc -c < out > size; exit $code";
    let report = Reported::printed(run_in_shell(folder.path(), script, &arguments).expect_code(1)).report;
    let out = read(folder.path(), "out");
    assert!(out.len() > 61_000 && out.len() <= 61 * 1024, "{}", out.len());
    assert!(text.starts_with(&out));
    assert_eq!(report.number("delivered"), whole_lines(&out), "{report}");
    let failure = report.failure();
    assert!(failure.contains("can't write to `out`: File too large"), "{failure}");
    let first = format!("of element {}:", whole_lines(&out));
    assert!(failure.contains(&first), "{failure} is not {first}");
}

#[test]
fn what_a_full_disk_refuses_goes_where_the_policy_says() {
    let folder = folder();
    numbers(folder.path(), 20_000);
    let arguments = ["--flow=skipping", "--input=numbers", "--format=json"];
    let told = Reported::printed(run_in_shell(folder.path(), "ulimit -f 30; $APP", &arguments).expect_code(0));
    let lines = whole_lines(&read(folder.path(), "out"));
    assert!(lines > 3_000, "{lines}");
    assert_eq!(told.report.count("sink", "delivered"), lines, "{}", told.report);
    assert_eq!(told.report.count("sink", "skipped"), 20_000 - lines);

    fs::remove_file(folder.path().join("out")).expect("it was there");
    // A pipe has no such limit.
    fifo(folder.path(), "pipe");
    let arguments = ["--flow=keeping", "--input=numbers", "--format=json"];
    let script = "cat pipe > letters & ulimit -f 30; $APP; code=$?; wait; exit $code";
    let told = Reported::printed(run_in_shell(folder.path(), script, &arguments).expect_code(0));
    assert_eq!(told.report.count("sink", "delivered"), lines, "{}", told.report);
    assert_eq!(told.report.count("sink", "dead_lettered"), 20_000 - lines);
    let letters: String = (lines..20_000).map(|n| format!("{n}\n")).collect();
    assert_eq!(read(folder.path(), "letters"), letters);
}

/// The disk has room again before the attempts are used up: no element is missing or duplicated.
#[test]
fn what_a_full_disk_refused_is_tried_again() {
    let folder = folder();
    let text = numbers(folder.path(), 5_000);
    let arguments = ["--flow=trying", "--input=numbers", "--format=json"];
    // A process may raise its soft limit again.
    let script = "ulimit -S -f 10; $APP & app=$!; until [ \"$(wc -c < out)\" -gt 10000 ]; do :; done; sleep 0.2; \
                  prlimit --pid $app --fsize=unlimited; wait $app";
    let told = Reported::printed(run_in_shell(folder.path(), script, &arguments).expect_code(0));
    assert_eq!(read(folder.path(), "out"), text);
    assert_eq!(told.report.number("delivered"), 5_000);
    assert!(told.report.count("sink", "retries") > 0, "{}", told.report);
}

#[test]
fn a_closed_standard_output_is_not_written_to() {
    let folder = folder();
    numbers(folder.path(), 3);
    let to_console = ["--flow=main", "--input=numbers", "--output=-"];
    let finished = run_in_shell(folder.path(), "$APP >&-", &to_console).expect_code(1);
    let expected = "can't write to standard output: it was closed when the program started";
    assert!(finished.stderr.contains(expected), "{finished}");
    // Output to `/dev/null` is unwanted, and needs no reader.
    run_in_shell(folder.path(), "$APP >/dev/null", &to_console).expect_code(0);
    run_in_shell(folder.path(), "$APP 1<>/dev/null", &to_console).expect_code(0);
    let finished = run_in_shell(folder.path(), "$APP <&-", &["--flow=main", "--input=-"]).expect_code(1);
    assert!(
        finished.stderr.contains("can't open standard input: it was closed"),
        "{finished}"
    );
}

#[test]
fn a_lost_report_is_told() {
    let folder = folder();
    numbers(folder.path(), 3);
    let arguments = ["--flow=main", "--input=numbers", "--output=out", "--format=json"];
    let finished = run_in_shell(folder.path(), "$APP > /dev/full", &arguments).expect_code(1);
    let expected = "error[E0014]: cannot write the report to standard output: No space left on device (os error 28)\n";
    assert_eq!(finished.stderr, expected);
    assert_eq!(whole_lines(&read(folder.path(), "out")), 3);
    // The error comes before anything runs whose report could be lost.
    let finished = run_in_shell(folder.path(), "$APP >&-", &arguments).expect_code(2);
    let expected = "cannot write the report to standard output: it was closed when the program started";
    assert!(finished.stderr.contains(expected), "{finished}");
    assert_eq!(whole_lines(&read(folder.path(), "out")), 3);
    for arguments in ["--help", "inspect"] {
        let finished = run_in_shell(folder.path(), "$APP >&-", &[arguments]).expect_code(1);
        assert!(
            finished.stderr.contains("it was closed when the program started"),
            "{finished}"
        );
    }
}

#[test]
fn a_broken_pipe_is_told_once() {
    let folder = folder();
    for arguments in [
        &["--flow=both", "--quiet"][..],
        &["--flow=main", "--input=generator", "--output=-", "--quiet"],
        &["--flow=shared", "--input=generator", "--output=-", "--quiet"],
    ] {
        let script = "{ $APP 2>told; echo $? >code; } | head -n 3";
        let finished = run_in_shell(folder.path(), script, arguments).expect_code(0);
        assert_eq!(finished.stdout.lines().count(), 3);
        let told = read(folder.path(), "told");
        let count = told
            .matches("can't write to standard output: its reader has closed it")
            .count();
        assert_eq!(count, 1, "{arguments:?}: {told}");
        assert_eq!(told.matches("error[").count(), 1, "{arguments:?}: {told}");
        assert_eq!(read(folder.path(), "code"), "1\n");
    }
}
