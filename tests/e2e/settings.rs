//! The `config` of built-in nodes, seen in what a run reads and writes: `keys/walk.txt` leads here.

use std::fs;
use std::path::Path;

use crate::torvync::{build, executable, output, run_to_end, workshop};

/// A flow whose built-ins have settings: the keys that it shows, and what it writes to standard output and to `out.txt`.
struct Shown {
    keys: &'static [&'static str],
    flow: &'static str,
    stdout: &'static str,
    file: Option<&'static str>,
}

const RUNS: [Shown; 2] = [
    Shown {
        keys: &[
            "builtin:generator.count",
            "builtin:generator.message",
            "builtin:console.flush_ms",
        ],
        flow: "numbers",
        stdout: "No. (1)\nNo. (2)\n",
        file: None,
    },
    Shown {
        keys: &["builtin:lines.path", "builtin:file.path"],
        flow: "copy",
        stdout: "",
        file: Some("there\none\ntwo\n"),
    },
];

const MANIFEST: &str = r#"[torvyn]
name = "settings"
version = "0.1.0"
contract_version = "0.1.0"

[runtime.pools]
large_pool_size = 0
exhaustion_policy = "error"

[flow.numbers]
nodes.from = { component = "builtin:generator", config = { count = 2, message = "No." } }
nodes.to = { component = "builtin:console", config = { flush_ms = 0 } }
edges = [{ from = { node = "from", port = "output" }, to = { node = "to", port = "input" } }]

[flow.copy]
nodes.from = { component = "builtin:lines", config = { path = "in.txt" } }
nodes.to = { component = "builtin:file", config = { path = "out.txt" } }
edges = [{ from = { node = "from", port = "output" }, to = { node = "to", port = "input" } }]
"#;

#[test]
fn the_settings_of_built_ins_show_in_a_run() {
    let folder = workshop("settings");
    for (name, text) in [
        ("Torvyn.toml", MANIFEST),
        ("in.txt", "one\ntwo\n"),
        ("out.txt", "there\n"),
    ] {
        fs::write(folder.join(name), text).expect("the workshop is writable");
    }
    let binary = folder.join("settings");
    build(&folder, &[], &binary);
    for Shown {
        keys,
        flow,
        stdout,
        file,
    } in RUNS
    {
        let said = run_to_end(&mut executable(&binary, &folder, &["--flow", flow]));
        assert_eq!(said, stdout, "{keys:?}");
        if let Some(expected) = file {
            let written = fs::read_to_string(folder.join("out.txt")).expect("the flow wrote it");
            assert_eq!(written, expected, "{keys:?}");
        }
    }
    endpoints_fail(&binary, &folder);
}

/// What can't be opened, and what has no buffer, has its code, its reason and its remedy.
fn endpoints_fail(binary: &Path, folder: &Path) {
    let fails = |arguments: &[&str], words: &[&str]| {
        let finished = output(&mut executable(binary, folder, arguments)).expect_code(1);
        for words in words {
            assert!(finished.stderr.contains(words), "{words}: {finished}");
        }
    };
    fails(
        &["--flow", "copy", "--config", "from.path=nowhere"],
        &["error[E0414]: node `from` failed in `init`", "nowhere"],
    );
    let long = format!("from.message={}", "x".repeat(5000));
    fails(
        &["--flow", "numbers", "--config", &long],
        &[
            "error[E0301]: node `from` got no buffer in `pull`",
            "no buffer of 5004 bytes is left: `large_pool_size` allows none of 65536 bytes, and `exhaustion_policy` forbids others\n",
            r#"= help: raise `large_pool_size` in `[runtime.pools]` of Torvyn.toml, or set `exhaustion_policy = "fallback-alloc"`"#,
        ],
    );
}
