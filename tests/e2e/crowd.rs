//! A thousand flows in one process.

use std::fmt::Write as _;

use crate::lab::build_project;
use crate::report::split;
use crate::torvync::REPORT;

const FLOWS: u64 = 1_000;

/// Number of elements of the flow with this number.
fn elements(number: u64) -> u64 {
    20 + number % 7
}

fn manifest() -> String {
    let mut text = "[torvyn]\nname = \"crowd\"\nversion = \"0.1.0\"\ncontract_version = \"0.1.0\"\n".to_owned();
    for name in ["counter-source", "passthrough-processor"] {
        let file = name.replace('-', "_");
        write!(
            text,
            "\n[[component]]\nname = \"{name}\"\nwasm = \"guests/{file}.wasm\"\n"
        )
        .expect("a String takes it");
    }
    let edge = |from, to| {
        format!("{{ from = {{ node = \"{from}\", port = \"output\" }}, to = {{ node = \"{to}\", port = \"input\" }} }}")
    };
    let edges = [edge("source", "middle"), edge("middle", "sink")].join(", ");
    for number in 0..FLOWS {
        let count = elements(number);
        write!(
            text,
            "\n[flow.f{number}]\nnodes.source = {{ component = \"counter-source\", config = {{ count = {count} }} }}\n\
             nodes.middle = {{ component = \"passthrough-processor\" }}\nnodes.sink = {{ component = \"builtin:console\" }}\n\
             edges = [{edges}]\n"
        )
        .expect("a String takes it");
    }
    text
}

#[test]
fn a_thousand_flows_run_at_the_same_time() {
    let built = build_project("crowd", &manifest(), &[]);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let arguments = [&["--all"], &REPORT[..]].concat();
    let finished = built.run_in(folder.path(), &arguments).expect_code(0);
    let (printed, reports) = split(&finished);
    assert_eq!(reports.len() as u64, FLOWS);
    for (number, report) in (0..FLOWS).zip(&reports) {
        assert_eq!(report.text("flow"), format!("f{number}"));
        assert_eq!(report.text("state"), "completed", "{report}");
        let count = elements(number);
        assert_eq!(report.node("middle"), format!("in {count}, out {count}"));
        assert_eq!(report.node("sink"), format!("in {count}, delivered {count}"));
    }
    let all: u64 = (0..FLOWS).map(elements).sum();
    assert_eq!(printed.lines().count() as u64, all);
    // All flows count from 0: each number is printed once by every flow that reaches it.
    for n in 0..elements(6) {
        let printed = printed.lines().filter(|line| *line == n.to_string()).count();
        let expected = (0..FLOWS).filter(|flow| elements(*flow) > n).count();
        assert_eq!(printed, expected, "{n}");
    }
}
