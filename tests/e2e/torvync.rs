//! The compiler under test, and its working folders.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::binary;
use crate::process::Finished;

/// Root folder of the workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("tests/ is in the workspace")
        .to_owned()
}

/// A folder of the tests, kept between runs.
pub(crate) fn workshop(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&folder).expect("the target folder is writable");
    folder
}

/// Cargo's target folder.
pub(crate) fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
        .parent()
        .expect("tmp/ is in the target folder")
        .to_owned()
}

/// A command for `torvync` in the profile that the tests were compiled with.
pub(crate) fn torvync() -> Command {
    let mut command = Command::new(binary::torvync());
    command
        .env("TORVYN_HOME", target().join("torvyn-home"))
        .env("CARGO_TARGET_DIR", target().join("e2e-guests"))
        .stdin(Stdio::null());
    command
}

/// Builds the project in `folder`, and fails the test if that fails.
pub(crate) fn build(folder: &Path, options: &[&str], output: &Path) {
    let mut command = torvync();
    let bin = output.parent().expect("the executable lies in a folder");
    std::fs::create_dir_all(bin).expect("the workshop is writable");
    command
        .args(["build", "--manifest"])
        .arg(folder.join("Torvyn.toml"))
        .args(options)
        .arg("-o")
        .arg(output);
    run_to_end(&mut command);
}

/// Runs a tool that must succeed. Returns its standard output.
pub(crate) fn run_to_end(command: &mut Command) -> String {
    let finished = output(command);
    assert_eq!(finished.code, Some(0), "{command:?}: {finished}");
    finished.stdout
}

/// Runs a tool without a time limit.
pub(crate) fn output(command: &mut Command) -> Finished {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Finished {
        code: output.status.code(),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
        report: None,
    }
}

/// Options by which a run reports to a file of its own, whose contents are in [`Finished::report`].
pub(crate) const REPORT: [&str; 2] = ["--format=json", "--report=@"];

/// A command that runs `executable` in `folder`, without input.
pub(crate) fn executable(executable: &Path, folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(executable);
    command
        .args(arguments.iter().map(|argument| match *argument {
            "--report=@" => format!("--report={}", own_file().display()),
            other => other.to_owned(),
        }))
        .current_dir(folder)
        .stdin(Stdio::null())
        .env_remove("TORVYN_LOG");
    command
}

/// A path that no other test uses.
fn own_file() -> PathBuf {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    workshop("reports").join(format!("{}-{number}.json", std::process::id()))
}
