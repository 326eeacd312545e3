//! What real components reach: a panic, a clock, files and sockets, through all that a toolchain puts between.

use serde_json::Value;

use crate::process::Finished;
use crate::torvync::{output, run_to_end, target, torvync, workshop};

/// Links a flow of the lab's guest `name`, whose manifest says `more`.
fn link(name: &str, role: &str, more: &str) -> Finished {
    let folder = workshop(&format!("capabilities/{name}-{}", more.len()));
    let guest = target()
        .join("test-guests/wasm32-wasip2/release")
        .join(format!("{name}.wasm"));
    let edges = match role {
        "source" => r#"{ from = { node = "stage", port = "output" }, to = { node = "end", port = "input" } }"#,
        "sink" => r#"{ from = { node = "start", port = "output" }, to = { node = "stage", port = "input" } }"#,
        _ => {
            r#"{ from = { node = "start", port = "output" }, to = { node = "stage", port = "input" } },
    { from = { node = "stage", port = "output" }, to = { node = "end", port = "input" } }"#
        }
    };
    let start = if role == "source" {
        ""
    } else {
        "nodes.start = { component = \"builtin:generator\" }\n"
    };
    let end = if role == "sink" {
        ""
    } else {
        "nodes.end = { component = \"builtin:console\" }\n"
    };
    let manifest = format!(
        "[torvyn]\nname = \"reach\"\nversion = \"0.1.0\"\ncontract_version = \"0.1.0\"\n\n{more}\n\
         [[component]]\nname = \"stage\"\nwasm = {guest:?}\n\n[flow.main]\n{start}{end}\
         nodes.stage = {{ component = \"stage\" }}\nedges = [\n    {edges}\n]\n"
    );
    std::fs::write(folder.join("Torvyn.toml"), manifest).expect("the workshop is writable");
    output(torvync().current_dir(&folder).arg("link"))
}

#[test]
fn a_component_that_can_panic_needs_nothing() {
    for (name, role) in [
        ("failing_processor", "processor"),
        ("printing_processor", "processor"),
        ("faulty_processor", "processor"),
        ("joining_aggregator", "aggregator"),
        ("waiting_source", "source"),
    ] {
        let finished = link(name, role, "");
        assert_eq!(finished.code, Some(0), "{name}: {finished}");
        assert!(!finished.stderr.contains("warning"), "{name}: {finished}");
    }
}

#[test]
fn a_clock_is_declared_and_granted() {
    let finished = link("slow_sink", "sink", "");
    assert_eq!(finished.code, Some(1), "{finished}");
    assert!(finished.stderr.contains("error[E0103]"), "{finished}");
    assert!(finished.stderr.contains("`wasi-clocks`"), "{finished}");
    let way = finished.stderr.lines().find(|line| line.contains("reached by"));
    let way = way.expect("the way is shown");
    for name in ["`push`", "std::time::Instant", "`clock_time_get`"] {
        assert!(way.contains(name), "{name} in {way}");
    }

    let declared = "[capabilities.required]\nwasi-clocks = true\n";
    let finished = link("slow_sink", "sink", declared);
    assert!(finished.stderr.contains("error[E0202]"), "{finished}");

    let granted = format!("{declared}\n[security.grants.stage]\ncapabilities = [\"wasi:clocks\"]\n");
    assert_eq!(link("slow_sink", "sink", &granted).code, Some(0));
}

#[test]
fn files_sockets_and_variables_are_seen() {
    let finished = link("wasi_probe_source", "source", "");
    for capability in ["wasi-filesystem-read", "wasi-environment", "wasi-tcp-connect"] {
        assert!(finished.stderr.contains(&format!("`{capability}`")), "{finished}");
    }
    assert_eq!(finished.stderr.matches("error[E0103]").count(), 3, "{finished}");
}

#[test]
fn inspect_shows_what_code_can_use() {
    let guest = target().join("test-guests/wasm32-wasip2/release/slow_sink.wasm");
    let printed = run_to_end(torvync().arg("inspect").arg(guest).args(["--format", "json"]));
    let inspected: Value = serde_json::from_str(&printed).expect("JSON is printed");
    let used = &inspected["capabilities"];
    assert_eq!(used.as_array().map(Vec::len), Some(1), "{used}");
    assert_eq!(used[0]["name"], "wasi-clocks");
    assert_eq!(used[0]["acquired_by"], "clock_time_get");
}
