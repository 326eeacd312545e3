//! System access of real components: a panic, a clock, files and sockets, through everything that a toolchain links in.

use serde_json::Value;

use crate::lab::{self, even_filter};
use crate::process::Finished;
use crate::torvync::{build, output, run_to_end, target, torvync, workshop};

/// Links a flow of the lab's guest `name`, with `more` added to its manifest.
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
fn what_is_not_granted_is_denied_on_every_path() {
    let asked = "nothing\nseed\nwall\nmonotonic\nrandom\nnothing\n";
    let granted = lab::run_with_input(&["--flow", "asking"], asked).expect_code(0);
    assert_eq!(granted.stdout, asked.replace('\n', " ok\n"));

    let denied = lab::run_with_input(&["--flow", "asking-in-vain", "--log-level=error"], asked).expect_code(0);
    assert_eq!(denied.stdout, "nothing ok\nseed ok\nnothing ok\n");
}

#[test]
fn a_denial_names_the_capability_and_how_to_grant_it() {
    for (asked, capability) in [
        ("wall", "wasi:clocks/wall-clock"),
        ("monotonic", "wasi:clocks/monotonic-clock"),
        ("random", "wasi:random/random"),
    ] {
        let failed = lab::run_with_input(&["--flow", "asking-once"], &format!("seed\n{asked}\nnothing\n"));
        let failed = failed.expect_code(1);
        assert_eq!(failed.stdout, "seed ok\n");
        let message = format!(
            "error[E0500]: node `asking` was stopped in `process` of element 1: `{capability}` is not granted to \
             component `asking-denied`"
        );
        for words in [message.as_str(), "[security.grants.COMPONENT]"] {
            assert!(failed.stderr.contains(words), "expected `{words}`: {failed}");
        }
    }
}

#[test]
fn what_is_optional_and_not_granted_is_said() {
    let optional = "[capabilities.optional]\nwasi-clocks = true\n";
    let finished = link("slow_sink", "sink", optional).expect_code(0);
    assert!(finished.stderr.contains("warning[E0500]"), "{finished}");
    let granted = format!("{optional}\n[security.grants.stage]\ncapabilities = [\"wasi:clocks\"]\n");
    let finished = link("slow_sink", "sink", &granted).expect_code(0);
    assert!(!finished.stderr.contains("warning"), "{finished}");
}

#[test]
fn what_nobody_is_given_can_be_optional_and_not_required() {
    let keys = "wasi-filesystem-read = true\nwasi-environment = true\nwasi-tcp-connect = true\n";
    let required = link(
        "wasi_probe_source",
        "source",
        &format!("[capabilities.required]\n{keys}"),
    );
    assert_eq!(required.code, Some(1), "{required}");
    assert_eq!(required.stderr.matches("error[E0020]").count(), 1, "{required}");
    assert!(
        required.stderr.contains("move them to `[capabilities.optional]`"),
        "{required}"
    );
    let optional = link(
        "wasi_probe_source",
        "source",
        &format!("[capabilities.optional]\n{keys}"),
    );
    assert_eq!(optional.expect_code(0).stderr.matches("warning[E0500]").count(), 1);
}

#[test]
fn allow_all_allows_what_can_be_given() {
    let folder = workshop("capabilities/allow-all");
    std::fs::write(folder.join("even.wasm"), even_filter()).expect("the workshop is writable");
    let manifest = "[torvyn]\nname = \"all\"\nversion = \"0.1.0\"\ncontract_version = \"0.1.0\"\n\n\
                    [[component]]\nname = \"even\"\nwasm = \"even.wasm\"\n\n\
                    [security]\ndefault_capability_policy = \"allow-all\"\n\n\
                    [flow.main]\nnodes.even = { component = \"even\" }\n";
    std::fs::write(folder.join("Torvyn.toml"), manifest).expect("the workshop is writable");
    let program = folder.join("program");
    build(&folder, &[], &program);
    let printed = run_to_end(torvync().arg("inspect").arg(&program).args(["--format", "json"]));
    let inspected: Value = serde_json::from_str(&printed).expect("JSON is printed");
    let nodes = inspected["flows"][0]["nodes"].as_array().expect("the flow has nodes");
    let even = nodes
        .iter()
        .find(|node| node["name"] == "even")
        .expect("the flow has the node");
    let granted: Vec<&str> = even["capabilities"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    assert!(
        granted.contains(&"wasi:clocks") && granted.contains(&"wasi:random/random"),
        "{granted:?}"
    );
    for nobodys in ["wasi:filesystem", "wasi:sockets", "wasi:http", "wasi:cli/environment"] {
        let is_granted = granted.iter().any(|grant| grant.starts_with(nobodys));
        assert!(!is_granted, "{nobodys} in {granted:?}");
    }
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
