//! Every option of every command has an effect, and every exit code of the README occurs: data, one line for each.
//!
//! The options are read from `--help` and the codes from the README, so that one without a line fails the test.

#[path = "walk/codes.rs"]
mod codes;
#[path = "walk/options.rs"]
mod options;

use std::process::Stdio;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use crate::lab::{Built, build_project};
use crate::process::{Finished, PATIENCE, Running};
use crate::torvync::{executable, torvync, workshop};

/// Name of the executable in a line; otherwise `torvync` runs.
const APP: &str = "app";

const MANIFEST: &str = r#"[torvyn]
name = "walk"
version = "0.1.0"
contract_version = "0.1.0"

[[component]]
name = "passthrough-processor"
wasm = "guests/passthrough_processor.wasm"

[flow.main]
nodes.source = { component = "builtin:generator", config = { count = 3 } }
nodes.middle = { component = "passthrough-processor" }
nodes.sink = { component = "builtin:console" }
edges = [
    { from = { node = "source", port = "output" }, to = { node = "middle", port = "input" } },
    { from = { node = "middle", port = "output" }, to = { node = "sink", port = "input" } },
]
"#;

/// A flow of built-ins, with settings for its source and its edge.
fn flow(name: &str, config: &str, edge: &str) -> String {
    format!(
        "\n[flow.{name}]\nnodes.source = {{ component = \"builtin:generator\", config = {{ {config} }} }}\n\
         nodes.sink = {{ component = \"builtin:console\" }}\nedges = [{{ from = {{ node = \"source\", port = \"output\" }}, \
         to = {{ node = \"sink\", port = \"input\" }}{edge} }}]\n"
    )
}

/// The project of the walk, with the other files that its lines name.
fn project() -> &'static Built {
    static BUILT: OnceLock<Built> = OnceLock::new();
    BUILT.get_or_init(|| {
        let folder = workshop("walk");
        let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).expect("the workshop is writable");
        let slow = ", backpressure = { policy = \"rate-limit\", max_elements_per_second = 1 }";
        let flows = [
            flow("other", "count = 2, message = \"Other\"", ""),
            flow("slow", "count = 2, message = \"Slow\"", slow),
        ];
        let head = "[torvyn]\nname = \"odd\"\nversion = \"0.1.0\"\ncontract_version = \"0.1.0\"\n";
        let odd = format!(
            "{head}[registry]\ndefault = \"localhost\"\n{}",
            flow("main", "count = 1, message = \"Odd\"", "")
        );
        write("odd.toml", &odd);
        write(
            "endless.toml",
            &format!("{head}{}", flow("main", "message = \"More\"", "")),
        );
        write(
            "missing.toml",
            &MANIFEST.replace("guests/passthrough_processor.wasm", "passthrough_processor.wasm"),
        );
        let broken = MANIFEST.replace(
            "wasm = \"guests/passthrough_processor.wasm\"",
            "path = \".\"\nbuild_command = \"false\"",
        );
        write("broken.toml", &broken);
        std::fs::create_dir_all(folder.join("parts")).expect("the workshop is writable");
        let part = folder.join("parts/passthrough-processor.wasm");
        let built = build_project("walk", &format!("{MANIFEST}{}", flows.concat()), &[]);
        std::fs::copy(folder.join("guests/passthrough_processor.wasm"), part).expect("the guests are there");
        write("lines.txt", "a line of the file\n");
        built
    })
}

/// Runs a command line of the walk.
fn run(command: &str, line: &str) -> Finished {
    let built = project();
    let fresh = tempfile::tempdir().expect("a temporary folder");
    let folder = match command {
        // The folder that it creates must not exist.
        "init" => fresh.path().to_owned(),
        _ => workshop("walk"),
    };
    if line.starts_with("init here") {
        std::fs::create_dir_all(fresh.path().join("here/not-empty")).expect("the folder is writable");
    }
    let mut words: Vec<&str> = line.split_whitespace().collect();
    let first = words.first().copied().unwrap_or_default();
    let interrupt = first == "SIGINT";
    let speak = first == "STDIN";
    let variable = first
        .split_once('=')
        .filter(|(name, _)| name.chars().all(|c| c.is_ascii_uppercase()));
    if interrupt || speak || variable.is_some() {
        words.remove(0);
    }
    let mut command = match command {
        APP => executable(&built.executable, &folder, &words),
        _ => {
            let mut torvync = torvync();
            torvync.args(&words).current_dir(&folder);
            torvync
        }
    };
    command.env_remove("TORVYN_LOG").env_remove("NO_COLOR");
    if let Some((name, value)) = variable {
        command.env(name, value);
    }
    if speak {
        command.stdin(Stdio::piped());
    }
    let out = folder.join("out.txt");
    let _ = std::fs::remove_file(&out);
    let mut running = Running::start(command);
    if speak {
        for message in [
            "{\"id\":1,\"method\":\"initialize\",\"params\":{\"capabilities\":{}}",
            "{\"method\":\"initialized\",\"params\":{}",
            "{\"id\":2,\"method\":\"shutdown\"",
            "{\"method\":\"exit\"",
        ] {
            let message = format!("{message},\"jsonrpc\":\"2.0\"}}");
            running.write(&format!("Content-Length: {}\r\n\r\n{message}", message.len()));
        }
    }
    if interrupt {
        let since = Instant::now();
        while !std::fs::metadata(&out).is_ok_and(|file| file.len() > 0) {
            assert!(since.elapsed() < PATIENCE, "nothing is written");
            std::thread::sleep(Duration::from_millis(5));
        }
        running.signal("INT");
    }
    let finished = running.finish();
    if let Some(map) = finished.perf_map() {
        std::fs::remove_file(map).expect("the map can be removed");
    }
    finished
}
