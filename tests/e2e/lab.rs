//! Executables with many flows each, built once for all tests: `lab/*.toml`.
//!
//! Each is built for every call path. Flows that do not depend on the machine's time run on all of them, with equal
//! results.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;
use similar::TextDiff;
use wit_component::StringEncoding;
use wit_parser::Resolve;

use crate::paths::{PATHS, comparable};
use crate::process::{Finished, Running};
use crate::report::Reported;
use crate::torvync::{REPORT, executable, root, run_to_end, target, torvync, workshop};

/// Flows for delivery by components, and for their failures.
pub(crate) static LAB: Lab = Lab::new("lab", "Torvyn.toml");
/// Flows for error policies, full streams and overload.
pub(crate) static POLICIES: Lab = Lab::new("policies", "policies.toml");
/// Flows that run at the same time.
pub(crate) static TOGETHER: Lab = Lab::new("together", "together.toml");
/// Flows that have to be stopped.
pub(crate) static STOPPING: Lab = Lab::new("stopping", "stopping.toml");
/// Flows for a small machine.
pub(crate) static SMALL: Lab = Lab::new("small", "small.toml");
/// Flows for the fate of elements at the ends of flows.
pub(crate) static ENDS: Lab = Lab::new("ends", "ends.toml");
/// Flows with replicas.
pub(crate) static REPLICAS: Lab = Lab::new("replicas", "replicas.toml");
/// Flows that need much memory.
#[cfg(target_os = "linux")]
pub(crate) static MEMORY: Lab = Lab::new("memory", "memory.toml");

/// A project made of the tests' guests.
pub(crate) struct Lab {
    name: &'static str,
    manifest: &'static str,
    /// Executables by call path.
    built: [OnceLock<Built>; PATHS.len()],
}

/// Result of a build.
pub(crate) struct Built {
    pub(crate) executable: PathBuf,
    /// Output of `torvync build --format json`.
    pub(crate) report: Value,
}

impl Lab {
    const fn new(name: &'static str, manifest: &'static str) -> Self {
        Lab {
            name,
            manifest,
            built: [const { OnceLock::new() }; PATHS.len()],
        }
    }

    /// The project on the default call path: fused where possible.
    pub(crate) fn built(&self) -> &Built {
        self.built_for("fused")
    }

    /// The project on a call path, built on first use.
    pub(crate) fn built_for(&self, path: &str) -> &Built {
        let position = PATHS.iter().position(|name| *name == path).expect("a call path");
        self.built[position].get_or_init(|| {
            let manifest = root().join("tests/e2e/lab").join(self.manifest);
            let manifest = std::fs::read_to_string(manifest).expect("the lab has a manifest");
            build_project(&format!("{}-{path}", self.name), &manifest, &["--opt", path])
        })
    }

    /// The project on every call path.
    pub(crate) fn paths(&self) -> [&Built; PATHS.len()] {
        PATHS.map(|path| self.built_for(path))
    }

    /// Runs the executables of all call paths in `folder`. Their results must be equal.
    #[track_caller]
    pub(crate) fn run_in(&self, folder: &Path, arguments: &[&str]) -> Finished {
        self.compare(|built| built.run_in(folder, arguments))
    }

    /// Calls `run` for every call path. The results must be equal.
    #[track_caller]
    pub(crate) fn compare(&self, run: impl Fn(&Built) -> Finished) -> Finished {
        let [component, direct, fused] = self.paths().map(run);
        for (path, finished) in [("direct", &direct), ("fused", &fused)] {
            let (expected, found) = (comparable(&component), comparable(finished));
            assert!(
                expected == found,
                "the {path} path differs:\n{}",
                TextDiff::from_lines(&expected, &found)
                    .unified_diff()
                    .header("component", path)
            );
        }
        component
    }

    /// Runs a flow to its end with the simulated clock on every call path. The exit code must be `code`, and the report
    /// complete.
    #[track_caller]
    pub(crate) fn simulate(&self, flow: &str, settings: &[&str], code: i32) -> Reported {
        let settings = [&["--clock=simulated"], settings].concat();
        let finished = self.compare(|built| built.start_flow(flow, &settings).finish());
        Reported::of(finished.expect_code(code))
    }
}

impl Built {
    /// A flow in the build's description.
    #[track_caller]
    pub(crate) fn flow(&self, name: &str) -> &Value {
        let flows = self.report["flows"].as_array().expect("a list of flows");
        let found = flows.iter().find(|flow| flow["name"] == name);
        found.unwrap_or_else(|| panic!("no flow `{name}`"))
    }

    /// Runs the executable in `folder`.
    pub(crate) fn run_in(&self, folder: &Path, arguments: &[&str]) -> Finished {
        Running::start(executable(&self.executable, folder, arguments)).finish()
    }

    /// Starts the executable; its standard input is open.
    pub(crate) fn start(&self, arguments: &[&str]) -> Running {
        let mut command = executable(&self.executable, &workshop("lab"), arguments);
        command.stdin(Stdio::piped());
        Running::start(command)
    }

    /// Starts a flow that will report. Of `settings`, options are passed as they are, all others by `--config`.
    pub(crate) fn start_flow(&self, flow: &str, settings: &[&str]) -> Running {
        let mut arguments = ["--flow", flow].to_vec();
        arguments.extend(REPORT);
        for setting in settings {
            if !setting.starts_with("--") {
                arguments.push("--config");
            }
            arguments.push(setting);
        }
        self.start(&arguments)
    }

    /// Runs a flow to its end. The exit code must be `code`, and the report complete.
    #[track_caller]
    pub(crate) fn report(&self, flow: &str, settings: &[&str], code: i32) -> Reported {
        Reported::of(self.start_flow(flow, settings).finish().expect_code(code))
    }
}

/// Runs a flow of the lab in an empty folder, on every call path; see [`Lab::compare`].
#[track_caller]
pub(crate) fn run(arguments: &[&str]) -> Finished {
    let folder = tempfile::tempdir().expect("a temporary folder");
    run_in(folder.path(), arguments)
}

/// Runs a flow of the lab on every call path.
#[track_caller]
pub(crate) fn run_in(folder: &Path, arguments: &[&str]) -> Finished {
    LAB.run_in(folder, arguments)
}

/// Runs a flow of the lab on every call path with `input` as standard input.
#[track_caller]
pub(crate) fn run_with_input(arguments: &[&str], input: &str) -> Finished {
    LAB.compare(|built| {
        let mut running = built.start(arguments);
        running.write(input);
        running.finish()
    })
}

/// Runs a flow of the lab with the simulated clock on every call path; see [`Lab::simulate`].
#[track_caller]
pub(crate) fn simulate(flow: &str, settings: &[&str], code: i32) -> Reported {
    LAB.simulate(flow, settings, code)
}

/// Builds a project of the tests' guests.
pub(crate) fn build_project(name: &str, manifest: &str, options: &[&str]) -> Built {
    let folder = workshop(name);
    let guests = folder.join("guests");
    std::fs::create_dir_all(&guests).expect("the workshop is writable");
    for entry in std::fs::read_dir(guest_folder()).expect("the guests were built") {
        let path = entry.expect("a folder entry").path();
        if path.extension().is_some_and(|extension| extension == "wasm") {
            std::fs::copy(&path, guests.join(path.file_name().expect("a file"))).expect("a copy");
        }
    }
    std::fs::write(guests.join("even_filter.core.wasm"), even_filter()).expect("the workshop is writable");
    let path = folder.join("Torvyn.toml");
    std::fs::write(&path, manifest).expect("the workshop is writable");
    let bin = folder.join("bin");
    std::fs::create_dir_all(&bin).expect("the workshop is writable");
    let executable = bin.join(name);
    let mut command = torvync();
    command.args(["build", "--format", "json", "--manifest"]).arg(path);
    command.args(options);
    let printed = run_to_end(command.arg("-o").arg(&executable));
    Built {
        executable,
        report: serde_json::from_str(&printed).expect("the build prints JSON"),
    }
}

/// The folder of the components of `tests/guests`, built once, like `cargo xtask test` does.
fn guest_folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let target = target().join("test-guests");
        let mut cargo = Command::new(std::env::var_os("CARGO").expect("cargo runs the tests"));
        cargo
            .args(["build", "--locked", "--release", "--target", "wasm32-wasip2"])
            .arg("--manifest-path")
            .arg(root().join("tests/guests/Cargo.toml"))
            .arg("--target-dir")
            .arg(&target);
        run_to_end(&mut cargo);
        target.join("wasm32-wasip2/release")
    })
}

/// The hand-written core module, with the WIT metadata that a compiler would embed.
pub(crate) fn even_filter() -> Vec<u8> {
    let mut resolve = Resolve::default();
    for package in ["torvyn-streaming", "torvyn-filtering"] {
        resolve
            .push_dir(root().join("wit").join(package))
            .expect("wit/ resolves");
    }
    let package = resolve.push_str("any.wit", "package tests:any;").expect("a package");
    let world = resolve
        .select_world(&[package], Some("torvyn:filtering/content-filter"))
        .expect("the world exists");
    let mut module = wat::parse_file(root().join("tests/fixtures/wat/even-filter.wat")).expect("the module is valid");
    wit_component::embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false)
        .expect("the module takes metadata");
    module
}
