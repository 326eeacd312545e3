//! Start, size, memory and build time of a shipped executable: `examples/stream-transform`, three Rust guests,
//! `--release`, on each call path; and the time to make chains of thirty stages in `examples/benchmark-comparison`.
//!
//! Prints medians beside their goals (design section 8). The cost of a bare process is measured in the same run,
//! interleaved, with `true`.

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

/// Number of starts measured, after as many for warm-up.
const STARTS: usize = 20;

/// Number of builds measured.
const BUILDS: usize = 5;

/// A call path with its goals: executable in MB, start to first element in milliseconds, peak memory in MiB.
const PATHS: [(&str, [f64; 3]); 3] = [
    ("component", [4.5, 2.0, 8.0]),
    ("direct", [2.5, 1.5, 6.0]),
    ("fused", [2.5, 1.5, 6.0]),
];

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .ok_or("the tests are in a folder of the project")?;
    let torvync = Torvync { root };
    let folder = tempfile::tempdir()?;
    println!("figure                                   measured      goal");
    for (path, goals) in PATHS {
        let app = folder.path().join(path);
        torvync.build("stream-transform", &["--release", "--opt", path], &app)?;
        executable(path, &app, goals)?;
    }
    chains(&torvync, folder.path())?;
    builds(&torvync, folder.path())
}

/// Measures the executable of a call path.
fn executable(path: &str, app: &Path, [size, start, memory]: [f64; 3]) -> Result<(), Box<dyn Error>> {
    let mut starts = Vec::new();
    let mut floor = Vec::new();
    for round in 0..2 * STARTS {
        let (start, nothing) = (first_element(app)?, bare_process()?);
        if round >= STARTS {
            starts.push(start);
            floor.push(nothing);
        }
    }
    let (took, nothing) = (median(starts), median(floor));
    let bytes = std::fs::metadata(app)?.len();
    line(
        &format!("{path}: executable, --release"),
        bytes as f64 / 1e6,
        "MB",
        Some(size),
    );
    line(
        &format!("{path}: start of process to first element"),
        millis(took),
        "ms",
        Some(start),
    );
    line("  of which a process that does nothing", millis(nothing), "ms", None);
    let kib = peak_memory_kib(app)?;
    line(
        &format!("{path}: peak resident memory, with pools"),
        kib as f64 / 1024.0,
        "MiB",
        Some(memory),
    );
    Ok(())
}

/// Measures the time from the start of `main` until all stages of a chain of thirty are made.
fn chains(torvync: &Torvync<'_>, folder: &Path) -> Result<(), Box<dyn Error>> {
    let app = folder.join("chains");
    torvync.build("benchmark-comparison", &["--release"], &app)?;
    for path in ["component", "direct", "fused"] {
        let mut samples = (0..STARTS)
            .map(|_| instantiated(&app, &format!("{path}-30")))
            .collect::<Result<Vec<_>, _>>()?;
        samples.sort_by(f64::total_cmp);
        line(
            &format!("{path}: 30 stages instantiated"),
            samples[STARTS / 2],
            "ms",
            Some(5.0),
        );
    }
    Ok(())
}

/// Milliseconds until the stages were made, as the executable logs them.
fn instantiated(app: &Path, flow: &str) -> Result<f64, Box<dyn Error>> {
    let arguments = ["--flow", flow, "--limit", "1", "--log-level", "debug"];
    let output = Command::new(app).args(arguments).output()?;
    let told = String::from_utf8(output.stderr)?;
    let (_, rest) = told
        .split_once("instantiated after ")
        .ok_or_else(|| format!("{flow} does not tell: {told}"))?;
    let (figure, _) = rest.split_once(" ms").ok_or("a time in milliseconds")?;
    Ok(figure.parse()?)
}

/// Measures builds after a change of the manifest, with everything else built before.
fn builds(torvync: &Torvync<'_>, folder: &Path) -> Result<(), Box<dyn Error>> {
    for (options, goal) in [(&[][..], 1.5), (&["--release"][..], 15.0)] {
        let mut samples = Vec::new();
        for round in 0..=BUILDS {
            let config = format!("round={round}");
            let manifest = torvync.changed("stream-transform", folder, &config)?;
            let started = Instant::now();
            torvync.build_manifest(&manifest, options, &folder.join("changed"))?;
            if round > 0 {
                samples.push(started.elapsed());
            }
        }
        let what = format!(
            "build{} after the manifest changed",
            options.concat().replace("--", " --")
        );
        line(&what, median(samples).as_secs_f64(), "s", Some(goal));
    }
    Ok(())
}

fn line(what: &str, measured: f64, unit: &str, goal: Option<f64>) {
    let goal = goal.map_or_else(String::new, |goal| format!("{goal} {unit}"));
    println!("{what:<44} {measured:>6.2} {unit:<4} {goal}");
}

/// The compiler of this workspace.
struct Torvync<'a> {
    root: &'a Path,
}

impl Torvync<'_> {
    fn build(&self, example: &str, options: &[&str], app: &Path) -> Result<(), Box<dyn Error>> {
        let manifest = self.root.join("examples").join(example).join("Torvyn.toml");
        self.build_manifest(&manifest, options, app)
    }

    fn build_manifest(&self, manifest: &Path, options: &[&str], app: &Path) -> Result<(), Box<dyn Error>> {
        let compiler = self.root.join("target/debug/torvync");
        let status = Command::new(&compiler)
            .args(["build", "--quiet"])
            .args(options)
            .arg("-o")
            .arg(app)
            .arg("--manifest")
            .arg(manifest)
            .env("TORVYN_HOME", self.root.join("target/torvyn-home"))
            .status()
            .map_err(|error| format!("{}: {error}; run `cargo build -p torvync` first", compiler.display()))?;
        match status.success() {
            true => Ok(()),
            false => Err(format!("torvync build ended with {status}").into()),
        }
    }

    /// A copy of an example with another description, and with its components already built.
    fn changed(&self, example: &str, folder: &Path, description: &str) -> Result<PathBuf, Box<dyn Error>> {
        let example = self.root.join("examples").join(example);
        let manifest = std::fs::read_to_string(example.join("Torvyn.toml"))?;
        let components = format!("path = \"{}/components/", example.display());
        let manifest = manifest.replace("path = \"components/", &components);
        let manifest = manifest.replacen("description = \"", &format!("description = \"{description} "), 1);
        let path = folder.join("Torvyn.toml");
        std::fs::write(&path, manifest)?;
        Ok(path)
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

/// Time from before the process is started to the first byte printed by the sink.
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

/// Time from before the process is started to its end: a lower bound for every executable.
fn bare_process() -> Result<Duration, Box<dyn Error>> {
    let started = Instant::now();
    Command::new("true").status()?;
    Ok(started.elapsed())
}

/// Peak resident set of a flow whose source waits for more input, after elements have passed all stages.
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
