//! Start, size and memory of a shipped executable: `examples/stream-transform`, three Rust guests, `--release`.
//!
//! Prints medians beside their goals (issue 2, design section 8). What a process costs by itself is measured in the same
//! run, interleaved, with `true`.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![expect(
    clippy::disallowed_methods,
    reason = "a benchmark starts processes and reads their files"
)]

use std::error::Error;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Starts measured, after as many that are not.
const STARTS: usize = 20;

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .ok_or("the tests are in a folder of the project")?;
    let folder = tempfile::tempdir()?;
    let app = build(root, folder.path())?;
    let size = std::fs::metadata(&app)?.len();

    let mut starts = Vec::new();
    let mut floor = Vec::new();
    for round in 0..2 * STARTS {
        let (start, nothing) = (first_element(&app)?, bare_process()?);
        if round >= STARTS {
            starts.push(start);
            floor.push(nothing);
        }
    }
    let (start, nothing) = (median(starts), median(floor));
    let memory_kib = peak_memory_kib(&app)?;

    println!("figure                                   measured      goal");
    println!(
        "executable, --release                    {:>6.2} MB     4.5 MB",
        size as f64 / 1e6
    );
    println!(
        "start of process to first element        {:>6.2} ms     2 ms",
        millis(start)
    );
    println!("  of which a process that does nothing   {:>6.2} ms", millis(nothing));
    println!(
        "  ratio                                  {:>6.1} x",
        millis(start) / millis(nothing)
    );
    println!(
        "peak resident memory                     {:>6.2} MiB    8 MiB plus pools",
        memory_kib as f64 / 1024.0
    );
    Ok(())
}

fn build(root: &Path, folder: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let compiler = root.join("target/debug/torvync");
    let app = folder.join("app");
    let status = Command::new(&compiler)
        .args(["build", "--release", "--quiet", "-o"])
        .arg(&app)
        .arg("--manifest")
        .arg(root.join("examples/stream-transform/Torvyn.toml"))
        .env("TORVYN_HOME", root.join("target/torvyn-home"))
        .status()
        .map_err(|error| format!("{}: {error}; run `cargo build -p torvync` first", compiler.display()))?;
    if status.success() {
        Ok(app)
    } else {
        Err(format!("torvync build ended with {status}").into())
    }
}

fn start(app: &Path) -> Result<Child, Box<dyn Error>> {
    Ok(Command::new(app)
        .arg("--quiet")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?)
}

/// From before the process is made to the first byte that the sink printed.
fn first_element(app: &Path) -> Result<Duration, Box<dyn Error>> {
    let started = Instant::now();
    let mut child = start(app)?;
    let mut out = child.stdout.take().ok_or("standard output is piped")?;
    out.read_exact(&mut [0])?;
    let took = started.elapsed();
    std::io::copy(&mut out, &mut std::io::sink())?;
    child.wait()?;
    Ok(took)
}

/// From before the process is made to its end: what no executable can be faster than.
fn bare_process() -> Result<Duration, Box<dyn Error>> {
    let started = Instant::now();
    Command::new("true").status()?;
    Ok(started.elapsed())
}

/// Peak resident set of a flow whose source waits for more input, after elements went through all stages.
fn peak_memory_kib(app: &Path) -> Result<u64, Box<dyn Error>> {
    let mut child = Command::new(app)
        .args(["--quiet", "--input", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let mut input = child.stdin.take().ok_or("standard input is piped")?;
    let mut output = BufReader::new(child.stdout.take().ok_or("standard output is piped")?);
    let mut line = String::new();
    for _ in 0..1000 {
        std::io::Write::write_all(&mut input, b"{\"user\":\"alice\",\"action\":\"login\"}\n")?;
        output.read_line(&mut line)?;
    }
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id()))?;
    drop(input);
    std::io::copy(&mut output, &mut std::io::sink())?;
    child.wait()?;
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .ok_or("the system tells the peak")?;
    Ok(peak.trim().trim_end_matches("kB").trim().parse()?)
}

fn median(mut samples: Vec<Duration>) -> Duration {
    samples.sort();
    samples[samples.len() / 2]
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
