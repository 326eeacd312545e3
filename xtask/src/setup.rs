//! Installs what a machine with only a Rust toolchain lacks.

use std::path::Path;
use std::process::Command;

use crate::shell::{Done, answers, root, run};

const TARGET: &str = "wasm32-wasip2";

/// Makes guests and native executables compile.
pub(crate) fn setup() -> Done {
    linker()?;
    wasm_target()
}

/// The script does nothing when the target works already, and ends by compiling a program for it.
fn wasm_target() -> Done {
    run(Command::new("bash")
        .arg(root().join("xtask/install-wasm-target.sh"))
        .arg(TARGET))
    .map_err(|error| format!("the target {TARGET} cannot be installed: {error}"))
}

fn linker() -> Done {
    if answers("cc", &["--version"]) {
        println!("C linker: cc");
        return Ok(());
    }
    let hint = "there is no C linker (`cc`); install one, for example with `apt-get install gcc libc6-dev`";
    if !Path::new("/usr/bin/apt-get").exists() || !is_root() {
        return Err(hint.to_owned());
    }
    println!("C linker: missing, installing gcc");
    // Fails harmlessly where the lists are there and the network is not.
    let _ = run(apt_get().arg("update"));
    run(apt_get().args(["install", "--yes", "--no-install-recommends", "gcc", "libc6-dev"]))
        .map_err(|error| format!("{hint}: {error}"))
}

fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    command.arg("-qq").env("DEBIAN_FRONTEND", "noninteractive");
    command
}

fn is_root() -> bool {
    Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
