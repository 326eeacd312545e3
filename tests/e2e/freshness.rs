//! Whether `torvync check` considers a component's code up to date: only a change of the component's own sources makes
//! it stale.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::guests::{package, project};
use crate::torvync::{build, output, root, torvync};

/// The output of `torvync check` for a project.
#[track_caller]
fn checked(folder: &Path) -> String {
    output(torvync().arg("check").current_dir(folder)).expect_code(0).stdout
}

/// Writes a file that is newer than every other one.
fn write_later(path: &Path, text: &str) {
    std::fs::write(path, text).expect("the workshop is writable");
    let file = std::fs::File::options().append(true).open(path);
    let later = SystemTime::now() + Duration::from_secs(60);
    file.and_then(|file| file.set_modified(later))
        .expect("the file has a time");
}

/// Sets the time of a file back, so that it makes no code stale.
fn make_old(path: &Path) {
    let file = std::fs::File::options().append(true).open(path);
    let changed = file.and_then(|file| file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(1)));
    changed.expect("the file has a time");
}

/// Builds a project whose component has sources of every kind: a path dependency, an included file, a build script.
fn with_sources_of_every_kind() -> PathBuf {
    let folder = project("freshness/cargo", "path = \"judge\"");
    let _ = std::fs::remove_dir_all(folder.join(".torvyn"));
    let (judge, words) = (folder.join("judge"), folder.join("words"));
    package(
        &folder,
        "text.contains(words::WORD) && !text.contains(include_str!(\"not.txt\"))",
    );
    std::fs::create_dir_all(words.join("src")).expect("the workshop is writable");
    let files = [
        (
            words.join("Cargo.toml"),
            "[package]\nname = \"words\"\nedition = \"2024\"\n\n[workspace]\n",
        ),
        (words.join("src/lib.rs"), "pub const WORD: &str = \"e\";\n"),
        (judge.join("src/not.txt"), "three"),
        (
            judge.join("build.rs"),
            "fn main() { println!(\"cargo::rerun-if-changed=build.rs\") }\n",
        ),
    ];
    for (path, text) in &files {
        std::fs::write(path, text).expect("the workshop is writable");
    }
    let sdk = root().join("macros");
    let manifest = format!(
        "[package]\nname = \"judge\"\nedition = \"2024\"\n\n[workspace]\n\n[lib]\ncrate-type = [\"cdylib\"]\n\n\
         [dependencies]\ntorvyn = {{ path = {sdk:?} }}\nwords = {{ path = \"../words\" }}\n"
    );
    std::fs::write(judge.join("Cargo.toml"), manifest).expect("the workshop is writable");
    build(&folder, &[], &folder.join("program"));
    folder
}

#[test]
fn code_is_older_than_what_cargo_made_it_of_and_nothing_else() {
    let folder = with_sources_of_every_kind();
    let (judge, words) = (folder.join("judge"), folder.join("words"));
    let beside = ["README.md", "out.txt", "src/lib.rs~", "src/unused.rs", "notes"].map(|name| judge.join(name));
    for path in &beside {
        write_later(path, "");
    }
    let said = checked(&folder);
    assert!(said.contains("code valid (.torvyn/components/judge.wasm)"), "{said}");

    let sources = [
        (judge.join("src/lib.rs"), "judge/src/lib.rs"),
        (judge.join("src/not.txt"), "judge/src/not.txt"),
        (judge.join("build.rs"), "judge/build.rs"),
        (judge.join("Cargo.toml"), "judge/Cargo.toml"),
        (judge.join("Cargo.lock"), "judge/Cargo.lock"),
        (words.join("src/lib.rs"), "words/src/lib.rs"),
        (words.join("Cargo.toml"), "words/Cargo.toml"),
    ];
    for (path, shown) in &sources {
        let text = std::fs::read_to_string(path).expect("the file is there");
        write_later(path, &text);
        let said = checked(&folder);
        assert!(
            said.contains("its code is older than ") && said.contains(shown),
            "{shown}: {said}"
        );
        make_old(path);
    }
    std::fs::create_dir_all(judge.join(".cargo")).expect("the workshop is writable");
    write_later(&judge.join(".cargo/config.toml"), "");
    let said = checked(&folder);
    assert!(said.contains("older than judge/.cargo/config.toml"), "{said}");
    std::fs::remove_dir_all(judge.join(".cargo")).expect("the folder is there");
    std::fs::remove_file(words.join("src/lib.rs")).expect("the file is there");
    let said = checked(&folder);
    assert!(said.contains("its code may be older than its source"), "{said}");
}

#[test]
fn what_a_project_writes_does_not_make_its_code_old() {
    let folder = project(
        "freshness/command",
        "path = \".\"\nbuild_command = \"true\"\nwasm = \"made.wasm\"",
    );
    let manifest = std::fs::read_to_string(folder.join("Torvyn.toml")).expect("the manifest is there");
    let sink = "component = \"builtin:file\", config = { path = \"kept.txt\" }";
    std::fs::write(
        folder.join("Torvyn.toml"),
        manifest.replace("component = \"builtin:console\"", sink),
    )
    .expect("the workshop is writable");
    std::fs::write(folder.join("made.wasm"), crate::lab::even_filter()).expect("the workshop is writable");
    let made = folder.join(".torvyn/components");
    std::fs::create_dir_all(&made).expect("the workshop is writable");
    std::fs::write(folder.join("code.c"), "").expect("the workshop is writable");
    std::fs::write(made.join("judge.wasm"), crate::lab::even_filter()).expect("the workshop is writable");

    for name in [
        "kept.txt",
        "code.c~",
        "#code.c#",
        ".code.c.swp",
        "code.o",
        "README",
        "project",
        "run.log",
    ] {
        write_later(&folder.join(name), "");
        let said = checked(&folder);
        assert!(
            said.contains("code valid (.torvyn/components/judge.wasm)"),
            "{name}: {said}"
        );
    }
    write_later(&folder.join("code.c"), "");
    let said = checked(&folder);
    assert!(said.contains("its code is older than code.c"), "{said}");
    make_old(&folder.join("code.c"));
}
