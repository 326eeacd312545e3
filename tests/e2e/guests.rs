//! Components as a build finds them: as packages, as results of other builds, and as sources that do not compile.

use std::path::{Path, PathBuf};

use crate::process::Running;
use crate::torvync::{build, executable, output, root, torvync, workshop};

/// A project of one filter, fed with lines. `component` is the content of its `[[component]]` besides the name.
pub(crate) fn project(name: &str, component: &str) -> PathBuf {
    let folder = workshop(name);
    let manifest = format!(
        r#"
[torvyn]
name = "project"
version = "0.1.0"
contract_version = "0.1.0"

[[component]]
name = "judge"
{component}

[flow.main]
nodes.lines = {{ component = "builtin:lines" }}
nodes.judge = {{ component = "judge" }}
nodes.console = {{ component = "builtin:console" }}
edges = [
    {{ from = {{ node = "lines", port = "output" }}, to = {{ node = "judge", port = "input" }} }},
    {{ from = {{ node = "judge", port = "output" }}, to = {{ node = "console", port = "input" }} }},
]
"#
    );
    std::fs::write(folder.join("Torvyn.toml"), manifest).expect("the workshop is writable");
    folder
}

/// Writes the package of a filter that keeps an element if `judgement` holds.
pub(crate) fn package(folder: &Path, judgement: &str) {
    let (judge, sdk) = (folder.join("judge"), root().join("macros"));
    std::fs::create_dir_all(judge.join("src")).expect("the workshop is writable");
    let manifest = format!(
        "[package]\nname = \"judge\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[workspace]\n\n\
         [lib]\ncrate-type = [\"cdylib\"]\n\n[dependencies]\ntorvyn = {{ path = {sdk:?} }}\n"
    );
    let code = format!(
        "use torvyn::{{Element, Error, Filter}};\n\n\
         #[derive(Default)]\nstruct Judge;\n\n\
         #[torvyn::component]\nimpl Filter for Judge {{\n    \
         fn evaluate(&mut self, element: &Element<'_>) -> Result<bool, Error> {{\n        \
         let text = element.payload().text()?;\n        Ok({judgement})\n    }}\n}}\n"
    );
    std::fs::write(judge.join("Cargo.toml"), manifest).expect("the workshop is writable");
    std::fs::write(judge.join("src/lib.rs"), code).expect("the workshop is writable");
}

#[test]
fn a_changed_component_is_built_anew() {
    let folder = project("guests/changed", "path = \"judge\"");
    let program = folder.join("program");
    for (judgement, kept) in [("text.len() > 3", "three\n"), ("text.len() == 3", "one\ntwo\n")] {
        package(&folder, judgement);
        build(&folder, &[], &program);
        let mut running = Running::start({
            let mut command = executable(&program, &folder, &[]);
            command.stdin(std::process::Stdio::piped());
            command
        });
        running.write("one\ntwo\nthree\n");
        assert_eq!(running.finish().expect_code(0).stdout, kept, "{judgement}");
    }
}

#[test]
fn a_component_that_does_not_compile_shows_what_its_compiler_says() {
    let folder = project("guests/wrong", "path = \"judge\"");
    package(&folder, "text.is_plausible()");
    let finished = output(torvync().args(["build", "--manifest"]).arg(folder.join("Torvyn.toml"))).expect_code(2);
    for words in [
        "error[E0011]",
        "component `judge` does not build",
        "no method named `is_plausible`",
        "src/lib.rs:10:17",
    ] {
        assert!(finished.stderr.contains(words), "expected `{words}`: {finished}");
    }
}

#[test]
fn a_build_command_makes_the_component() {
    let component = "path = \"judge\"\nbuild_command = \"cp even.wasm made.wasm\"\nwasm = \"judge/made.wasm\"";
    let folder = project("guests/command", component);
    let judge = folder.join("judge");
    std::fs::create_dir_all(&judge).expect("the workshop is writable");
    std::fs::write(judge.join("even.wasm"), crate::lab::even_filter()).expect("the workshop is writable");
    let program = folder.join("program");
    build(&folder, &[], &program);
    let numbers = folder.join("numbers");
    std::fs::write(&numbers, "0\n1\n2\n").expect("the workshop is writable");
    let finished = Running::start(executable(&program, &folder, &["--input", "numbers"])).finish();
    assert_eq!(finished.expect_code(0).stdout, "0\n2\n");
}

#[test]
fn a_build_command_that_fails_shows_what_it_said() {
    let component = "path = \".\"\nbuild_command = \"echo no compiler today >&2; exit 3\"\nwasm = \"none.wasm\"";
    let folder = project("guests/failing-command", component);
    let finished = output(torvync().args(["build", "--manifest"]).arg(folder.join("Torvyn.toml"))).expect_code(2);
    for words in ["error[E0011]", "no compiler today", "exit status: 3"] {
        assert!(finished.stderr.contains(words), "expected `{words}`: {finished}");
    }
}

/// A project of two components whose packages, in separate folders, have the same name. Nodes name cargo's build
/// results.
fn twins(folder: &Path) {
    let manifest = r#"
[torvyn]
name = "twins"
version = "0.1.0"
contract_version = "0.1.0"

[[component]]
name = "first"
path = "first/judge"

[[component]]
name = "second"
path = "second/judge"

[flow.main]
nodes.lines = { component = "builtin:lines" }
nodes.first = { component = "file://./first/judge/target/wasm32-wasip2/debug/judge.wasm" }
nodes.second = { component = "file://./second/judge/target/wasm32-wasip2/release/judge.wasm" }
nodes.console = { component = "builtin:console" }
edges = [
    { from = { node = "lines", port = "output" }, to = { node = "first", port = "input" } },
    { from = { node = "first", port = "output" }, to = { node = "second", port = "input" } },
    { from = { node = "second", port = "output" }, to = { node = "console", port = "input" } },
]
"#;
    std::fs::write(folder.join("Torvyn.toml"), manifest).expect("the workshop is writable");
}

#[test]
fn packages_of_one_name_are_two_components() {
    let folder = workshop("guests/twins");
    twins(&folder);
    let numbers = folder.join("lines");
    std::fs::write(&numbers, "a\nab\nabc\nabcd\n").expect("the workshop is writable");
    let program = folder.join("program");
    // Neither is ever confused with the other, whichever was compiled last, and a stale file is never used.
    for (first, second, kept) in [
        ("text.len() > 1", "text.len() < 4", "ab\nabc\n"),
        ("text.len() > 1", "text.len() < 3", "ab\n"),
        ("text.len() > 0", "text.len() < 3", "a\nab\n"),
        ("text.len() > 1", "text.len() < 4", "ab\nabc\n"),
    ] {
        package(&folder.join("first"), first);
        package(&folder.join("second"), second);
        // A program beside the library is not the component, and need not compile for its target.
        let tools = folder.join("first/judge/src/bin");
        std::fs::create_dir_all(&tools).expect("the workshop is writable");
        let tool = "#[cfg(target_family = \"wasm\")]\ncompile_error!(\"a tool\");\nfn main() {}\n";
        std::fs::write(tools.join("judge.rs"), tool).expect("the workshop is writable");
        build(&folder, &[], &program);
        let finished = Running::start(executable(&program, &folder, &["--input", "lines"])).finish();
        assert_eq!(finished.expect_code(0).stdout, kept, "{first}, {second}");
    }
    let binary = |name: &str| std::fs::read(folder.join(format!(".torvyn/components/{name}.wasm"))).expect("was built");
    assert_ne!(binary("first"), binary("second"));
}

/// The error for a package with the manifest `text` and these source files.
fn refused(name: &str, text: &str, sources: &[&str]) -> crate::process::Finished {
    let folder = project(name, "path = \"judge\"");
    let judge = folder.join("judge");
    let _ = std::fs::remove_dir_all(&judge);
    for source in sources {
        let path = judge.join(source);
        std::fs::create_dir_all(path.parent().expect("has a folder")).expect("the workshop is writable");
        std::fs::write(path, "fn main() {}\n").expect("the workshop is writable");
    }
    std::fs::write(judge.join("Cargo.toml"), text).expect("the workshop is writable");
    output(torvync().args(["build", "--manifest"]).arg(folder.join("Torvyn.toml"))).expect_code(2)
}

#[test]
fn a_package_that_makes_no_component_is_told_what_it_lacks() {
    let head = "[package]\nname = \"judge\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[workspace]\n";
    let library_and_tool = ["src/lib.rs", "src/main.rs"];
    let tools = ["src/bin/one.rs", "src/bin/two.rs"];
    let workspace = "[workspace]\nmembers = [\"one\"]\nresolver = \"3\"\n";
    let member = ["one/src/lib.rs"];
    for (name, text, sources, words) in [
        (
            "guests/no-cdylib",
            head,
            &library_and_tool[..],
            "no library of the type `cdylib`",
        ),
        ("guests/only-tools", head, &tools, "no library, and several programs"),
        (
            "guests/no-manifest-of-a-member",
            workspace,
            &member,
            "does not build: `cargo metadata` failed",
        ),
    ] {
        let finished = refused(name, text, sources);
        assert!(finished.stderr.contains("error[E0011]"), "{name}: {finished}");
        assert!(finished.stderr.contains(words), "{name}: {finished}");
    }
}

#[test]
fn the_folder_of_a_workspace_names_its_packages() {
    let folder = project("guests/workspace", "path = \"judge\"");
    package(&folder.join("judge"), "true");
    let member = folder.join("judge/judge/Cargo.toml");
    let text = std::fs::read_to_string(&member).expect("was written");
    std::fs::write(&member, text.replace("[workspace]\n", "")).expect("the workshop is writable");
    let workspace = "[workspace]\nmembers = [\"judge\"]\nresolver = \"3\"\n";
    std::fs::write(folder.join("judge/Cargo.toml"), workspace).expect("the workshop is writable");
    let finished = output(torvync().args(["build", "--manifest"]).arg(folder.join("Torvyn.toml"))).expect_code(2);
    for words in [
        "error[E0011]",
        "is the manifest of a workspace",
        "judge/judge",
        "name the folder of one of them",
    ] {
        assert!(finished.stderr.contains(words), "expected `{words}`: {finished}");
    }
}

/// A project whose component is made by `command` in its folder, which contains `even.wasm`.
fn commanded(name: &str, command: &str) -> PathBuf {
    let folder = project(name, &format!("path = \"judge\"\nbuild_command = \"{command}\""));
    let judge = folder.join("judge");
    let _ = std::fs::remove_dir_all(judge.join("target"));
    let _ = std::fs::remove_dir_all(folder.join(".torvyn"));
    std::fs::create_dir_all(&judge).expect("the workshop is writable");
    std::fs::write(judge.join("even.wasm"), crate::lab::even_filter()).expect("the workshop is writable");
    folder
}

#[test]
fn what_a_build_command_made_is_found_when_there_is_no_doubt() {
    let made = "target/wasm32-wasip2/release/judge.wasm";
    let command = format!("test -f {made} || {{ mkdir -p target/wasm32-wasip2/release; cp even.wasm {made}; }}");
    let folder = commanded("guests/found", &command);
    let program = folder.join("program");
    // The second time there is nothing to do.
    for _ in 0..2 {
        build(&folder, &[], &program);
    }
    // The file differs from the command's result.
    let path = folder.join("judge").join(made);
    let mut bytes = crate::lab::even_filter();
    bytes.extend([0, 2, 1, b'x']);
    std::fs::write(&path, bytes).expect("the workshop is writable");
    let finished = output(torvync().args(["build", "--manifest"]).arg(folder.join("Torvyn.toml"))).expect_code(2);
    assert!(finished.stderr.contains("wrote nothing new"), "{finished}");
}

#[test]
fn what_a_build_command_may_have_made_is_not_guessed() {
    let both = "mkdir -p target/wasm32-wasip2/debug target/wasm32-wasip2/release; \
                cp even.wasm target/wasm32-wasip2/debug/judge.wasm; cp even.wasm target/wasm32-wasip2/release/judge.wasm";
    for (name, command, words) in [
        ("guests/older", "true", "wrote nothing new"),
        ("guests/both", both, "wrote several binaries with this name"),
    ] {
        let folder = commanded(name, command);
        // In a folder shared by projects, from another project.
        let shared = folder.join("shared");
        let other = shared.join("wasm32-wasip2/debug/judge.wasm");
        std::fs::create_dir_all(other.parent().expect("has a folder")).expect("the workshop is writable");
        std::fs::write(&other, crate::lab::even_filter()).expect("the workshop is writable");
        let mut command = torvync();
        command.args(["build", "--manifest"]).arg(folder.join("Torvyn.toml"));
        let finished = output(command.env("CARGO_TARGET_DIR", &shared)).expect_code(2);
        for words in ["error[E0011]", words, "add `wasm` with the path"] {
            assert!(
                finished.stderr.contains(words),
                "{name}: expected `{words}`: {finished}"
            );
        }
    }
}

#[test]
fn check_goes_by_code_that_is_not_older_than_its_source() {
    let folder = project("guests/aged", "path = \"judge\"");
    let judge = folder.join("judge");
    let made = judge.join("target/wasm32-wasip2/debug");
    std::fs::create_dir_all(judge.join("wit")).expect("the workshop is writable");
    std::fs::create_dir_all(&made).expect("the workshop is writable");
    let world = "package demo:judge;\n\nworld judge {\n    include torvyn:streaming/transform@0.1.0;\n}\n";
    std::fs::write(judge.join("wit/world.wit"), world).expect("the workshop is writable");
    std::fs::write(judge.join("code.c"), "").expect("the workshop is writable");
    let binary = made.join("judge.wasm");
    let check = || output(torvync().arg("check").current_dir(&folder));

    let _ = std::fs::remove_file(&binary);
    let finished = check().expect_code(0);
    assert!(
        finished.stdout.contains("contract valid; its code is not there yet"),
        "{finished}"
    );

    std::fs::write(&binary, crate::lab::even_filter()).expect("the workshop is writable");
    let finished = check().expect_code(1);
    for words in ["error[E0213]", "judge/wit/world.wit:3:", "its code is a filter"] {
        assert!(finished.stderr.contains(words), "expected `{words}`: {finished}");
    }

    let later = std::time::SystemTime::now() + std::time::Duration::from_secs(60);
    let source = std::fs::File::options()
        .append(true)
        .open(judge.join("code.c"))
        .expect("the file is there");
    source.set_modified(later).expect("the file has a time");
    let finished = check().expect_code(0);
    assert!(
        finished.stdout.contains("its code is older than judge/code.c"),
        "{finished}"
    );
}
