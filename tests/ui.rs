//! Output of `torvync` for projects with mistakes, compared with golden files. Every code that `check` and `link` raise
//! has a case, each key of the manifest has an effect or a warning, and no damaged manifest makes the compiler panic.
#![expect(
    clippy::disallowed_methods,
    reason = "the tests lay out projects and start the compiler in them"
)]

mod advice;
mod binary;
mod explained;
mod keys;
mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output, Stdio};

use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::Value;
use support::Case;
use tempfile::TempDir;
use torvync_compiler::contract::component::{self, BinaryError};
use torvync_compiler::diag::Code;
use torvync_compiler::diag::render;
use torvync_compiler::driver::{self, Request};
use torvync_compiler::graph;
use torvync_compiler::source::files::MemoryFiles;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("ui");
    let cases = Case::find(&root);
    let manifests = manifests(&root);
    let mut trials: Vec<_> = cases
        .iter()
        .cloned()
        .map(|case| Trial::test(case.name.clone(), move || run(&case)))
        .collect();
    let reported = cases.clone();
    trials.push(Trial::test("sarif_and_json_lines_are_valid", move || {
        reports(&reported)
    }));
    trials.push(Trial::test("every_code_has_a_case", move || {
        every_code_has_a_case(&cases)
    }));
    trials.push(Trial::test("advice_can_be_followed", advice::can_be_followed));
    trials.extend(explained::trials(Path::new(env!("CARGO_MANIFEST_DIR"))));
    trials.extend(keys::trials(Path::new(env!("CARGO_MANIFEST_DIR"))));
    trials.push(Trial::test("the_picture_in_the_readme_is_up_to_date", picture));
    let drawn = manifests.clone();
    trials.push(Trial::test("pictures_are_whole", move || pictures(&drawn)));
    trials.push(Trial::test("damaged_manifests_never_panic", move || {
        damaged_manifests_never_panic(&manifests)
    }));
    trials.push(Trial::test(
        "damaged_contracts_never_panic",
        damaged_contracts_never_panic,
    ));
    trials.push(Trial::test(
        "damaged_binaries_never_panic",
        damaged_binaries_never_panic,
    ));
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// Runs the case and compares the whole output of `torvync`.
fn run(case: &Case) -> Result<(), Failed> {
    let folder = TempDir::new()?;
    let project = folder.path().join("project");
    let script = case.prepare(&project)?;
    let actual = torvync(&project, folder.path(), &script.words, &script.variables)?;
    support::compare(&golden(case), &actual)
}

/// Runs `torvync` in a project, without colour and with a cache of its own.
fn run_torvync(
    project: &Path,
    home: &Path,
    words: &[String],
    variables: &[(String, String)],
) -> Result<Output, Failed> {
    let mut command = Command::new(binary::torvync());
    command
        .args(words)
        .current_dir(project)
        .env("TORVYN_HOME", home.join("home"))
        .env("NO_COLOR", "1")
        .envs(variables.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null());
    Ok(command.output()?)
}

/// Path of the expected output.
fn golden(case: &Case) -> PathBuf {
    if case.path.is_dir() {
        case.path.join("expected.stderr")
    } else {
        case.path.with_extension("stderr")
    }
}

/// The whole output of `torvync` and its exit code, without anything specific to this machine.
fn torvync(project: &Path, home: &Path, words: &[String], variables: &[(String, String)]) -> Result<String, Failed> {
    let output = run_torvync(project, home, words, variables)?;
    let (stdout, stderr) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    let code = output
        .status
        .code()
        .map_or("by a signal".to_owned(), |code| code.to_string());
    let mut text = format!("$ torvync {}\n{stderr}", words.join(" "));
    if !stdout.is_empty() {
        text.push_str(&format!("--- standard output\n{stdout}"));
    }
    text.push_str(&format!("--- exit code {code}\n"));
    Ok(without_times(&text).replace(&home.display().to_string(), "HOME"))
}

/// The text with `N s` in place of each phase's time.
fn without_times(text: &str) -> String {
    let timeless = |line: &str| {
        let (before, number) = line.strip_suffix(" s\n")?.rsplit_once(' ')?;
        number.parse::<f64>().ok()?;
        Some(format!("{} N s\n", before.trim_end()))
    };
    let lines = text.split_inclusive('\n');
    lines
        .map(|line| timeless(line).unwrap_or_else(|| line.to_owned()))
        .collect()
}

/// Checks the reports of every case: SARIF by the standard's schema, and the same number of results in each format.
fn reports(cases: &[Case]) -> Result<(), Failed> {
    let schema = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/sarif-schema-2.1.0.json"))?;
    // The standard's own pattern for languages has one bracket too many.
    let schema = schema.replace("[a-zA-Z]{2}]?$", "[a-zA-Z]{2}$");
    let schema = jsonschema::validator_for(&serde_json::from_str(&schema)?)?;
    let mut results = 0;
    for case in cases {
        let folder = TempDir::new()?;
        let script = case.prepare(folder.path())?;
        if !["check", "link"].contains(&script.words[0].as_str()) || script.words.iter().any(|word| word == "--format")
        {
            continue;
        }
        let said = |format: &str| -> Result<String, Failed> {
            let output = Command::new(binary::torvync())
                .args(&script.words)
                .args(["--format", format])
                .current_dir(folder.path())
                .output()?;
            Ok(String::from_utf8(output.stdout)?)
        };
        let sarif: Value = serde_json::from_str(&said("sarif")?)?;
        let wrong: Vec<_> = schema
            .iter_errors(&sarif)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(wrong.is_empty(), "{}: {wrong:#?}", case.name);
        let json: Value = serde_json::from_str(&said("json")?)?;
        let lines = said("jsonl")?;
        let lines = lines
            .lines()
            .map(serde_json::from_str)
            .collect::<Result<Vec<Value>, _>>()?;
        let of = |severity: &str| {
            lines
                .iter()
                .filter(|line| line["severity"] == severity)
                .cloned()
                .collect::<Vec<_>>()
        };
        assert_eq!(
            (json["errors"].clone(), json["warnings"].clone()),
            (of("error").into(), of("warning").into())
        );
        let found = sarif["runs"][0]["results"].as_array().ok_or("results")?;
        assert_eq!(found.len(), lines.len(), "{}", case.name);
        assert_eq!(
            sarif["runs"][0]["invocations"][0]["exitCode"], json["exit_code"],
            "{}",
            case.name
        );
        results += found.len();
    }
    assert!(results > 100, "hardly any results: {results}");
    Ok(())
}

/// Checks that the README shows the output of `torvync graph` for an example.
fn picture() -> Result<(), Failed> {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/fan-out");
    let output = Command::new(binary::torvync())
        .args(["graph", "--format", "svg"])
        .current_dir(&example)
        .output()?;
    support::compare(&example.join("flow.svg"), &String::from_utf8(output.stdout)?)
}

/// Checks that pictures are valid XML without scripts, and that no text leaves them.
fn pictures(manifests: &[String]) -> Result<(), Failed> {
    for text in manifests {
        let mut files = MemoryFiles::new();
        files.insert("Torvyn.toml", text.as_bytes());
        let analysis = driver::check(&files, &request());
        let Some(project) = &analysis.project else { continue };
        let picture = graph::svg(&graph::graph(project, &analysis.contracts));
        let document = roxmltree::Document::parse(&picture)?;
        let number = |node: roxmltree::Node<'_, '_>, name: &str| -> f64 {
            node.attribute(name)
                .and_then(|value| value.parse().ok())
                .unwrap_or_default()
        };
        let width = number(document.root_element(), "width");
        for node in document.descendants().filter(roxmltree::Node::is_element) {
            assert_ne!(node.tag_name().name(), "script");
            if node.tag_name().name() == "text" {
                let moves = node.ancestors().filter_map(|above| above.attribute("transform"));
                let left: f64 = moves
                    .filter_map(|text| text.split(['(', ' ']).nth(1)?.parse::<f64>().ok())
                    .sum();
                let length = number(node, "textLength");
                let before = if node.attribute("text-anchor") == Some("middle") {
                    length / 2.0
                } else {
                    0.0
                };
                let start = left + number(node, "x") - before;
                assert!(
                    start >= 0.0 && start + length <= width,
                    "{:?} leaves the picture",
                    node.text()
                );
            }
        }
    }
    Ok(())
}

fn every_code_has_a_case(cases: &[Case]) -> Result<(), Failed> {
    let goldens: Vec<_> = cases
        .iter()
        .map(|case| fs::read_to_string(golden(case)).unwrap_or_default())
        .collect();
    let without: Vec<_> = Code::ALL
        .iter()
        .filter(|code| explained::is_raised_by_the_compiler(**code) && !explained::WITHOUT_EXAMPLE.contains(code))
        .filter(|code| !goldens.iter().any(|golden| golden.contains(&format!("[{code}]"))))
        .map(|code| code.as_str())
        .collect();
    if without.is_empty() {
        Ok(())
    } else {
        Err(format!("no case in tests/ui for {}", without.join(", ")).into())
    }
}

/// The manifests of the examples and of the cases.
fn manifests(root: &Path) -> Vec<String> {
    let mut texts = Vec::new();
    let examples = root.join("../../examples");
    for folder in [&examples, root] {
        collect(folder, &mut texts);
    }
    texts
}

fn collect(folder: &Path, texts: &mut Vec<String>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
            collect(&path, texts);
        } else if path.extension().is_some_and(|extension| extension == "toml") {
            texts.extend(fs::read_to_string(path));
        }
    }
}

/// Every prefix at a character boundary, and every manifest with one byte changed at regular places.
fn damaged_manifests_never_panic(manifests: &[String]) -> Result<(), Failed> {
    if manifests.len() < 10 {
        return Err("hardly any manifests found".into());
    }
    for text in manifests {
        for (at, _) in text.char_indices().step_by(7) {
            check(&text.as_bytes()[..at], WORLD);
        }
        for (count, at) in (0..text.len()).step_by(11).enumerate() {
            let mut bytes = text.clone().into_bytes();
            bytes[at] = b"[]{}=\"',.#\n x0\xff"[count % 15];
            check(&bytes, WORLD);
        }
    }
    Ok(())
}

const WORLD: &str = "package a:a;

interface kinds {
    use torvyn:streaming/types@0.1.0.{process-error};
    record point { x: f64, tags: list<string> }
    variant shape { dot(point), other(result<_, process-error>) }
}

/// The world.
world a {
    import kinds;
    include torvyn:streaming/managed-transform@0.1.0;
}
";

const PROJECT: &str = "[torvyn]
name = \"a\"
version = \"0.1.0\"
contract_version = \"0.1.0\"

[[component]]
name = \"a\"
path = \"a\"
";

/// Every prefix, every line left out, and every byte replaced by punctuation.
fn damaged_contracts_never_panic() -> Result<(), Failed> {
    for (at, _) in WORLD.char_indices() {
        check(PROJECT.as_bytes(), &WORLD[..at]);
        let replacement = ["{", "}", ";", ".", "@", "x", "/", "<", "\u{0}"][at % 9];
        check(
            PROJECT.as_bytes(),
            &format!("{}{replacement}{}", &WORLD[..at], &WORLD[at + 1..]),
        );
    }
    for skipped in 0..WORLD.lines().count() {
        let lines = WORLD.lines().enumerate().filter(|(at, _)| *at != skipped);
        check(
            PROJECT.as_bytes(),
            &lines.map(|(_, line)| format!("{line}\n")).collect::<String>(),
        );
    }
    Ok(())
}

/// Prefixes of a component, and the component with single bytes changed. Prefixes that end between two of its last
/// sections are components too; all others must be rejected.
fn damaged_binaries_never_panic() -> Result<(), Failed> {
    let whole = support::component(Path::new(""), "torvyn:streaming/managed-transform")?;
    let (mut prefixes, mut refused) = (0, 0);
    for at in (0..whole.len()).step_by(17) {
        prefixes += 1;
        refused += usize::from(component::signature(&whole[..at]).is_err());
        let mut changed = whole.clone();
        changed[at] = changed[at].wrapping_mul(31).wrapping_add(97);
        if let Err(BinaryError::NotWasm) = component::signature(&changed)
            && at >= 8
        {
            return Err(format!("the header is intact, and byte {at} was blamed on it").into());
        }
    }
    if refused * 10 < prefixes * 9 {
        return Err(format!("only {refused} of {prefixes} prefixes were refused").into());
    }
    Ok(())
}

fn request() -> Request {
    Request {
        manifest: "Torvyn.toml".into(),
        flow: None,
        strict: false,
        components: None,
        work_dir: None,
    }
}

fn check(manifest: &[u8], world: &str) {
    let mut files = MemoryFiles::new();
    files.insert("Torvyn.toml", manifest);
    files.insert("a/wit/world.wit", world);
    let request = request();
    for analysis in [driver::check(&files, &request), driver::link(&files, &request)] {
        let text = render::text(&analysis.diagnostics, &analysis.sources, true);
        let json = render::json(&analysis.diagnostics, &analysis.sources);
        assert_eq!(text.is_empty(), json.is_empty(), "both show the same diagnostics");
    }
}
