//! What the compiler makes of a flow: the IR and the emitted `main.rs` of each case in `golden/`, through the real binary.

#![expect(clippy::disallowed_methods, reason = "tests start the compiler and read its files")]

mod support;

use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use libtest_mimic::{Arguments, Failed, Trial};
use support::Case;
use tempfile::TempDir;

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden");
    let trials = Case::find(&root)
        .into_iter()
        .map(|case| Trial::test(case.name.clone(), move || check(&case)));
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit_code()
}

fn check(case: &Case) -> Result<(), Failed> {
    let folder = TempDir::new()?;
    case.prepare(folder.path())?;
    support::compare(&case.path.join("flow.ir"), &emitted(folder.path(), "ir")?)?;
    support::compare(&case.path.join("main.rs"), &emitted(folder.path(), "rust")?)
}

/// What `torvync build --emit KIND` prints, with the machine's own target triple replaced.
fn emitted(project: &Path, kind: &str) -> Result<String, Failed> {
    let binary = support::binary()?;
    let home = binary
        .parent()
        .and_then(Path::parent)
        .ok_or("the binary lies in target/PROFILE")?
        .join("torvyn-home");
    let output = Command::new(&binary)
        .args(["build", "--emit", kind])
        .current_dir(project)
        .env("TORVYN_HOME", home)
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    let rustc = Command::new("rustc").arg("-vV").output()?;
    let rustc = String::from_utf8(rustc.stdout)?;
    let host = rustc
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .ok_or("rustc names its host")?;
    Ok(String::from_utf8(output.stdout)?.replace(host, "TARGET"))
}
