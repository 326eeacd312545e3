//! The gain from a second processor core: one flow with a stage that computes, alone and as two replicas.
//!
//! Both are flows of one executable, run in turn, so that other load on the machine affects both. Prints the median
//! throughput of each, and their ratio beside its goal. Needs two idle cores.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![expect(
    clippy::disallowed_methods,
    reason = "a benchmark starts processes and writes their files"
)]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};

/// Number of runs measured for each flow, after one for warm-up.
const RUNS: usize = 7;

/// Elements of each run.
const ELEMENTS: u64 = 20_000;

/// Work of the stage for each element before it copies it.
const WORK: &str = "
    (local $draft i32) (local $round i32) (local $sum i64)
    (loop $again
      (local.set $sum
        (i64.mul
          (i64.xor (local.get $sum) (i64.extend_i32_u (local.get $round)))
          (i64.const 1099511628211)))
      (local.set $round (i32.add (local.get $round) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $round) (i32.const 20000))))
    (i64.store (i32.const 56) (local.get $sum))";

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("busy.wasm"), busy_processor()?)?;
    std::fs::write(folder.path().join("Torvyn.toml"), manifest())?;
    let app = build(folder.path())?;

    let (mut alone, mut both) = (Vec::new(), Vec::new());
    for round in 0..=RUNS {
        let (of_one, of_two) = (throughput(&app, "one")?, throughput(&app, "two")?);
        if round > 0 {
            alone.push(of_one);
            both.push(of_two);
        }
    }
    let (alone, both) = (median(alone), median(both));
    println!("figure                                   measured      goal");
    println!("elements per second, one replica       {alone:>10.0}");
    println!("elements per second, two replicas      {both:>10.0}");
    println!(
        "  ratio                                {:>10.2} x   1.8 x",
        both / alone
    );
    Ok(())
}

/// The processor of the other benchmark, with the work added.
fn busy_processor() -> Result<Vec<u8>, Box<dyn Error>> {
    let copies = include_str!("parts/copy-processor.wat");
    let (head, tail) = copies
        .split_once("(local $draft i32)")
        .ok_or("the processor has a draft")?;
    let mut module = wat::parse_str(format!("{head}{WORK}{tail}"))?;
    let mut resolve = wit_parser::Resolve::default();
    let contracts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit/torvyn-streaming");
    let (package, _) = resolve.push_dir(&contracts)?;
    let world = resolve.select_world(&[package], Some("transform"))?;
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false)?;
    Ok(ComponentEncoder::default().module(&module)?.validate(true).encode()?)
}

/// Two flows that differ only in their replicas.
fn manifest() -> String {
    let flow = |name: &str, replicas: u32| {
        format!(
            r#"
[flow.{name}]
replicas = {replicas}
nodes.source = {{ component = "builtin:generator", config = {{ count = {ELEMENTS} }} }}
nodes.busy = {{ component = "busy" }}
nodes.sink = {{ component = "builtin:file", config = {{ path = "/dev/null" }} }}
edges = [
    {{ from = {{ node = "source", port = "output" }}, to = {{ node = "busy", port = "input" }} }},
    {{ from = {{ node = "busy", port = "output" }}, to = {{ node = "sink", port = "input" }} }},
]
"#
        )
    };
    let project = "[torvyn]\nname = \"replicas\"\nversion = \"0.1.0\"\ncontract_version = \"0.1.0\"\n\n\
                   [[component]]\nname = \"busy\"\nwasm = \"busy.wasm\"\n";
    format!("{project}{}{}", flow("one", 1), flow("two", 2))
}

fn build(folder: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    let root = root.ok_or("the tests are in a folder of the project")?;
    let compiler = root.join("target/debug/torvync");
    let app = folder.join("app");
    let status = Command::new(&compiler)
        .args(["build", "--release", "--quiet", "-o"])
        .arg(&app)
        .arg("--manifest")
        .arg(folder.join("Torvyn.toml"))
        .env("TORVYN_HOME", root.join("target/torvyn-home"))
        .status()
        .map_err(|error| format!("{}: {error}; run `cargo build -p torvync` first", compiler.display()))?;
    match status.success() {
        true => Ok(app),
        false => Err(format!("torvync build ended with {status}").into()),
    }
}

/// Throughput of one run in elements per second, from its report.
fn throughput(app: &Path, flow: &str) -> Result<f64, Box<dyn Error>> {
    let output = Command::new(app).args(["--flow", flow, "--format", "json"]).output()?;
    let report: Value = serde_json::from_slice(&output.stdout)?;
    if report["delivered"] != ELEMENTS || report["balanced"] != true {
        return Err(format!("flow `{flow}` lost elements: {report}").into());
    }
    Ok(report["elements_per_s"].as_f64().ok_or("the report has a throughput")?)
}

fn median(mut samples: Vec<f64>) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples[samples.len() / 2]
}
