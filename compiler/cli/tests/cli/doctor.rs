use std::process::Command;

use crate::{Run, folder, torvync};

#[test]
fn what_is_missing_is_an_issue_and_gets_fixed() {
    let folder = folder();
    let cache = folder.path().join("torvyn-home");
    // The tests themselves are compiled by a Rust toolchain, so the folder is what `--fix` has to make.
    torvync(folder.path(), &["doctor", "--fix"]).succeeds();
    assert!(cache.is_dir());
    let run = torvync(folder.path(), &["doctor"]).succeeds();
    for name in [
        "torvync",
        "rustc",
        "cargo",
        "wasm32-wasip2",
        "C linker",
        "cache folder",
        "All checks passed!",
    ] {
        assert!(run.stdout.contains(name), "{name}: {}", run.stdout);
    }
}

#[test]
fn checks_are_listed_in_json() {
    let folder = folder();
    let json = torvync(folder.path(), &["doctor", "--fix", "--format", "json"])
        .succeeds()
        .json();
    let checks = json["checks"].as_array().expect("a list");
    let status = |name: &str| {
        checks
            .iter()
            .find(|check| check["name"] == name)
            .map(|check| check["status"].clone())
    };
    assert_eq!(status("rustc"), Some("ok".into()), "{json}");
    assert_eq!(status("wasm32-wasip2"), Some("ok".into()), "{json}");
    // There is no project here, which is no issue.
    assert_eq!(status("project"), Some("warning".into()), "{json}");
}

#[test]
fn a_machine_without_rust_is_told_so() {
    let folder = folder();
    let mut command = Command::new(env!("CARGO_BIN_EXE_torvync"));
    command
        .arg("doctor")
        .current_dir(folder.path())
        .env_clear()
        .env("PATH", folder.path());
    let run = Run::of(
        &command
            .env("TORVYN_HOME", folder.path())
            .output()
            .expect("torvync starts"),
    )
    .fails(1);
    assert!(
        run.stdout.contains("✗ rustc") && run.stdout.contains("rustup"),
        "{}",
        run.stdout
    );
}
