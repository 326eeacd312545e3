//! Interruption: how long a component that does not return holds up its flow, on each call path. A `process` that loops
//! for ever, with a deadline of 50 ms for each call.
//!
//! Prints the median and the worst of 200 runs beside the goal: the deadline plus two ticks of the watchdog.
//! Everything is measured from outside: from the start of the process, whose first call loops, to the first byte of the
//! message on standard error. So the few milliseconds of the start are part of the figures.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![expect(
    clippy::disallowed_methods,
    reason = "a benchmark starts processes and reads their files"
)]

use std::error::Error;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Number of runs measured on each path.
const RUNS: usize = 200;

/// The call paths.
const PATHS: [&str; 3] = ["component", "direct", "fused"];

/// Deadline of one call.
const DEADLINE: Duration = Duration::from_millis(50);

/// Time allowed beyond the deadline.
const GOAL: Duration = Duration::from_millis(20);

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .ok_or("the tests are in a folder of the project")?;
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("Torvyn.toml"), manifest(root))?;
    println!("start to failure, without the deadline  median      worst       goal");
    for path in PATHS {
        let app = build(root, folder.path(), path)?;
        let mut times = Vec::new();
        for _ in 0..RUNS {
            times.push(interruption(&app)?.saturating_sub(DEADLINE));
        }
        times.sort();
        println!(
            "{path:<36} {:>6.2} ms  {:>6.2} ms  {:>6} ms",
            millis(times[RUNS / 2]),
            millis(times[RUNS - 1]),
            GOAL.as_millis()
        );
    }
    Ok(())
}

/// A flow whose first element is never finished. Two of its stages can be fused.
fn manifest(root: &Path) -> String {
    let component = |name: &str| {
        let path = root.join("tests/guests").join(name);
        format!("[[component]]\nname = \"{name}\"\npath = {path:?}\nlanguage = \"rust\"\n\n")
    };
    let edge = |from: &str, to: &str| {
        format!(
            "    {{ from = {{ node = \"{from}\", port = \"output\" }}, to = {{ node = \"{to}\", port = \"input\" }} }},\n"
        )
    };
    format!(
        "[torvyn]\nname = \"interrupt\"\nversion = \"0.1.0\"\ncontract_version = \"0.1.0\"\n\n\
         [runtime]\ninvocation_timeout_ms = {}\n\n\
         {}{}[flow.main]\n\
         nodes.source = {{ component = \"builtin:generator\" }}\n\
         nodes.middle = {{ component = \"failing-processor\", config = {{ how = \"loop\", elements = [0] }} }}\n\
         nodes.copy = {{ component = \"passthrough-processor\" }}\n\
         nodes.sink = {{ component = \"builtin:console\" }}\nedges = [\n{}{}{}]\n",
        DEADLINE.as_millis(),
        component("failing-processor"),
        component("passthrough-processor"),
        edge("source", "middle"),
        edge("middle", "copy"),
        edge("copy", "sink"),
    )
}

fn build(root: &Path, folder: &Path, path: &str) -> Result<PathBuf, Box<dyn Error>> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |dir| root.join(dir));
    let compiler = target.join("debug/torvync");
    let app = folder.join(path);
    let status = Command::new(&compiler)
        .args(["build", "--release", "--quiet", "--opt", path, "-o"])
        .arg(&app)
        .arg("--manifest")
        .arg(folder.join("Torvyn.toml"))
        .env("TORVYN_HOME", target.join("torvyn-home"))
        .env("CARGO_TARGET_DIR", target.join("test-guests"))
        .status()
        .map_err(|error| format!("{}: {error}; run `cargo build -p torvync` first", compiler.display()))?;
    if status.success() {
        Ok(app)
    } else {
        Err(format!("torvync build ended with {status}").into())
    }
}

/// Time from the start to the first byte of the failure.
fn interruption(app: &Path) -> Result<Duration, Box<dyn Error>> {
    let started = Instant::now();
    let mut child = Command::new(app)
        .arg("--quiet")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut failure = child.stderr.take().ok_or("standard error is piped")?;
    let mut text = vec![0];
    failure.read_exact(&mut text)?;
    let took = started.elapsed();
    failure.read_to_end(&mut text)?;
    child.wait()?;
    let text = String::from_utf8(text)?;
    if text.contains("error[E0401]") {
        Ok(took)
    } else {
        Err(format!("the call was not interrupted: {text}").into())
    }
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
