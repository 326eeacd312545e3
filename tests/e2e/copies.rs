//! Copies are counted consistently: `build`'s prediction for each edge, the report of each stage, and the summary
//! agree.

use serde_json::Value;

use crate::lab::{Built, build_project};
use crate::paths::PATHS;
use crate::process::Finished;
use crate::torvync::REPORT;

const MANIFEST: &str = r#"[torvyn]
name = "copies"
version = "0.1.0"
contract_version = "0.1.0"

[[component]]
name = "counter-source"
wasm = "guests/counter_source.wasm"

[[component]]
name = "passthrough-processor"
wasm = "guests/passthrough_processor.wasm"

[flow.built-in]
nodes.source = { component = "builtin:generator", config = { count = 5 } }
nodes.sink = { component = "builtin:console" }
edges = [{ from = { node = "source", port = "output" }, to = { node = "sink", port = "input" } }]

[flow.lines]
nodes.source = { component = "builtin:lines", config = { path = "lines.txt" } }
nodes.middle = { component = "passthrough-processor" }
nodes.sink = { component = "builtin:console" }
edges = [
    { from = { node = "source", port = "output" }, to = { node = "middle", port = "input" } },
    { from = { node = "middle", port = "output" }, to = { node = "sink", port = "input" } },
]

[flow.stages]
nodes.source = { component = "builtin:generator", config = { count = 6 } }
nodes.a = { component = "passthrough-processor" }
nodes.b = { component = "passthrough-processor" }
nodes.c = { component = "passthrough-processor" }
nodes.sink = { component = "builtin:console" }
edges = [
    { from = { node = "source", port = "output" }, to = { node = "a", port = "input" } },
    { from = { node = "a", port = "output" }, to = { node = "b", port = "input" } },
    { from = { node = "b", port = "output" }, to = { node = "c", port = "input" } },
    { from = { node = "c", port = "output" }, to = { node = "sink", port = "input" } },
]

[flow.fan-out]
nodes.source = { component = "builtin:generator", config = { count = 4 } }
nodes.a = { component = "passthrough-processor" }
nodes.b = { component = "passthrough-processor" }
nodes.one = { component = "builtin:console" }
nodes.two = { component = "builtin:console" }
nodes.three = { component = "builtin:console" }
edges = [
    { from = { node = "source", port = "output" }, to = { node = "a", port = "input" } },
    { from = { node = "source", port = "output" }, to = { node = "b", port = "input" } },
    { from = { node = "a", port = "output" }, to = { node = "one", port = "input" } },
    { from = { node = "a", port = "output" }, to = { node = "two", port = "input" } },
    { from = { node = "b", port = "output" }, to = { node = "three", port = "input" } },
]

[flow.replicas]
replicas = 2
nodes.source = { component = "builtin:generator", config = { count = 50 } }
nodes.middle = { component = "passthrough-processor" }
nodes.sink = { component = "builtin:console" }
edges = [
    { from = { node = "source", port = "output" }, to = { node = "middle", port = "input" } },
    { from = { node = "middle", port = "output" }, to = { node = "sink", port = "input" } },
]
"#;

/// The flows, with the number of copies of one run.
const FLOWS: [(&str, u64); 5] = [
    ("built-in", 5),
    // Each line into a buffer, out of it, and into the next one.
    ("lines", 3 * 3),
    ("stages", 6 * 7),
    // Into one buffer, out of it twice, and into two others.
    ("fan-out", 4 * 5),
    ("replicas", 50 * 3),
];

#[test]
fn summary_account_and_build_agree() {
    for path in PATHS {
        let built = build_project(&format!("copies-{path}"), MANIFEST, &["--opt", path]);
        for (flow, expected) in FLOWS {
            agree(&built, flow, expected);
        }
    }
}

fn agree(built: &Built, flow: &str, expected: u64) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("lines.txt"), "one\ntwo\nthree\n").expect("the folder is writable");
    let finished = built
        .run_in(folder.path(), &[&[flow], &REPORT[..]].concat())
        .expect_code(0);
    let report: Value = serde_json::from_str(finished.report.as_deref().expect("a report")).expect("JSON");
    let number = |value: &Value| value.as_u64().unwrap_or_else(|| panic!("no number in {report}"));

    // The report as a whole, and the sum over its stages and reasons.
    assert_eq!(number(&report["copies"]["count"]), expected, "{flow}: {report}");
    let nodes = report["nodes"].as_array().expect("a list");
    let reasons = ["payload-read", "payload-write", "host-serialize"];
    let of_nodes = nodes
        .iter()
        .flat_map(|node| reasons.map(|reason| number(&node["copies"][reason])));
    assert_eq!(of_nodes.sum::<u64>(), expected, "{flow}: {report}");

    // The build's prediction for each edge, times the elements on it: as a whole, and for each stage.
    let streams = report["streams"].as_array().expect("a list");
    let edges = built.flow(flow)["edges"].as_array().expect("a list");
    let passed = |edge: &Value| {
        let is_it = |stream: &&Value| stream["from"] == edge["from"] && stream["to"] == edge["to"];
        number(&streams.iter().find(is_it).expect("the stream of the edge")["dequeued"])
    };
    let of_edges = edges.iter().map(|edge| number(&edge["copies"]) * passed(edge));
    assert_eq!(of_edges.sum::<u64>(), expected, "{flow}");
    for node in nodes {
        let ends_in = |edge: &Value, end: &str| {
            let name = edge[end].as_str().and_then(|end| end.split('.').next());
            name == node["name"].as_str()
        };
        let told = |end: &str, copies: &str| -> u64 {
            let its = edges.iter().filter(|edge| ends_in(edge, end));
            its.map(|edge| number(&edge[copies]) * passed(edge)).sum()
        };
        let counted = |reason: &str| number(&node["copies"][reason]);
        assert_eq!(told("to", "reads"), counted("payload-read"), "{flow}: {node}");
        let written = counted("payload-write") + counted("host-serialize");
        assert_eq!(told("from", "writes"), written, "{flow}: {node}");
    }

    // The text output: the summary, and the stages of the account.
    let finished = built.run_in(folder.path(), &[flow]).expect_code(0);
    assert_eq!(summary(&finished), expected, "{finished}");
    let of_account = finished.stderr.lines().filter_map(|line| {
        let (head, _) = line.split_once(" cop")?;
        let is_account = line.contains(" of ") && !line.contains("Copies");
        is_account.then(|| head.rsplit(' ').next()?.parse::<u64>().ok())?
    });
    assert_eq!(of_account.sum::<u64>(), expected, "{finished}");
}

/// The number in `Copies: 30 (…)`.
fn summary(finished: &Finished) -> u64 {
    let line = finished
        .stderr
        .lines()
        .find_map(|line| line.trim().strip_prefix("Copies:"));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    number.unwrap_or_else(|| panic!("no copies: {finished}"))
}
