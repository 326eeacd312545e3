//! Components that fail: the flow ends with a message that names node and element, with a non-zero exit code, and with
//! everything delivered before flushed.

use crate::lab::{LAB, run};
use crate::process::Finished;
use crate::torvync::workshop;

/// Runs `flow`, in which node `node` fails in `call` at `element`.
fn fail(flow: &str, node: &str, fault: &str, call: &str, element: u64) -> Finished {
    let config = |key: &str, value: &str| format!("{node}.{key}={value}");
    let (fault, call) = (config("fault", fault), config("in", call));
    let element = config("element", &element.to_string());
    run(&[
        "--flow", flow, "--config", &fault, "--config", &call, "--config", &element,
    ])
    .expect_code(1)
}

/// The output of the collecting sink for elements `0..count` of the counter.
fn delivered(count: u64) -> String {
    let pushes: String = (0..count).map(|n| format!("push {n} text/plain {n}\n")).collect();
    format!("{pushes}complete after {count}\nteardown after {count}\n")
}

#[track_caller]
fn says(finished: &Finished, code: &str, words: &str) {
    let expected = format!("error[{code}]: {words}");
    assert!(finished.stderr.contains(&expected), "expected `{expected}`\n{finished}");
}

#[test]
fn a_trap_names_node_and_element() {
    let finished = fail("broken-processor", "middle", "trap", "process", 3);
    says(&finished, "E0412", "node `middle` trapped in `process` of element 3");
    assert!(
        finished.stderr.contains("asked to fail in `process` at 3"),
        "the panic message: {finished}"
    );
    assert_eq!(finished.stdout, delivered(3));
}

#[test]
fn a_trap_in_a_filter_names_node_and_element() {
    let finished = fail("broken-filter", "middle", "trap", "evaluate", 2);
    says(&finished, "E0412", "node `middle` trapped in `evaluate` of element 2");
    assert_eq!(finished.stdout, delivered(2));
}

#[test]
fn a_trap_in_a_source_names_the_element_that_was_to_come() {
    let finished = fail("broken-source", "source", "trap", "pull", 2);
    says(&finished, "E0412", "node `source` trapped in `pull` of element 2");
    assert_eq!(finished.stdout, delivered(2));
}

#[test]
fn a_trap_in_a_sink_leaves_what_it_took_before() {
    let finished = fail("broken-sink", "sink", "trap", "push", 1);
    says(&finished, "E0412", "node `sink` trapped in `push` of element 1");
    assert!(finished.stdout.starts_with("push 0\n"), "{finished}");
}

#[test]
fn errors_of_every_category_end_the_flow() {
    let categories = [
        (
            "invalid-input",
            "E0411",
            "invalid-input: asked to fail in `process` at 1",
        ),
        ("unavailable", "E0411", "unavailable: asked to fail in `process` at 1"),
        ("internal", "E0411", "internal: asked to fail in `process` at 1"),
        ("deadline-exceeded", "E0411", "deadline-exceeded"),
        ("fatal", "E0410", "fatal: asked to fail in `process` at 1"),
    ];
    for (fault, code, words) in categories {
        let finished = fail("broken-processor", "middle", fault, "process", 1);
        says(
            &finished,
            code,
            &format!("node `middle` returned an error in `process` of element 1: {words}"),
        );
        assert_eq!(finished.stdout, delivered(1), "{fault}");
    }
}

#[test]
fn errors_of_source_and_sink_end_the_flow() {
    let finished = fail("broken-source", "source", "unavailable", "pull", 1);
    says(
        &finished,
        "E0411",
        "node `source` returned an error in `pull` of element 1: unavailable",
    );
    assert_eq!(finished.stdout, delivered(1));

    let finished = fail("broken-sink", "sink", "invalid-input", "push", 1);
    says(
        &finished,
        "E0411",
        "node `sink` returned an error in `push` of element 1: invalid-input",
    );
    assert_eq!(finished.stdout, "push 0\ncomplete\nteardown\n");

    let finished = fail("broken-sink", "sink", "internal", "complete", 0);
    says(
        &finished,
        "E0411",
        "node `sink` returned an error in `complete`: internal",
    );
    assert!(finished.stdout.ends_with("push 7\nteardown\n"), "{finished}");
}

#[test]
fn an_endless_loop_is_stopped_by_its_deadline() {
    let finished = fail("broken-processor", "middle", "loop", "process", 2);
    says(
        &finished,
        "E0401",
        "node `middle` was stopped in `process` of element 2: it ran longer than 300 ms",
    );
    assert_eq!(finished.stdout, delivered(2));

    let finished = fail("broken-source", "source", "loop", "pull", 1);
    says(&finished, "E0401", "node `source` was stopped in `pull` of element 1");
    assert_eq!(finished.stdout, delivered(1));
}

#[test]
fn a_wait_in_the_host_is_stopped_by_its_deadline() {
    let finished = fail("broken-processor", "middle", "sleep", "process", 2);
    says(
        &finished,
        "E0401",
        "node `middle` was stopped in `process` of element 2: it ran longer than 300 ms",
    );
    assert_eq!(finished.stdout, delivered(2));
}

#[test]
fn a_short_wait_in_the_host_is_no_failure() {
    let nap = ["fault=nap", "in=process", "element=1"].map(|setting| format!("middle.{setting}"));
    let configs = nap.iter().flat_map(|setting| ["--config", setting.as_str()]);
    let arguments: Vec<&str> = ["--flow", "broken-processor"].into_iter().chain(configs).collect();
    let finished = run(&arguments).expect_code(0);
    assert!(finished.stdout.contains("push 2 "), "{finished}");
}

#[test]
fn a_failure_in_init_keeps_the_flow_from_starting() {
    for (fault, code, words) in [
        (
            "loop",
            "E0401",
            "node `middle` was stopped in `init`: it ran longer than 300 ms",
        ),
        ("trap", "E0412", "node `middle` trapped in `init`"),
        (
            "unavailable",
            "E0413",
            "node `middle` returned an error in `init`: unavailable: asked to fail in `init` at 0",
        ),
    ] {
        let finished = fail("broken-processor", "middle", fault, "init", 0);
        says(&finished, code, words);
        assert!(!finished.stdout.contains("push"), "{finished}");
    }
}

#[test]
fn a_configuration_that_init_refuses_is_shown() {
    let finished = run(&["--flow", "count", "--config", "source.count=many"]).expect_code(1);
    says(
        &finished,
        "E0413",
        "node `source` returned an error in `init`: invalid-input: `config`: `count`: invalid type: string \"many\"",
    );
}

#[test]
fn a_failure_in_teardown_is_a_warning_and_does_not_keep_others_from_theirs() {
    for (fault, code, words) in [
        ("trap", "E0412", "node `middle` trapped in `teardown`"),
        ("loop", "E0401", "node `middle` was stopped in `teardown`"),
    ] {
        let settings = [format!("middle.fault={fault}"), "middle.in=teardown".to_owned()];
        for built in LAB.paths() {
            let mut arguments = vec!["--flow", "broken-processor"];
            arguments.extend(settings.iter().flat_map(|setting| ["--config", setting]));
            let finished = built.run_in(&workshop("lab"), &arguments).expect_code(0);
            let warnings = finished.stderr.lines().filter(|line| line.starts_with("warning: "));
            let told: Vec<&str> = warnings.collect();
            assert_eq!(told.len(), 1, "{finished}");
            let is_there = |text: &str| told[0].contains(text);
            assert!(
                is_there("teardown-failed") && is_there(code) && is_there(words),
                "{finished}"
            );
            assert_eq!(finished.stdout, delivered(8));
        }
    }
}

#[test]
fn a_component_that_takes_all_memory_is_stopped() {
    let finished = fail("broken-processor", "middle", "grow", "process", 1);
    says(&finished, "E0412", "node `middle` trapped in `process` of element 1");
    assert_eq!(finished.stdout, delivered(1));
}

#[test]
fn what_was_delivered_to_a_file_is_flushed() {
    let arguments = [
        "--flow=to-file",
        "--config=middle.fault=trap",
        "--config=middle.in=process",
        "--config=middle.element=3",
    ];
    let finished = LAB.compare(|built| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let finished = built.run_in(folder.path(), &arguments);
        let delivered = std::fs::read_to_string(folder.path().join("delivered.txt")).expect("the file was written");
        assert_eq!(delivered, "0\n1\n2\n");
        finished
    });
    finished.expect_code(1);
}
