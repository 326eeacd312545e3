//! The compiler's output for a flow: the IR and the emitted `main.rs` of each case in `golden/`, through the real
//! binary.

#![expect(clippy::disallowed_methods, reason = "tests start the compiler and read its files")]

mod binary;
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
    let (ir, rust) = (emitted(folder.path(), "ir")?, emitted(folder.path(), "rust")?);
    let hashes = shells(&ir);
    support::compare(&case.path.join("flow.ir"), &masked(&ir, &hashes))?;
    support::compare(&case.path.join("main.rs"), &masked(&rust, &hashes))
}

/// The hashes of the shells in an IR. They change with every change of the glue.
fn shells(ir: &str) -> Vec<&str> {
    let artifacts = ir.lines().filter(|line| line.starts_with("artifact "));
    let shells = artifacts.filter(|line| line.contains(": shell "));
    shells
        .filter_map(|line| Some(line.rsplit_once(" sha256:")?.1))
        .collect()
}

fn masked(text: &str, hashes: &[&str]) -> String {
    let mut text = text.to_owned();
    for hash in hashes {
        text = text.replace(hash, "HASH");
    }
    text
}

/// The output of `torvync build --emit KIND`, with the machine's own target triple replaced.
fn emitted(project: &Path, kind: &str) -> Result<String, Failed> {
    let binary = binary::torvync();
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
