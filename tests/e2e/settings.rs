//! The `config` of built-in nodes, shown by what a run reads and writes. The runs are lines of `keys/walk.txt`.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

#[cfg(target_os = "linux")]
use crate::calls::Calls;
#[cfg(target_os = "linux")]
use crate::ends::eventually;
#[cfg(target_os = "linux")]
use crate::process::Running;
use crate::torvync::{build, executable, output, root, workshop};

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
nodes.to = { component = "builtin:file", config = { path = "out.txt", flush_ms = 0 } }
edges = [{ from = { node = "from", port = "output" }, to = { node = "to", port = "input" } }]
"#;

/// The executable, built once.
fn built() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let folder = workshop("settings");
        fs::write(folder.join("Torvyn.toml"), MANIFEST).expect("the workshop is writable");
        let binary = folder.join("settings");
        build(&folder, &[], &binary);
        binary
    })
}

/// A folder with the flows' inputs.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, text) in [
        ("in.txt", "one\ntwo\n"),
        ("other.txt", "three\n"),
        ("out.txt", "there\n"),
    ] {
        fs::write(folder.path().join(name), text).expect("the folder is writable");
    }
    folder
}

/// The result of a run of `flow` that the first word of `shown` selects.
fn left(flow: &str, setting: Option<&str>, shown: &str) -> String {
    let folder = folder();
    let mut arguments = vec!["--flow", flow, "--quiet"];
    arguments.extend(setting.iter().flat_map(|setting| ["--config", *setting]));
    let mut command = executable(built(), folder.path(), &arguments);
    let stdout = folder.path().join("stdout");
    command.stdout(File::create(&stdout).expect("the folder is writable"));
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap_or_default();
    match shown.split_once(' ') {
        #[cfg(target_os = "linux")]
        Some(("calls", call)) => {
            let calls = Calls::of(&mut command, &folder.path().join("calls"));
            succeed(&mut command);
            let name = call.split(' ').next().unwrap_or_default();
            format!("{name} {}", calls.count(name))
        }
        Some((name, _)) => {
            succeed(&mut command);
            read(name)
        }
        None => panic!("`{shown}` does not say what is left"),
    }
}

fn succeed(command: &mut Command) {
    output(command).expect_code(0);
}

#[test]
fn the_settings_of_built_ins_show_in_a_run() {
    let walk = fs::read_to_string(root().join("tests/keys/walk.txt")).expect("the walk is there");
    let mut runs = 0;
    for line in walk.lines().filter(|line| !line.starts_with('#')) {
        let parts: Vec<&str> = line.split(" | ").collect();
        let [key, "run", run, shown] = parts[..] else { continue };
        if shown.starts_with("calls ") && cfg!(not(target_os = "linux")) {
            continue;
        }
        let (flow, setting) = run.split_once(": ").expect("a flow and a setting");
        let (_, expected) = shown.split_once(' ').expect("a place and what is there");
        let expected = expected.replace("\\n", "\n");
        assert_eq!(left(flow, Some(setting), shown), expected, "{key}");
        assert_ne!(left(flow, None, shown), expected, "{key} without the setting");
        runs += 1;
    }
    assert!(runs > 0, "no line of keys/walk.txt is run");
}

#[test]
fn built_ins_do_what_the_manifest_says() {
    assert_eq!(left("numbers", None, "stdout …"), "No. (1)\nNo. (2)\n");
    assert_eq!(left("copy", None, "out.txt …"), "there\none\ntwo\n");
}

/// Number of flushes to the disk after lines that come one by one while the flow rests.
#[cfg(target_os = "linux")]
#[test]
fn a_file_is_written_to_the_disk_as_often_as_fsync_says() {
    for (fsync, is_synced) in [("always", true), ("interval", true), ("never", false)] {
        let folder = folder();
        let setting = format!("to.fsync={fsync}");
        let arguments = [
            "--flow=copy",
            "--input=-",
            "--config",
            &setting,
            "--config=to.flush_ms=20",
        ];
        let mut command = executable(built(), folder.path(), &arguments);
        command.stdin(std::process::Stdio::piped());
        let calls = Calls::of(&mut command, &folder.path().join("calls"));
        let mut running = Running::start(command);
        for line in 1..=3 {
            running.write("line\n");
            eventually("the line is written", || calls.count("write") == line);
            if is_synced {
                eventually("the line is on the disk", || calls.count("sync") == line);
            }
        }
        running.finish().expect_code(0);
        assert_eq!(calls.count("sync"), if is_synced { 3 } else { 0 }, "{fsync}");
    }
}

/// `always` flushes every write at once, `interval` flushes everything written within `flush_ms` together.
#[cfg(target_os = "linux")]
#[test]
fn fsync_follows_what_flush_ms_says() {
    let lines = 100_000;
    let calls = |fsync: &str, flush: &str| {
        let folder = folder();
        fs::write(folder.path().join("in.txt"), "line\n".repeat(lines)).expect("the folder is writable");
        let settings = [format!("to.fsync={fsync}"), format!("to.flush_ms={flush}")];
        let arguments = ["--flow=copy", "--config", &settings[0], "--config", &settings[1]];
        let mut command = executable(built(), folder.path(), &arguments);
        let calls = Calls::of(&mut command, &folder.path().join("calls"));
        succeed(&mut command);
        (calls.count("write"), calls.count("sync"))
    };
    let rarely = "600000";
    let (writes, syncs) = calls("always", rarely);
    assert!(writes > 1 && writes < lines, "{writes} of {lines}");
    assert_eq!(syncs, writes);
    assert_eq!(calls("interval", rarely), (writes, 1));
    assert_eq!(calls("never", rarely), (writes, 0));
}

/// Without a time between writes, there is none between flushes.
#[cfg(target_os = "linux")]
#[test]
fn fsync_at_intervals_of_no_time_is_fsync_always() {
    for setting in ["to.fsync=always", "to.fsync=interval"] {
        let folder = folder();
        let mut command = executable(built(), folder.path(), &["--flow=copy", "--config", setting]);
        let calls = Calls::of(&mut command, &folder.path().join("calls"));
        succeed(&mut command);
        assert_eq!((calls.count("write"), calls.count("sync")), (2, 2), "{setting}");
    }
}

/// A file that cannot be opened and a buffer that is refused are reported with code, reason and remedy.
#[test]
fn what_built_ins_can_t_do_has_a_reason_and_a_remedy() {
    let folder = folder();
    let fails = |arguments: &[&str], words: &[&str]| {
        let finished = output(&mut executable(built(), folder.path(), arguments)).expect_code(1);
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
            "no buffer of 5004 bytes is left: `large_pool_size` allows none of 65536 bytes, and `exhaustion_policy` forbids buffers outside the pools\n",
            r#"= help: raise `large_pool_size` in `[runtime.pools]` of Torvyn.toml, or set `exhaustion_policy = "fallback-alloc"`"#,
        ],
    );
}
