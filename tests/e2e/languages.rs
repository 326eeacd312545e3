//! Components in languages other than Rust, built by the project's own command: `tests/guests-c`, `tests/guests-js`,
//! `tests/guests-py`. `cargo xtask setup` installs the tools.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::OnceLock;

use wit_bindgen_core::Files;
use wit_bindgen_core::wit_parser::Resolve;

use crate::process::{Finished, Running};
use crate::report::Reported;
use crate::torvync::{REPORT, build, executable, output, root, target, torvync, workshop};
use crate::versions::contracts;

/// An executable of components in one language, built on first use.
struct Project {
    name: &'static str,
    /// The manifest after the project's name.
    manifest: fn(&Path) -> String,
    built: OnceLock<PathBuf>,
}

static C: Project = Project::new("c", c_manifest);
static JAVASCRIPT: Project = Project::new("javascript", javascript_manifest);
static PYTHON: Project = Project::new("python", python_manifest);

impl Project {
    const fn new(name: &'static str, manifest: fn(&Path) -> String) -> Self {
        Self {
            name,
            manifest,
            built: OnceLock::new(),
        }
    }

    /// Runs a flow with `input` as standard input. No element and no buffer may be missing at the end.
    #[track_caller]
    fn report(&self, arguments: &[&str], input: &str, code: i32) -> Reported {
        Reported::of(self.run(&[&REPORT[..], arguments].concat(), input, code))
    }

    #[track_caller]
    fn run(&self, arguments: &[&str], input: &str, code: i32) -> Finished {
        let program = self.built.get_or_init(|| self.build());
        let folder = program.parent().expect("the program lies in the workshop");
        let mut command = executable(program, folder, arguments);
        command.stdin(Stdio::piped());
        let mut running = Running::start(command);
        running.write(input);
        running.finish().expect_code(code)
    }

    fn build(&self) -> PathBuf {
        let folder = workshop(&format!("languages/{}", self.name));
        let manifest = format!(
            "[torvyn]\nname = {:?}\nversion = \"0.1.0\"\ncontract_version = \"0.1.0\"\n{}",
            self.name,
            (self.manifest)(&folder)
        );
        std::fs::write(folder.join("Torvyn.toml"), manifest).expect("the workshop is writable");
        let program = folder.join("program");
        build(&folder, &[], &program);
        program
    }
}

/// Three guests, each in a different form: a core module, a component, and a component with an adapter for WASI 0.1.
fn c_manifest(workshop: &Path) -> String {
    let components = [
        c_component("countdown", "managed-source", "module", workshop),
        c_component("shout", "managed-transform", "component", workshop),
        c_component("tally", "managed-sink", "component", workshop),
    ];
    components.concat()
        + r#"
[flow.shout]
nodes.lines = { component = "builtin:lines" }
nodes.shout = { component = "shout", config = "!", on_error = { invalid-input = "skip" } }
nodes.console = { component = "builtin:console" }
edges = [
    { from = { node = "lines", port = "output" }, to = { node = "shout", port = "input" } },
    { from = { node = "shout", port = "output" }, to = { node = "console", port = "input" } },
]

[flow.all]
nodes.countdown = { component = "countdown", config = "3" }
nodes.shout = { component = "shout", config = " is counted" }
nodes.tally = { component = "tally" }
edges = [
    { from = { node = "countdown", port = "output" }, to = { node = "shout", port = "input" } },
    { from = { node = "shout", port = "output" }, to = { node = "tally", port = "input" } },
]
"#
}

fn c_component(name: &str, world: &str, shape: &str, workshop: &Path) -> String {
    let bindings = workshop.join(world);
    write_bindings(world, &bindings);
    let output = workshop.join(name).with_extension("wasm");
    let command = format!(
        "./build.sh {name}.c {} {shape} {}",
        bindings.display(),
        output.display()
    );
    component(name, "tests/guests-c", &command, &output)
}

/// The output of `wit-bindgen c` for a world.
fn write_bindings(world: &str, folder: &Path) {
    let mut resolve = Resolve::default();
    let (package, _) = resolve
        .push_dir(root().join("wit/torvyn-streaming"))
        .expect("wit/ resolves");
    let world = resolve.select_world(&[package], Some(world)).expect("the world exists");
    let mut files = Files::default();
    let mut generator = wit_bindgen_c::Opts::default().build();
    generator
        .generate(&mut resolve, world, &mut files)
        .expect("the world can be generated");
    std::fs::create_dir_all(folder).expect("the workshop is writable");
    for (name, contents) in files.iter() {
        std::fs::write(folder.join(name), contents).expect("the workshop is writable");
    }
}

fn javascript_manifest(workshop: &Path) -> String {
    let output = workshop.join("words.wasm");
    let (tools, wit) = (target().join("guests-js"), root().join("wit/torvyn-streaming"));
    let command = format!("./build.sh words.js {tools:?} {wit:?} managed-source {output:?}");
    component("words", "tests/guests-js", &command, &output)
        + &without_version(workshop)
        + r#"
[capabilities.optional]
wasi-clocks = true
wasi-environment = true
wasi-filesystem = true

[flow.words]
nodes.words = { component = "words", config = { text = "naïve guests run too" } }
nodes.console = { component = "builtin:console" }
edges = [{ from = { node = "words", port = "output" }, to = { node = "console", port = "input" } }]

[flow.without-version]
nodes.words = { component = "plain-words", config = { text = "no version" } }
nodes.console = { component = "builtin:console" }
edges = [{ from = { node = "words", port = "output" }, to = { node = "console", port = "input" } }]
"#
}

/// The same guest, with contracts named without a version.
fn without_version(workshop: &Path) -> String {
    let (guest, wit) = (workshop.join("plain-words.js"), workshop.join("wit"));
    contracts("torvyn-streaming", "", &wit);
    let code = std::fs::read_to_string(root().join("tests/guests-js/words.js")).expect("the guest is there");
    std::fs::write(&guest, code.replace("@0.1.0", "")).expect("the workshop is writable");
    let output = workshop.join("plain-words.wasm");
    let tools = target().join("guests-js");
    let command = format!("./build.sh {guest:?} {tools:?} {wit:?} managed-source {output:?}");
    component("plain-words", "tests/guests-js", &command, &output)
}

fn python_manifest(workshop: &Path) -> String {
    let output = workshop.join("words.wasm");
    let (tools, wit) = (target().join("guests-py"), root().join("wit/torvyn-streaming"));
    let command = format!("./build.sh words.py {tools:?} {wit:?} managed-transform {output:?}");
    component("words", "tests/guests-py", &command, &output)
        + r#"
[capabilities.required]
wasi-random = true

[capabilities.optional]
wasi-clocks = true
wasi-environment = true
wasi-filesystem = true
wasi-tcp-connect = true
wasi-udp = true

[security.grants.words]
capabilities = ["wasi:random/random"]

[flow.words]
nodes.lines = { component = "builtin:lines" }
nodes.words = { component = "words", config = { least = 3 }, on_error = { invalid-input = "skip" } }
nodes.console = { component = "builtin:console" }
edges = [
    { from = { node = "lines", port = "output" }, to = { node = "words", port = "input" } },
    { from = { node = "words", port = "output" }, to = { node = "console", port = "input" } },
]
"#
}

fn component(name: &str, folder: &str, command: &str, output: &Path) -> String {
    format!(
        "\n[[component]]\nname = {name:?}\npath = {:?}\nbuild_command = {command:?}\nwasm = {output:?}\n",
        root().join(folder)
    )
}

#[test]
fn a_processor_in_c_emits_drops_and_refuses() {
    let ran = C.report(&["--flow", "shout"], "one\n\nna\u{ef}ve\ntwo\n", 0);
    assert_eq!(ran.stdout, "ONE!\nTWO!\n", "{}", ran.report);
    assert_eq!(
        ran.report.node("shout"),
        "in 4, out 2, absorbed 1, errors 1, skipped 1",
        "{}",
        ran.report
    );
}

#[test]
fn components_in_c_of_every_shape_run_in_one_flow() {
    let ran = C.report(&["--flow", "all"], "", 0);
    let printed = "1: 3 is counted\n2: 2 is counted\n3: 1 is counted\n3 in all\nteardown\n";
    assert_eq!(ran.stdout, printed, "{}", ran.report);
}

#[test]
fn a_component_in_c_refuses_its_config() {
    let ran = C.run(&["--flow", "all", "--config", "countdown=soon"], "", 1);
    let words = "node `countdown` returned an error in `init`: invalid-input: the config is not a number";
    assert!(ran.stderr.contains(words), "expected `{words}`: {ran}");
}

#[test]
fn a_source_in_javascript_runs() {
    let ran = JAVASCRIPT.report(&["--flow", "words"], "", 0);
    let printed = "[\"naïve\",5]\n[\"guests\",6]\n[\"run\",3]\n[\"too\",3]\n";
    assert_eq!(ran.stdout, printed, "{}", ran.report);
}

#[test]
fn a_source_in_javascript_without_a_version_runs() {
    let ran = JAVASCRIPT.report(&["--flow", "without-version"], "", 0);
    assert_eq!(ran.stdout, "[\"no\",2]\n[\"version\",7]\n", "{}", ran.report);
}

/// Capabilities are not declared; then the advice in the message is followed.
#[test]
fn one_message_leads_out_where_code_cannot_be_followed() {
    JAVASCRIPT.report(&["--flow", "words"], "", 0);
    let folder = workshop("languages/undeclared");
    let words = workshop("languages/javascript").join("words.wasm");
    let manifest = |declared: &str| {
        format!(
            "[torvyn]\nname = \"undeclared\"\nversion = \"0.1.0\"\ncontract_version = \"0.1.0\"\n\n\
             [[component]]\nname = \"words\"\nwasm = {words:?}\n\n{declared}\
             [flow.main]\nnodes.words = {{ component = \"words\" }}\n\
             nodes.console = {{ component = \"builtin:console\" }}\nedges = [\n    \
             {{ from = {{ node = \"words\", port = \"output\" }}, to = {{ node = \"console\", port = \"input\" }} }},\n]\n"
        )
    };
    let link = |declared: &str| {
        std::fs::write(folder.join("Torvyn.toml"), manifest(declared)).expect("the workshop is writable");
        output(torvync().arg("link").current_dir(&folder))
    };
    let first = link("").expect_code(1);
    assert_eq!(first.stderr.matches("error[").count(), 1, "{first}");
    assert!(first.stderr.contains("error[E0103]"), "{first}");
    let help = first
        .stderr
        .lines()
        .find(|line| line.contains("declare in `[capabilities.optional]`"));
    let lines = help
        .expect("the way out is named")
        .split('`')
        .filter(|part| part.ends_with(" = true"));
    let lines: String = lines.map(|line| format!("{line}\n")).collect();
    assert!(lines.lines().count() >= 3, "{first}");

    let second = link(&format!("[capabilities.optional]\n{lines}\n")).expect_code(0);
    assert_eq!(second.stderr.matches("warning[").count(), 1, "{second}");
    assert!(second.stderr.contains("warning[E0500]"), "{second}");

    let required = link(&format!("[capabilities.required]\n{lines}\n")).expect_code(1);
    for code in ["E0020", "E0202"] {
        assert_eq!(
            required.stderr.matches(&format!("error[{code}]")).count(),
            1,
            "{required}"
        );
    }
    assert_eq!(required.stderr.matches("error[").count(), 2, "{required}");
}

#[test]
fn a_component_in_javascript_refuses_its_config() {
    let ran = JAVASCRIPT.run(&["--flow", "words", "--config", "words=no JSON"], "", 1);
    let words = "node `words` returned an error in `init`: invalid-input: the config has no text";
    assert!(ran.stderr.contains(words), "expected `{words}`: {ran}");
}

#[test]
fn a_processor_in_python_emits_drops_and_refuses() {
    let input = "na\u{ef}ve guests\na b\n refused\nrun too\n";
    let ran = PYTHON.report(&["--flow", "words"], input, 0);
    let printed = "{\"na\u{ef}ve\": 5, \"guests\": 6}\n{\"run\": 3, \"too\": 3}\n";
    assert_eq!(ran.stdout, printed, "{}", ran.report);
    assert_eq!(
        ran.report.node("words"),
        "in 4, out 2, absorbed 1, errors 1, skipped 1",
        "{}",
        ran.report
    );
}

#[test]
fn a_component_in_python_refuses_its_config() {
    let ran = PYTHON.run(&["--flow", "words", "--config", "words=[]"], "", 1);
    let words = "node `words` returned an error in `init`: invalid-input: the config has no least: TypeError";
    assert!(ran.stderr.contains(words), "expected `{words}`: {ran}");
}
