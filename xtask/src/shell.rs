//! Running tools, and reporting how long each phase took.

use std::env;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Result of a task; the error is the text for the user.
pub(crate) type Done<T = ()> = Result<T, String>;

/// Root folder of the workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("invariant: xtask lies in the workspace")
        .to_path_buf()
}

/// Cargo's target folder.
pub(crate) fn target_dir() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |dir| root().join(dir))
}

/// Cargo's target folder for the harnesses of benchmarks. They share it: both need wasmtime.
pub(crate) fn harness_target() -> PathBuf {
    target_dir().join("benchmark-comparison")
}

/// The compiler's cache for everything run from here: inside the target folder, so that `cargo clean` removes it.
pub(crate) fn torvyn_home() -> PathBuf {
    target_dir().join("torvyn-home")
}

/// Path of the `torvync` that [`build_torvync`] builds in a profile.
pub(crate) fn torvync(profile: &str) -> PathBuf {
    let folder = match profile {
        "dev" => "debug",
        other => other,
    };
    target_dir()
        .join(folder)
        .join(format!("torvync{}", env::consts::EXE_SUFFIX))
}

/// Builds the compiler in a profile. For the demo, it needs no code generators for other machines.
pub(crate) fn build_torvync(profile: &str) -> Done {
    let mut build = cargo();
    build.args(["build", "--locked", "--package", "torvync", "--profile", profile]);
    if profile == "demo" {
        build.arg("--no-default-features");
    }
    run(&mut build)
}

/// A command for the cargo that started this task, in the root of the workspace.
pub(crate) fn cargo() -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root()).env("TORVYN_HOME", torvyn_home());
    // `cargo run` sets these for this process; they would make the crates below look changed.
    for (name, _) in env::vars_os() {
        if name
            .to_str()
            .is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_"))
        {
            cargo.env_remove(name);
        }
    }
    cargo
}

/// Whether the program succeeds with `arguments`.
pub(crate) fn answers(program: impl AsRef<OsStr>, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Runs a command to its end.
pub(crate) fn run(command: &mut Command) -> Done {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{} failed: {status}", display(command))),
        Err(error) => Err(format!("{} does not start: {error}", display(command))),
    }
}

/// Runs a command to its end and passes its standard output on. Returns the lines that `keep` selects, also after a
/// failure.
pub(crate) fn run_keeping(command: &mut Command, keep: fn(&str) -> bool) -> (Vec<String>, Done) {
    let mut child = match command.stdout(Stdio::piped()).spawn() {
        Ok(child) => child,
        Err(error) => return (Vec::new(), Err(format!("{} does not start: {error}", display(command)))),
    };
    let mut kept = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line);
            println!("{line}");
            if keep(&line) {
                kept.push(line.into_owned());
            }
        }
    }
    let done = match child.wait() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{} failed: {status}", display(command))),
        Err(error) => Err(format!("{} cannot be waited for: {error}", display(command))),
    };
    (kept, done)
}

fn display(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<_> = words.map(|word| word.to_string_lossy()).collect();
    format!("`{}`", words.join(" "))
}

/// Announces phases and records how long each took.
pub(crate) struct Phases {
    start: Instant,
    took: Vec<(&'static str, Duration)>,
}

impl Phases {
    /// An empty record; the total time starts now.
    pub(crate) fn new() -> Self {
        Self {
            start: Instant::now(),
            took: Vec::new(),
        }
    }

    /// Runs one phase.
    pub(crate) fn run<T>(&mut self, name: &'static str, phase: impl FnOnce() -> Done<T>) -> Done<T> {
        println!("\n── {name}");
        let start = Instant::now();
        let done = phase();
        let took = start.elapsed();
        println!("── {name}: {:.1} s", took.as_secs_f64());
        self.took.push((name, took));
        done
    }

    /// Prints the times of all phases.
    pub(crate) fn summary(&self) {
        println!("\n── Times");
        for (name, took) in &self.took {
            println!("{:>8.1} s  {name}", took.as_secs_f64());
        }
        println!("{:>8.1} s  total", self.start.elapsed().as_secs_f64());
    }
}
