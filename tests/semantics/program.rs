//! Executables with many random flows of scripted components: the same flows, once for each call path.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::generate;
use crate::manifest::manifest;
use crate::paths::PATHS;
use crate::process::{Finished, Running};
use crate::shape::{Case, Role, Shape};
use crate::torvync::{build, executable, root, run_to_end, target, workshop};

/// Number of flows in an executable.
pub(crate) const FLOWS: u64 = 150;

/// The executables for all runs of a seed.
pub(crate) struct Program {
    seed: u64,
    shapes: Vec<Shape>,
    folder: PathBuf,
}

impl Program {
    /// Builds the executables.
    pub(crate) fn build(seed: u64) -> Self {
        let folder = workshop("semantics");
        let shapes: Vec<Shape> = (0..FLOWS).map(|number| generate::shape(seed, number)).collect();
        copy_guests(&folder.join("guests"));
        std::fs::write(folder.join("Torvyn.toml"), manifest(&shapes)).expect("the workshop is writable");
        for path in PATHS {
            build(&folder, &["--opt", path], &folder.join("bin").join(path));
        }
        Self { seed, shapes, folder }
    }

    /// Run number `number` of the seed.
    pub(crate) fn case(&self, number: u64) -> Case {
        let flow = usize::try_from(number % FLOWS).expect("there are few flows");
        generate::case(self.seed, number, &self.shapes[flow])
    }

    /// Runs the executable of a call path.
    pub(crate) fn run(&self, path: &str, case: &Case) -> Finished {
        let arguments = case.arguments();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let program = self.folder.join("bin").join(path);
        Running::start(executable(&program, &self.folder, &arguments)).finish()
    }
}

/// Builds the scripted components, like `cargo xtask test` does, and copies them to `folder`.
fn copy_guests(folder: &Path) {
    let built = target().join("test-guests");
    let mut cargo = Command::new(std::env::var_os("CARGO").expect("cargo runs the tests"));
    cargo
        .args(["build", "--locked", "--release", "--target", "wasm32-wasip2"])
        .arg("--manifest-path")
        .arg(root().join("tests/guests/Cargo.toml"))
        .arg("--target-dir")
        .arg(&built);
    for role in Role::ALL.map(Role::as_str) {
        cargo.arg("--package").arg(format!("scripted-{role}"));
    }
    run_to_end(&mut cargo);
    std::fs::create_dir_all(folder).expect("the workshop is writable");
    for role in Role::ALL.map(Role::as_str) {
        let file = format!("scripted_{role}.wasm");
        let from = built.join("wasm32-wasip2/release").join(&file);
        std::fs::copy(from, folder.join(&file)).expect("cargo built the component");
    }
}
