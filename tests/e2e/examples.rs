//! Every example, built and run as its README describes.

use std::path::{Path, PathBuf};

use crate::process::{Finished, Running};
use crate::report::Reported;
use crate::torvync::{REPORT, build, executable, root, run_to_end, torvync, workshop};

fn example(name: &str) -> PathBuf {
    root().join("examples").join(name)
}

/// Builds an example. Returns the path of the executable.
fn built(name: &str) -> PathBuf {
    let output = workshop("examples").join(name);
    build(&example(name), &[], &output);
    output
}

fn run(program: &Path, folder: &Path, arguments: &[&str]) -> Finished {
    Running::start(executable(program, folder, arguments))
        .finish()
        .expect_code(0)
}

fn prints_what_is_expected(name: &str) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let finished = run(&built(name), folder.path(), &[]);
    assert_eq!(finished.stdout, expected_output(name));
}

fn expected_output(name: &str) -> String {
    std::fs::read_to_string(example(name).join("expected-output.txt")).expect("the example says")
}

#[test]
fn every_example_is_tested() {
    let mut names: Vec<String> = root()
        .join("examples")
        .read_dir()
        .expect("there are examples")
        .map(|entry| {
            entry
                .expect("a folder entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .filter(|name| !name.starts_with('.'))
        .collect();
    names.sort();
    assert_eq!(
        names,
        [
            "backpressure-demo",
            "benchmark-comparison",
            "benchmark-real",
            "event-enrichment",
            "fan-out",
            "hello-world",
            "log-triage",
            "stream-transform",
            "token-streaming"
        ]
    );
}

#[test]
fn hello_world() {
    prints_what_is_expected("hello-world");
}

#[test]
fn stream_transform() {
    prints_what_is_expected("stream-transform");
}

#[test]
fn benchmark_comparison() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let finished = run(&built("benchmark-comparison"), folder.path(), &["--limit", "1000"]);
    assert_eq!(finished.stdout, expected_output("benchmark-comparison"));
}

/// Its flows are those of other examples, with sources that repeat their elements.
#[test]
fn benchmark_real() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let program = built("benchmark-real");
    let flow = |options: &[&str]| run(&program, folder.path(), options).stdout;
    let events = flow(&["--flow", "event-enrichment", "--limit", "5"]);
    assert_eq!(events, expected_output("event-enrichment"));
    let tokens = flow(&["--flow", "token-streaming", "--limit", "20"]);
    assert_eq!(tokens, expected_output("token-streaming"));
    let log = example("log-triage").join("dpkg.log");
    let log = log.to_str().expect("the path is UTF-8");
    let triaged = flow(&["--flow", "log-triage", "--input", log, "--output", "-"]);
    let expected = std::fs::read_to_string(example("log-triage").join("expected-triage.jsonl")).expect("is committed");
    assert!(triaged == expected, "the records differ from expected-triage.jsonl");
    let orders = flow(&["--flow", "json-edit", "--limit", "3", "--output", "-"]);
    assert_eq!(orders, expected_output("benchmark-real"));
}

#[test]
fn backpressure_demo() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let program = built("backpressure-demo");
    let finished = run(
        &program,
        folder.path(),
        &[&["--clock", "simulated"], &REPORT[..]].concat(),
    );
    let told = Reported::of(finished);
    assert_eq!(told.stdout, expected_output("backpressure-demo"));
    assert!(told.stderr.contains("123"), "how often it paused: {}", told.stderr);
    let stream = told.report.stream("source", "sink");
    assert_eq!(stream.count("backpressure_episodes"), 123);
    assert_eq!(["peak_depth", "dequeued"].map(|key| stream.count(key)), [16, 1000]);
    // One element every ten milliseconds, all of it waiting time.
    let states = told.report.events(&["state"]);
    assert_eq!(states.last().map(String::as_str), Some("9990 state completed"));
}

#[test]
fn token_streaming() {
    prints_what_is_expected("token-streaming");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let program = built("token-streaming");
    let finished = run(&program, folder.path(), &["--limit", "18"]);
    assert!(
        finished.stdout.contains("sentence 2: Torvyn handles streaming\n"),
        "what was left is flushed: {finished}"
    );
    let blocked = ["--config", "filter.blocked=[\"lazy\",\"quick\"]"];
    let finished = run(&program, folder.path(), &blocked);
    assert!(
        finished
            .stdout
            .contains("sentence 0: The brown fox jumped over the dog.\n"),
        "{finished}"
    );
}

#[test]
fn event_enrichment() {
    prints_what_is_expected("event-enrichment");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let program = built("event-enrichment");
    let finished = run(&program, folder.path(), &["--config", "severity.alert_threshold=5"]);
    assert_eq!(finished.stdout.matches("ALERT").count(), 3, "{finished}");
    assert!(finished.stdout.contains("Non-alert events: 2 "), "{finished}");
}

#[test]
fn fan_out() {
    prints_what_is_expected("fan-out");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let finished = run(&built("fan-out"), folder.path(), &REPORT);
    let told = Reported::of(finished);
    assert_eq!(told.stdout, expected_output("fan-out"));
    let delivered = ["metric-sink", "log-sink"].map(|sink| told.report.count(sink, "delivered"));
    assert_eq!(delivered.iter().sum::<u64>(), told.report.number("delivered"));
    assert_eq!(told.report.count("router", "in"), told.report.number("elements"));
}

#[test]
fn torvync_run_builds_and_becomes_the_executable() {
    let mut command = torvync();
    command
        .args(["run", "--manifest"])
        .arg(example("hello-world").join("Torvyn.toml"));
    command.args(["--config", "source.count=2"]);
    let expected = "[hello-sink] seq=0: Hello, World! (message 1)\n[hello-sink] seq=1: Hello, World! (message 2)\n\
                    [hello-sink] Stream complete.\n[hello-sink] Received 2 messages total.\n";
    assert_eq!(run_to_end(&mut command), expected);
}

#[test]
fn log_triage() {
    let program = built("log-triage");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let log = example("log-triage").join("dpkg.log");
    std::fs::copy(&log, folder.path().join("dpkg.log")).expect("a copy");
    let finished = run(&program, folder.path(), &[]);
    assert_eq!(finished.stdout, "");

    let triaged = std::fs::read_to_string(folder.path().join("triage.jsonl")).expect("the report was written");
    for action in ["install", "upgrade"] {
        let found = triaged
            .lines()
            .filter(|line| line.contains(&format!("\"action\":\"{action}\"")))
            .count();
        assert_eq!(found, grep(&format!("^[^ ]* [^ ]* {action} "), &log), "{action}");
    }
    assert_eq!(
        triaged.lines().count(),
        grep("^[^ ]* [^ ]* \\(install\\|upgrade\\) ", &log)
    );
    let expected = std::fs::read_to_string(example("log-triage").join("expected-triage.jsonl")).expect("is committed");
    assert!(triaged == expected, "triage.jsonl differs from expected-triage.jsonl");

    // It appends: a second run doubles the file.
    run(&program, folder.path(), &[]);
    let again = std::fs::read_to_string(folder.path().join("triage.jsonl")).expect("the report is there");
    assert!(again == expected.repeat(2));
}

#[test]
fn log_triage_takes_other_ends() {
    let program = built("log-triage");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let log = "2026-01-02 03:04:05 install a\"b:amd64 <none> 1.0\\2\n2026-01-02 03:04:06 status installed c:all 1\n";
    std::fs::write(folder.path().join("other.log"), log).expect("the folder is writable");
    let finished = run(&program, folder.path(), &["--input", "other.log", "--output", "-"]);
    let expected = r#"{"time":"2026-01-02T03:04:05","action":"install","package":"a\"b","arch":"amd64","from":null,"to":"1.0\\2"}"#;
    assert_eq!(finished.stdout, format!("{expected}\n"));
}

#[test]
fn log_triage_refuses_what_is_no_dpkg_log() {
    let program = built("log-triage");
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("dpkg.log"), "what is this\n").expect("the folder is writable");
    let finished = Running::start(executable(&program, folder.path(), &[]))
        .finish()
        .expect_code(1);
    let words =
        "node `parse` returned an error in `process` of element 0: invalid-input: not a dpkg log line: what is this";
    assert!(finished.stderr.contains(words), "{finished}");
}

/// The number of lines of `path` that match, counted by an independent program.
fn grep(pattern: &str, path: &Path) -> usize {
    let mut command = std::process::Command::new("grep");
    run_to_end(command.args(["-c", "-e", pattern]).arg(path))
        .trim()
        .parse()
        .expect("grep counts")
}
