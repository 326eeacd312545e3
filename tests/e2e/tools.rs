//! Messages of a build on a machine that lacks a tool.

use std::path::{Path, PathBuf};

use crate::process::Finished;
use crate::torvync::{output, root, torvync, workshop};

/// Path of the cargo that runs the tests.
fn cargo() -> PathBuf {
    std::env::var_os("CARGO").expect("cargo runs the tests").into()
}

#[track_caller]
fn is_missing_tool(finished: &Finished, words: &str, repair: &str) {
    assert_eq!(finished.code, Some(2), "{finished}");
    assert!(finished.stderr.contains("error[E0010]"), "{finished}");
    assert!(finished.stderr.contains(words), "expected `{words}`: {finished}");
    assert!(finished.stderr.contains(repair), "expected `{repair}`: {finished}");
}

/// A cargo whose rustc has no target but the machine's own.
#[cfg(unix)]
fn cargo_without_targets(folder: &Path) -> PathBuf {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let rustc = cargo().with_file_name("rustc");
    let script =
        format!("#!/bin/sh\ncase \"$*\" in\n*sysroot*) echo {folder:?} ;;\n*) exec {rustc:?} \"$@\" ;;\nesac\n");
    let (fake, link) = (folder.join("rustc"), folder.join("cargo"));
    std::fs::write(&fake, script).expect("the workshop is writable");
    std::fs::set_permissions(&fake, PermissionsExt::from_mode(0o755)).expect("the file is ours");
    let _ = std::fs::remove_file(&link);
    symlink(cargo(), &link).expect("the workshop is writable");
    link
}

#[cfg(unix)]
#[test]
fn a_missing_wasm_target_is_told_with_its_repair() {
    let folder = workshop("no-wasm-target");
    let mut command = torvync();
    // There is no other toolchain either: rustup is not on this path.
    let command = command
        .args(["build", "--manifest"])
        .arg(root().join("examples/hello-world/Torvyn.toml"))
        .env("CARGO", cargo_without_targets(&folder))
        .env("PATH", "/usr/bin:/bin");
    is_missing_tool(&output(command), "wasm32-wasip2", "torvync doctor --fix");
}

#[test]
fn a_missing_linker_is_told_with_its_repair() {
    let folder = workshop("no-linker");
    let manifest = "[torvyn]\nname = \"no-linker\"\nversion = \"0.1.0\"\ncontract_version = \"0.1.0\"\n\n\
                    [flow.main]\nnodes.from = { component = \"builtin:generator\" }\n\
                    nodes.to = { component = \"builtin:console\" }\n\
                    edges = [{ from = { node = \"from\", port = \"output\" }, to = { node = \"to\", port = \"input\" } }]\n";
    std::fs::write(folder.join("Torvyn.toml"), manifest).expect("the workshop is writable");
    let empty = tempfile::tempdir().expect("a temporary folder");
    let mut command = torvync();
    let command = command
        .arg("build")
        .current_dir(&folder)
        .env("CARGO", cargo())
        .env("PATH", empty.path());
    // A C compiler is installed by the system's package manager, not by `--fix`.
    is_missing_tool(&output(command), "there is no C linker", "apt-get install gcc");
}
