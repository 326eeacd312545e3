use std::fs;
use std::path::Path;
use std::process::Command;

use crate::{Run, folder, torvync};

fn tree(folder: &Path) -> Vec<String> {
    let mut paths = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path
                .strip_prefix(folder)
                .expect("below the folder")
                .to_string_lossy()
                .into_owned();
            if path.is_dir() && name != ".git" {
                open.push(path);
            } else if !path.is_dir() {
                paths.push(name);
            }
        }
    }
    paths.sort();
    paths
}

#[test]
fn every_template_passes_its_own_check() {
    let folder = folder();
    let templates = [
        "source",
        "sink",
        "transform",
        "filter",
        "router",
        "aggregator",
        "full-pipeline",
        "empty",
    ];
    for template in templates {
        for stubs in [false, true] {
            let name = format!("{template}-{stubs}");
            let mut arguments = vec!["init", &name, "--template", template, "--no-git"];
            if stubs {
                arguments.push("--no-example");
            }
            torvync(folder.path(), &arguments).succeeds();
            let check = torvync(&folder.path().join(&name), &["check", "--strict"]).succeeds();
            assert!(!check.stdout.contains('✗'), "{name}: {check:?}");
            let told = ["All checks passed.", "No mistakes found."];
            assert!(told.iter().any(|told| check.stdout.contains(told)), "{name}: {check:?}");
            assert_eq!(check.stderr, "", "{name}");
        }
    }
}

#[test]
fn the_default_is_a_transform_with_its_contracts() {
    let folder = folder();
    let run = torvync(folder.path(), &["init", "my-transform", "--no-git"]).succeeds();
    assert!(
        run.stdout
            .contains("Created project \"my-transform\" with template \"transform\""),
        "{}",
        run.stdout
    );
    assert!(
        run.stdout
            .contains("    torvync run --limit 10     # Run and see output\n"),
        "{}",
        run.stdout
    );
    let files = tree(&folder.path().join("my-transform"));
    let copied = |path: &&String| path.starts_with("wit/deps/") || path.starts_with("vendor/torvyn/");
    let own: Vec<&String> = files.iter().filter(|path| !copied(path)).collect();
    assert_eq!(
        own,
        [
            ".gitignore",
            "Cargo.toml",
            "README.md",
            "Torvyn.toml",
            "src/lib.rs",
            "wit/world.wit"
        ]
    );
    assert!(
        files.contains(&"wit/deps/torvyn-streaming/types.wit".to_owned()),
        "{files:?}"
    );
    assert!(
        files.contains(&"vendor/torvyn/attribute/src/lib.rs".to_owned()),
        "{files:?}"
    );
    let world = fs::read_to_string(folder.path().join("my-transform/wit/world.wit")).expect("a world");
    assert!(world.contains("package my-transform:component;"), "{world}");
}

#[test]
fn stubs_have_no_code() {
    let folder = folder();
    torvync(folder.path(), &["init", "stubs", "--no-example", "--no-git"]).succeeds();
    let files = tree(&folder.path().join("stubs"));
    assert!(
        !files.iter().any(|path| path.ends_with(".rs") || path == "Cargo.toml"),
        "{files:?}"
    );
}

#[test]
fn a_repository_is_made_unless_it_is_unwanted_or_there() {
    let folder = folder();
    let outer = torvync(folder.path(), &["init", "outer", "--format", "json"])
        .succeeds()
        .json();
    assert_eq!(outer["git"], folder.path().join("outer/.git").exists());
    if outer["git"] == true {
        let inner = torvync(&folder.path().join("outer"), &["init", "inner", "--format", "json"])
            .succeeds()
            .json();
        assert_eq!(inner["git"], false);
    }
    torvync(folder.path(), &["init", "without", "--no-git"]).succeeds();
    assert!(!folder.path().join("without/.git").exists());
}

#[test]
fn a_folder_in_use_is_e0003() {
    let folder = folder();
    fs::create_dir(folder.path().join("taken")).expect("a folder");
    torvync(folder.path(), &["init", "taken", "--no-git"]).succeeds();
    let run = torvync(folder.path(), &["init", "taken"]).fails(1);
    assert!(run.stderr.starts_with("error[E0003]"), "{}", run.stderr);
    fs::write(folder.path().join("taken/notes.txt"), "mine").expect("a file");
    fs::write(folder.path().join("taken/Torvyn.toml"), "overwritten").expect("a file");
    torvync(folder.path(), &["init", "taken", "--force"]).succeeds();
    assert_eq!(
        fs::read_to_string(folder.path().join("taken/notes.txt")).expect("still there"),
        "mine"
    );
    torvync(&folder.path().join("taken"), &["check"]).succeeds();
}

#[test]
fn the_current_folder_gives_its_name() {
    let folder = folder();
    let project = folder.path().join("here");
    fs::create_dir(&project).expect("a folder");
    let made = torvync(&project, &["init", "--no-git", "--format", "json"])
        .succeeds()
        .json();
    assert_eq!(made["project"], "here");
    assert!(project.join("Torvyn.toml").exists());
}

#[test]
fn names_that_cannot_be_used_are_refused() {
    let folder = folder();
    for name in ["9lives", "Capital", "end-", "sp ace", "ünicode", "-x-", "dot.ted"] {
        let run = torvync(folder.path(), &["init", "--", name]).fails(1);
        assert!(run.stderr.contains("invalid project name"), "{name}: {}", run.stderr);
        assert!(!folder.path().join(name).exists(), "{name}");
    }
}

#[test]
fn awkward_names_still_make_valid_projects() {
    let folder = folder();
    for name in ["my_project", "stream", "a1-2b", "a--b"] {
        torvync(folder.path(), &["init", name, "--no-git"]).succeeds();
        torvync(&folder.path().join(name), &["check"]).succeeds();
    }
}

#[test]
fn what_this_version_lacks_is_said_so() {
    let folder = folder();
    let run = torvync(folder.path(), &["init", "x", "--language", "go"]).fails(1);
    let expected = "not available in this version: `go`";
    assert!(run.stderr.contains(expected), "{}", run.stderr);
    assert!(!folder.path().join("x").exists());
}

#[test]
fn the_sdk_in_a_project_needs_no_workspace() {
    let folder = folder();
    torvync(
        folder.path(),
        &["init", "vendored", "--template", "full-pipeline", "--no-git"],
    )
    .succeeds();
    let project = folder.path().join("vendored");
    for manifest in ["vendor/torvyn/Cargo.toml", "vendor/torvyn/attribute/Cargo.toml"] {
        let text = fs::read_to_string(project.join(manifest)).expect("the SDK is there");
        for word in ["workspace = true", "dev-dependencies", "lints"] {
            assert!(!text.contains(word), "{manifest}: {word}");
        }
    }
    let copies = tree(&project);
    let copies = copies.iter().filter(|path| path.ends_with("bindings.rs"));
    assert_eq!(copies.count(), 1, "one copy for all components");
}

/// Runs `torvync init --interactive` with what somebody types.
fn interactive(folder: &Path, arguments: &[&str], typed: &str) -> Run {
    let answers = folder.join("answers");
    fs::write(&answers, typed).expect("a file");
    let mut command = Command::new(env!("CARGO_BIN_EXE_torvync"));
    command
        .args(["init", "--interactive"])
        .args(arguments)
        .current_dir(folder)
        .env("TORVYN_HOME", folder.join("torvyn-home"))
        .stdin(fs::File::open(&answers).expect("the answers"));
    Run::of(&command.output().expect("torvync starts"))
}

#[test]
fn the_wizard_asks_until_it_understands() {
    let folder = folder();
    let run = interactive(folder.path(), &[], "Bad Name\nasked\nsieve\nfilter\nno\nn\n").succeeds();
    let questions = "Folder, and name of the project [.]: invalid project name `Bad Name`: it has capital letters\n\
                     Folder, and name of the project [.]: \
                     Template: source, sink, transform, filter, router, aggregator, full-pipeline, empty [transform]: \
                     there is no template `sieve`\n";
    assert!(run.stderr.starts_with(questions), "{}", run.stderr);
    assert!(
        run.stdout.contains("\"asked\" with template \"filter\""),
        "{}",
        run.stdout
    );
    let project = folder.path().join("asked");
    assert!(!project.join("src").exists() && !project.join(".git").exists());
}

#[test]
fn what_is_not_answered_is_what_the_options_say() {
    let folder = folder();
    interactive(folder.path(), &["given", "--template", "sink", "--no-git"], "\n\n").succeeds();
    let code = fs::read_to_string(folder.path().join("given/src/lib.rs")).expect("the example");
    assert!(code.contains("impl Sink for"), "{code}");
    assert!(!folder.path().join("given/.git").exists());
    let refused = interactive(folder.path(), &["given", "--no-git"], "").fails(1);
    assert!(refused.stderr.contains("error[E0003]"), "{}", refused.stderr);
}
