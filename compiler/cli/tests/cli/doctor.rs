use std::process::Command;

use crate::{Run, folder, torvync};

#[test]
fn nothing_is_wrong_with_a_fresh_machine() {
    let folder = folder();
    let cache = folder.path().join("torvyn-home");
    assert!(!cache.exists());
    let run = torvync(folder.path(), &["doctor"]).succeeds();
    for name in [
        "torvync",
        "rustc",
        "cargo",
        "wasm32-wasip2",
        "C linker",
        "✓ cache folder",
        "created by the first build",
        "! project",
        "No issues, 1 warning.",
    ] {
        assert!(run.stdout.contains(name), "{name}: {}", run.stdout);
    }
    assert!(!cache.exists(), "looking makes nothing");
    std::fs::create_dir(&cache).expect("the folder is writable");
    let run = torvync(folder.path(), &["doctor"]).succeeds();
    assert!(!run.stdout.contains("created by the first build"), "{}", run.stdout);
}

#[test]
fn a_manifest_that_is_named_must_be_there() {
    let folder = folder();
    let run = torvync(folder.path(), &["doctor", "--manifest", "nope.toml"]).fails(1);
    assert!(
        run.stdout.contains("✗ project        there is no file `nope.toml`"),
        "{}",
        run.stdout
    );
    assert!(!run.stdout.contains("init"), "{}", run.stdout);
    std::fs::create_dir(folder.path().join("sub")).expect("the folder is writable");
    std::fs::write(folder.path().join("sub/Torvyn.toml"), "").expect("the folder is writable");
    let run = torvync(folder.path(), &["doctor", "--manifest", "sub"]).fails(1);
    assert!(run.stdout.contains("fix: name `sub/Torvyn.toml`"), "{}", run.stdout);
    let run = torvync(folder.path(), &["doctor", "--manifest", "sub/Torvyn.toml"]).succeeds();
    assert!(
        run.stdout.contains("✓ project") && run.stdout.contains("All checks passed!"),
        "{}",
        run.stdout
    );
}

#[test]
fn a_cache_that_can_not_be_made_is_an_issue() {
    let folder = folder();
    std::fs::write(folder.path().join("torvyn-home"), "no folder").expect("the folder is writable");
    let run = torvync(folder.path(), &["doctor"]).fails(1);
    for words in ["✗ cache folder", "torvyn-home` can't be written", "set TORVYN_HOME"] {
        assert!(run.stdout.contains(words), "{words}: {}", run.stdout);
    }
    assert!(!run.stdout.contains("--fix"), "nothing can be repaired: {}", run.stdout);
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
