//! Delivery of flows, and interoperation of components of different origin.

use serde_json::Value;

use crate::lab::{run, run_with_input};
use crate::torvync::REPORT;

#[test]
fn elements_arrive_in_order_then_complete_then_teardown() {
    let finished = run(&["--flow", "count"]).expect_code(0);
    let expected = "push 0 text/plain 0\npush 1 text/plain 1\npush 2 text/plain 2\npush 3 text/plain 3\n\
                    push 4 text/plain 4\ncomplete after 5\nteardown after 5\n";
    assert_eq!(finished.stdout, expected);
}

#[test]
fn a_node_configuration_can_be_overridden() {
    let finished = run(&[
        "--flow",
        "count",
        "--config",
        "source.count=1",
        "--config",
        "source.size=3",
    ])
    .expect_code(0);
    assert_eq!(
        finished.stdout,
        "push 0 text/plain 000\ncomplete after 1\nteardown after 1\n"
    );
}

#[test]
fn a_flow_without_elements_completes() {
    let finished = run(&["--flow", "count", "--config", "source.count=0"]).expect_code(0);
    assert_eq!(finished.stdout, "complete after 0\nteardown after 0\n");
}

#[test]
fn large_elements_arrive_whole() {
    let finished = run(&["--flow", "passthrough", "--config", "source.size=1000000"]).expect_code(0);
    let sizes: Vec<usize> = finished
        .stdout
        .lines()
        .filter(|line| line.starts_with("push"))
        .map(str::len)
        .collect();
    assert_eq!(sizes, [1_000_000 + "push 0 text/plain ".len(); 3]);
}

#[test]
fn copies_in_the_guest_and_in_the_host_deliver_the_same() {
    let in_guest = run(&["--flow", "passthrough", "--config", "middle=guest"]).expect_code(0);
    let in_host = run(&["--flow", "passthrough", "--config", "middle=host"]).expect_code(0);
    assert_eq!(in_guest.stdout, in_host.stdout);
    assert!(in_guest.stdout.starts_with("push 0 text/plain 0\n"), "{in_guest}");
}

#[test]
fn a_component_of_plain_wit_bindgen_runs_unchanged() {
    let finished = run_with_input(&["--flow", "plain"], "one\ntwö\n").expect_code(0);
    assert_eq!(finished.stdout, "ONE\nTWÖ\nprocessed 2\n");
}

#[test]
fn the_tutorials_spelling_of_the_allocator_is_accepted() {
    let finished = run_with_input(&["--flow", "alias"], "one\ntwo\n").expect_code(0);
    assert_eq!(finished.stdout, "ONE\nTWO\n");
}

#[test]
fn a_core_module_with_wit_metadata_becomes_a_component() {
    let finished = run_with_input(&["--flow", "core"], "zero\none\ntwo\nthree\n").expect_code(0);
    assert_eq!(finished.stdout, "zero\ntwo\n");
}

#[test]
fn lines_keep_all_but_their_ends() {
    let finished = run_with_input(&["--flow", "core"], "\r\nodd\n  indented\t\nodd\nno end").expect_code(0);
    assert_eq!(finished.stdout, "\n  indented\t\nno end\n");
}

#[test]
fn stdout_and_stderr_of_components_are_the_executables_own() {
    let finished = run(&["--flow", "printing", "--log-level", "error"]).expect_code(0);
    assert_eq!(
        finished.stdout,
        "stdout: init now\nstdout: 0 ü\nstdout: 1 ü\nstdout: no line end"
    );
    assert_eq!(finished.stderr, "stderr: init now\nstderr: 0 ü\nstderr: 1 ü\n");
}

#[test]
fn nothing_of_wasi_but_printing_is_allowed() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let finished = crate::lab::run_in(folder.path(), &["--flow", "wasi"]).expect_code(0);
    let expected = "variables: 0\narguments: 0\nstdin: 0 bytes\nread a file: denied\nwrite a file: denied\n\
                    list a folder: denied\nconnect: denied\n";
    assert_eq!(finished.stdout, expected);
    assert_eq!(folder.path().read_dir().expect("the folder is there").count(), 0);
}

#[test]
fn a_diamond_delivers_both_branches_each_in_order() {
    let finished = run(&["--flow", "diamond"]).expect_code(0);
    let sequences: Vec<u64> = finished.stdout.lines().filter_map(pushed).collect();
    let (mut copied, mut kept) = (Vec::new(), Vec::new());
    for sequence in sequences {
        let branch = if copied.contains(&sequence) {
            &mut kept
        } else {
            &mut copied
        };
        branch.push(sequence);
    }
    assert_eq!(copied, (0..10).collect::<Vec<u64>>(), "{finished}");
    assert_eq!(kept, [0, 2, 4, 6, 8], "{finished}");
    assert!(
        finished.stdout.ends_with("complete after 15\nteardown after 15\n"),
        "{finished}"
    );
}

/// The sequence number in `push 3 text/plain 3`.
fn pushed(line: &str) -> Option<u64> {
    line.strip_prefix("push ")?.split(' ').next()?.parse().ok()
}

#[test]
fn the_report_accounts_for_every_element() {
    let arguments = [&["--flow", "diamond", "--clock", "simulated"], &REPORT[..]].concat();
    let finished = run(&arguments).expect_code(0);
    let report = finished.report.expect("the run reports");
    let report: Value = serde_json::from_str(&report).expect("the report is JSON");
    for node in report["nodes"].as_array().expect("a list of nodes") {
        let count = |key: &str| node[key].as_u64().unwrap_or_else(|| panic!("no `{key}` in {node}"));
        let taken = count("filtered") + count("absorbed") + count("delivered");
        match node["role"].as_str() {
            Some("source") => assert_eq!(count("out"), 10),
            Some("sink") => assert_eq!((count("in"), taken), (15, 15)),
            _ => assert_eq!(count("in"), count("out") + taken, "{node}"),
        }
    }
    assert_eq!(report["exit_code"], 0, "{report}");
}
