//! How a build treats components: as packages, as somebody else's build, and as what does not compile.

use std::path::{Path, PathBuf};

use crate::process::Running;
use crate::torvync::{build, executable, output, root, torvync, workshop};

/// A project of one filter, fed with lines. `component` is what its `[[component]]` says besides its name.
fn project(name: &str, component: &str) -> PathBuf {
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

/// Writes a package of a filter that keeps an element if `judgement` holds.
fn package(folder: &Path, judgement: &str) {
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
