//! Options: a line for each, and the effect that the line must have.

use std::collections::BTreeSet;

use super::{APP, run};

/// Command, option or argument, and a command line that runs twice: with the parts in braces, and without. The text at
/// the end occurs only in the first run: in the exit code, on standard output or on standard error; with `not` before
/// it, only in the second.
const OPTIONS: &[(&str, &str, &str, &str)] = &[
    (
        "torvync",
        "--format",
        "explain E0704 {--format=json}",
        "\"exit_code\":0",
    ),
    (
        "torvync",
        "--color",
        "check --manifest=none.toml {--color=always}",
        "\u{1b}[",
    ),
    ("torvync", "--quiet", "check {--quiet}", "not Manifest valid"),
    (
        "torvync",
        "--verbose",
        "link {--verbose}",
        "source.output → middle.input",
    ),
    ("torvync", "--help", "explain {--help}", "Usage: torvync explain"),
    ("torvync", "--version", "{--version}", "torvync 0."),
    ("init", "[PROJECT_NAME]", "init {named}", "Created project \"named\""),
    (
        "init",
        "--template",
        "init p {--template=source}",
        "template \"source\"",
    ),
    ("init", "--language", "init p {--language=python}", "python"),
    ("init", "--no-git", "init p --format=json {--no-git}", "\"git\":false"),
    ("init", "--no-example", "init p {--no-example}", "not lib.rs"),
    (
        "init",
        "--contract-version",
        "init p {--contract-version=9.9.9}",
        "9.9.9",
    ),
    ("init", "--interactive", "init p {--interactive}", "Template"),
    ("init", "--force", "init here {--force}", "exit 0"),
    ("check", "[FLOW]", "check {other}", "not Flow \"main\""),
    ("check", "--flow", "check {--flow=none}", "no flow `none`"),
    ("check", "--manifest", "check {--manifest=odd.toml}", "E0020"),
    ("check", "--strict", "check --manifest=odd.toml {--strict}", "exit 2"),
    ("link", "[FLOW]", "link {none}", "no flow `none`"),
    ("link", "--flow", "link {--flow=none}", "no flow `none`"),
    ("link", "--manifest", "link {--manifest=missing.toml}", "exit 2"),
    (
        "link",
        "--components",
        "link --manifest=broken.toml {--components=parts}",
        "exit 0",
    ),
    ("build", "[FLOW]", "build -o=app2 {other}", "not Flow main"),
    ("build", "--flow", "build -o=app2 {--flow=other}", "not Flow main"),
    ("build", "--manifest", "build -o=app2 {--manifest=odd.toml}", "E0020"),
    (
        "build",
        "--release",
        "build -o=app2 --format=json {--release}",
        "\"release\":true",
    ),
    (
        "build",
        "--opt",
        "build -o=app2 {--opt=component}",
        "component path: asked for by `--opt`",
    ),
    (
        "build",
        "--profiling",
        "build -o=app2 {--profiling} && inspect app2",
        "profiling",
    ),
    (
        "build",
        "--target",
        "build -o=app2 {--target=armv7-unknown-linux-gnueabihf}",
        "armv7",
    ),
    ("build", "--output", "build {--output=app3}", "app3"),
    ("build", "--emit", "build -o=app2 {--emit=ir}", "quantum 32 elements"),
    ("run", "[FLOW]", "run {other}", "Other (1)"),
    ("run", "--flow", "run {--flow=other}", "Other (1)"),
    ("run", "--manifest", "run {--manifest=odd.toml}", "Odd (1)"),
    (
        "run",
        "--opt",
        "run --output=out.txt {--opt=component} && inspect .torvyn/bin/walk",
        "component path: asked for",
    ),
    (
        "run",
        "--profiling",
        "run --output=out.txt {--profiling} && inspect .torvyn/bin/walk",
        "profiling",
    ),
    ("run", "--perf-map", "run --profiling {--perf-map}", "/tmp/perf-"),
    ("run", "--all", "run {--all}", "Other (1)"),
    ("run", "--input", "run {--input=lines.txt}", "a line of the file"),
    ("run", "--output", "run {--output=out.txt}", "not Hello, Torvyn! (1)"),
    ("run", "--limit", "run {--limit=2}", "not Hello, Torvyn! (3)"),
    ("run", "--timeout", "run --input=- {--timeout=0ms}", "timed-out"),
    (
        "run",
        "--clock",
        "run --flow=slow --output=out.txt --format=json {--clock=simulated}",
        "000000000,\"event\":\"state\",\"state\":\"completed\"",
    ),
    ("run", "--config", "run {--config=source.message=Moin}", "Moin (1)"),
    ("run", "--report", "run --input=none.txt {--report}", "── Account"),
    ("run", "--log-level", "run {--log-level=debug}", "state state=running"),
    (
        "link",
        "--work-dir",
        "link --manifest=broken.toml {--work-dir=elsewhere}",
        "elsewhere/components",
    ),
    (
        "build",
        "--work-dir",
        "build --emit=crate {--work-dir=elsewhere}",
        "elsewhere/build",
    ),
    ("run", "--work-dir", "run {--work-dir=/proc/none}", "exit 2"),
    ("graph", "[FLOW]", "graph {other}", "not main"),
    ("graph", "--flow", "graph {--flow=other}", "not main"),
    ("graph", "--manifest", "graph {--manifest=odd.toml}", "odd"),
    ("graph", "--format", "graph {--format=svg}", "<svg"),
    ("inspect", "<TARGET>", "inspect {bin/walk}", "Executable walk"),
    (
        "inspect",
        "--show",
        "inspect bin/walk {--show=size}",
        "not Executable walk",
    ),
    ("explain", "[CODE]", "explain {E0704}", "Wrong:"),
    (
        "contract diff",
        "<OLD>",
        "contract diff {guests/counter_source.wasm} guests/counter_source.wasm",
        "exit 0",
    ),
    (
        "contract diff",
        "<NEW>",
        "contract diff guests/counter_source.wasm {guests/counter_source.wasm}",
        "exit 0",
    ),
    (
        "doctor",
        "--manifest",
        "doctor {--manifest=none.toml}",
        "no file `none.toml`",
    ),
    (
        "doctor",
        "--target",
        "doctor {--target=armv7-unknown-linux-gnueabihf}",
        "armv7",
    ),
    ("completions", "<SHELL>", "completions {bash}", "_torvync()"),
    (APP, "--flow", "{--flow=other}", "Other (1)"),
    (APP, "--all", "{--all}", "Other (1)"),
    (APP, "--input", "{--input=lines.txt}", "a line of the file"),
    (APP, "--output", "{--output=out.txt}", "not Hello, Torvyn! (1)"),
    (APP, "--limit", "{--limit=2}", "not Hello, Torvyn! (3)"),
    (APP, "--timeout", "--input=- {--timeout=0ms}", "timed-out"),
    (
        APP,
        "--clock",
        "--flow=slow --output=out.txt --format=json {--clock=simulated}",
        "000000000,\"event\":\"state\",\"state\":\"completed\"",
    ),
    (APP, "--config", "{--config=source.message=Moin}", "Moin (1)"),
    (APP, "--report", "--input=none.txt {--report}", "── Account"),
    (APP, "--log-level", "{--log-level=debug}", "state state=running"),
    (APP, "--format", "--output=out.txt {--format=json}", "\"balanced\":true"),
    (APP, "--color", "--input=none.txt {--color=always}", "\u{1b}["),
    (APP, "--quiet", "{--quiet}", "not ── Summary"),
    (APP, "--help", "{--help}", "Usage: walk [run]"),
    (APP, "--version", "{--version}", "walk 0.1.0"),
];

/// Options whose effect no command line here shows, with the reason.
const SHOWN_ELSEWHERE: [(&str, &str, &str); 4] = [
    (
        "check",
        "--work-dir",
        "nothing is built: taken so that the same options fit every command that reads a project",
    ),
    ("graph", "--work-dir", "the same"),
    (
        "run",
        "--release",
        "the executable says nothing of it; the line of `build` shows the same option",
    ),
    (
        "doctor",
        "--fix",
        "a machine that the tests run on needs no repair; the tests of the command line break one",
    ),
];

/// A line with and without its parts in braces.
fn both(line: &str) -> (String, String) {
    let (before, rest) = line.split_once('{').expect("the line has braces");
    let (within, after) = rest.rsplit_once('}').expect("the line has braces");
    (format!("{before}{within}{after}"), format!("{before}{after}"))
}

#[test]
fn every_option_has_an_effect() {
    let failures: Vec<String> = OPTIONS.iter().filter_map(|line| without_effect(*line)).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// The difference between a line and its effect, if there is one.
fn without_effect((command, option, line, shows): (&str, &str, &str, &str)) -> Option<String> {
    let (with, without) = both(line);
    let said = |line: &str| {
        // The second command, if there is one, shows the effect of the first.
        let last = line.split(" && ").map(|line| run(command, line)).last();
        let finished = last.expect("a line has a command");
        let code = finished.code.map_or_else(String::new, |code| code.to_string());
        format!("exit {code}\n{}\n{}", finished.stdout, finished.stderr)
    };
    let (with, without) = (said(&with), said(&without));
    let (text, there, not_there) = match shows.strip_prefix("not ") {
        Some(text) => (text, &without, &with),
        None => (shows, &with, &without),
    };
    let is_shown = there.contains(text) && !not_there.contains(text);
    let [with, without] = [with, without].map(|said| said.chars().take(4_000).collect::<String>());
    (!is_shown).then(|| format!("{command} {option}: `{shows}`\n── with\n{with}\n── without\n{without}"))
}

#[test]
fn every_option_has_a_line() {
    let mut found = BTreeSet::new();
    options_in("torvync", &[], &mut found);
    let help = run(APP, "--help").expect_code(0).stdout;
    found.extend(long_options(&help).into_iter().map(|option| (APP.to_owned(), option)));
    let lines = OPTIONS.iter().map(|(command, option, ..)| (*command, *option));
    let lines = lines.chain(SHOWN_ELSEWHERE.map(|(command, option, _)| (command, option)));
    let lines: BTreeSet<(String, String)> = lines
        .map(|(command, option)| (command.to_owned(), option.to_owned()))
        .collect();
    let missing: Vec<_> = found.difference(&lines).collect();
    let stale: Vec<_> = lines.difference(&found).collect();
    assert!(
        missing.is_empty() && stale.is_empty(),
        "without a line: {missing:?}\nlines without an option: {stale:?}"
    );
}

/// Adds the options and arguments in the help of a command and of its subcommands.
fn options_in(command: &str, words: &[&str], found: &mut BTreeSet<(String, String)>) {
    let help = run("torvync", &[words, &["--help"]].concat().join(" "))
        .expect_code(0)
        .stdout;
    let mut section = "";
    for line in help.lines() {
        match line.strip_suffix(':') {
            Some(title) if !line.starts_with(' ') => section = title,
            Some(_) | None => {}
        }
        let word = line.split_whitespace().next().unwrap_or_default();
        let is_entry = line.starts_with("  ") && !line.starts_with("          ");
        match section {
            "Commands" if is_entry && word != "help" => {
                let below = [words, &[word]].concat();
                options_in(&below.join(" "), &below, found);
            }
            "Arguments" if is_entry => {
                found.insert((command.to_owned(), word.to_owned()));
            }
            // Every command has the global options, and those for help.
            "Options" => found.extend(
                long_options(line)
                    .into_iter()
                    .filter(|option| words.is_empty() || !["--help", "--version"].contains(&&**option))
                    .map(|option| (command.to_owned(), option)),
            ),
            "Global options" if words.is_empty() => {
                found.extend(
                    long_options(line)
                        .into_iter()
                        .map(|option| (command.to_owned(), option)),
                );
            }
            _ => {}
        }
    }
}

/// The options at the beginnings of a help's lines.
fn long_options(help: &str) -> Vec<String> {
    let entries = help
        .lines()
        .filter(|line| line.starts_with("  ") && line.trim_start().starts_with('-'));
    let long = entries.filter_map(|line| line.split([' ', ',']).find(|word| word.starts_with("--")));
    long.map(|option| option.split(['[', '=']).next().unwrap_or(option).to_owned())
        .collect()
}
