//! The projects made by `torvync init`: each template is checked, built and run as its README describes.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::torvync::{output, run_to_end, target, torvync, workshop};

/// A lock for building a template: all are built in one target folder, where components of the same name would replace
/// each other.
fn alone(template: &str) -> MutexGuard<'static, ()> {
    static RIGHTS: Mutex<BTreeMap<String, &'static Mutex<()>>> = Mutex::new(BTreeMap::new());
    let mut rights = RIGHTS.lock().unwrap_or_else(PoisonError::into_inner);
    let right = *rights
        .entry(template.to_owned())
        .or_insert_with(|| Box::leak(Box::default()));
    drop(rights);
    right.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A new project, with the lock.
struct Project {
    folder: PathBuf,
    _alone: MutexGuard<'static, ()>,
}

impl Deref for Project {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.folder
    }
}

impl AsRef<Path> for Project {
    fn as_ref(&self) -> &Path {
        self
    }
}

/// A new project. Remains of the last run are removed.
fn init(template: &str) -> Project {
    let alone = alone(template);
    let folder = workshop("templates").join(template);
    if folder.exists() {
        std::fs::remove_dir_all(&folder).expect("the workshop is writable");
    }
    let mut command = torvync();
    command.args(["init", "--no-git", "--template", template]).arg(&folder);
    run_to_end(&mut command);
    Project { folder, _alone: alone }
}

fn run(folder: &Path, arguments: &[&str]) -> String {
    run_to_end(torvync().args(arguments).current_dir(folder))
}

/// Checks the first six elements, as the console shows them.
fn prints(template: &str, expected: &str) -> Project {
    let folder = init(template);
    let check = run(&folder, &["check", "--strict"]);
    assert!(check.contains("No mistakes found."), "there is no code yet: {check}");
    run(&folder, &["build"]);
    let check = run(&folder, &["check", "--strict"]);
    assert!(check.contains("All checks passed."), "{check}");
    run(&folder, &["link"]);
    assert_eq!(run(&folder, &["run", "--limit", "6"]), expected);
    folder
}

/// Runs the template's own tests.
fn passes_its_own_tests(folder: &Path, count: usize) {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .args(["test", "--lib"])
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", target().join("e2e-guests"));
    let finished = output(&mut command).expect_code(0);
    let passed = finished.stdout.matches("... ok").count();
    assert_eq!(passed, count, "{finished}");
}

#[test]
fn source() {
    let folder = prints("source", "15.0 °C\n15.2 °C\n15.7 °C\n16.5 °C\n17.5 °C\n18.7 °C\n");
    passes_its_own_tests(&folder, 1);
}

#[test]
fn sink() {
    let lines: String = (1..=6).map(|n| format!("  18 bytes: Hello, Torvyn! ({n})\n")).collect();
    let folder = prints("sink", &format!("{lines}6 elements, 108 bytes\n"));
    passes_its_own_tests(&folder, 1);
}

#[test]
fn transform() {
    let lines: String = (1..=6)
        .map(|n| format!("[{:04}] HELLO, TORVYN! ({n})\n", n - 1))
        .collect();
    let folder = prints("transform", &lines);
    passes_its_own_tests(&folder, 1);
}

#[test]
fn filter() {
    let folder = prints("filter", "Hello, Torvyn! (5)\n");
    passes_its_own_tests(&folder, 2);
}

#[test]
fn a_configuration_that_does_not_fit_says_where() {
    let folder = init("filter");
    let manifest = folder.join("Torvyn.toml");
    let text = std::fs::read_to_string(&manifest).expect("the template has a manifest");
    std::fs::write(&manifest, text.replace("contains = \"5\"", "contains = 5")).expect("the workshop is writable");
    let finished = output(torvync().args(["run", "--limit", "6"]).current_dir(&folder)).expect_code(1);
    let words = "`config`: `contains`: invalid type: integer `5`, expected a string at line 1 column 13";
    assert!(finished.stderr.contains(words), "{finished}");
}

#[test]
fn router() {
    let folder = prints("router", "Hello, Torvyn! (1)\nHello, Torvyn! (3)\nHello, Torvyn! (5)\n");
    let odd = std::fs::read_to_string(folder.join("odd.txt")).expect("the other branch ends in a file");
    assert_eq!(odd, "Hello, Torvyn! (2)\nHello, Torvyn! (4)\nHello, Torvyn! (6)\n");
    passes_its_own_tests(&folder, 1);

    // The component names its ports for the compiler.
    let manifest = folder.join("Torvyn.toml");
    let text = std::fs::read_to_string(&manifest).expect("the template has a manifest");
    std::fs::write(&manifest, text.replace("port = \"odd\"", "port = \"od\"")).expect("the workshop is writable");
    for command in ["link", "build"] {
        let finished = output(torvync().arg(command).current_dir(&folder)).expect_code(1);
        assert!(finished.stderr.contains("error[E0204]"), "{finished}");
        assert!(finished.stderr.contains("did you mean `odd`?"), "{finished}");
    }
}

#[test]
fn aggregator() {
    let lines = "Hello, Torvyn! (1) | Hello, Torvyn! (2) | Hello, Torvyn! (3) | Hello, Torvyn! (4)\n\
                 Hello, Torvyn! (5) | Hello, Torvyn! (6)\n";
    let folder = prints("aggregator", lines);
    passes_its_own_tests(&folder, 1);
}

#[test]
fn full_pipeline() {
    let lines = "[0000] [TS=1000000] CONNECTION ACCEPTED FROM 10.0.1.42\n\
                 [0001] [TS=2000000] REQUEST RECEIVED: GET /API/STATUS\n\
                 [0002] [TS=3000000] DATABASE QUERY COMPLETED IN 12MS\n\
                 [0003] [TS=4000000] RESPONSE SENT: 200 OK\n\
                 [0004] [TS=5000000] CONNECTION ACCEPTED FROM 10.0.1.87\n\
                 [0005] [TS=6000000] REQUEST RECEIVED: POST /API/EVENTS\n";
    prints("full-pipeline", lines);
}

#[test]
fn empty() {
    let folder = init("empty");
    let check = run(&folder, &["check", "--strict"]);
    assert!(check.contains("All checks passed."), "{check}");
    let build = output(torvync().arg("build").current_dir(&folder)).expect_code(1);
    assert!(build.stderr.contains("the project has no flow"), "{build}");
}

#[test]
fn a_changed_manifest_compiles_the_component_again() {
    let folder = init("transform");
    run(&folder, &["build"]);
    let manifest = folder.join("Torvyn.toml");
    let text = std::fs::read_to_string(&manifest).expect("the template has a manifest");
    let node = "\n[flow.main.nodes.transform]\ncomponent = \"transform\"\nconfig = \"loud\"\n";
    std::fs::write(&manifest, text + node).expect("the workshop is writable");
    let finished = output(torvync().arg("build").current_dir(&folder)).expect_code(2);
    let words = "[E0706] `config` has no effect: component `transform` takes none";
    assert!(finished.stderr.contains(words), "{finished}");
}

#[test]
fn a_clock_in_the_code_shows_how_it_is_reached() {
    let folder = init("transform");
    let source = folder.join("src/lib.rs");
    let text = std::fs::read_to_string(&source).expect("the template has code");
    let head = "fn transformed(sequence: u64, text: &str) -> String {\n";
    assert!(text.contains(head), "{text}");
    let stamped = format!("{head}    let text = &format!(\"{{:?}} {{text}}\", std::time::SystemTime::now());\n");
    std::fs::write(&source, text.replace(head, &stamped)).expect("the workshop is writable");
    let finished = output(torvync().arg("build").current_dir(&folder)).expect_code(1);
    assert!(finished.stderr.contains("error[E0103]"), "{finished}");
    // In the order of the calls, with any text between them.
    let names = [
        "`process`",
        "as torvyn::role::Processor>::process`",
        "::transformed`",
        "SystemTime>::now`",
        "`clock_time_get`",
    ];
    let mut rest = finished.stderr.split_once("reached by").expect("the way is shown").1;
    for name in names {
        rest = rest
            .split_once(name)
            .unwrap_or_else(|| panic!("{name} comes next: {finished}"))
            .1;
    }
}
