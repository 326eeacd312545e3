//! The SDK's attribute against the compiler: both see the same mistakes in a project, and say the same of them.

use serde_json::Value;
use torvync_compiler::contract::capability::{Capability, ENTRIES, entry_of};
use torvync_compiler::contract::need::needs_of_imports;

use crate::torvync::{output, root, torvync};

#[path = "../../macros/attribute/src/capability/table.rs"]
mod table;

/// What only the attribute can see: what code does with its configuration, and which capabilities it asks for.
const UNSEEN_BY_THE_COMPILER: [(&str, &str); 6] = [
    ("capability-declared-as-not-needed", "E0103"),
    ("capability-not-declared", "E0103"),
    ("config-for-init-that-takes-none", "E0706"),
    ("config-without-init", "E0706"),
    ("several-mistakes-at-once", "E0103"),
    ("several-mistakes-at-once", "E0706"),
];

/// An error with a code of the catalogue.
#[derive(Debug, PartialEq, Eq)]
struct Mistake {
    code: String,
    message: String,
    /// Notes and helps.
    more: Vec<String>,
    place: Option<String>,
}

/// The errors of the attribute in a golden file of its tests.
fn of_the_attribute(stderr: &str) -> Vec<Mistake> {
    let mut mistakes: Vec<Mistake> = Vec::new();
    let mut is_ours = false;
    for line in stderr.lines() {
        if let Some(error) = line.strip_prefix("error") {
            is_ours = error.starts_with(": [");
            let coded = error.strip_prefix(": [").and_then(|error| error.split_once("] "));
            mistakes.extend(coded.map(|(code, message)| Mistake {
                code: code.to_owned(),
                message: message.to_owned(),
                more: Vec::new(),
                place: None,
            }));
        } else if let (Some((kind, text)), Some(last), true) = (detail(line), mistakes.last_mut(), is_ours) {
            match kind {
                "at" => last.place = Some(text.to_owned()),
                _ if text.starts_with("`torvync explain") || text.starts_with("this error originates") => {}
                _ => last.more.push(text.to_owned()),
            }
        }
    }
    mistakes
}

fn detail(line: &str) -> Option<(&str, &str)> {
    line.trim_start().strip_prefix("= ")?.split_once(": ")
}

fn of_the_compiler(errors: &[Value]) -> Vec<Mistake> {
    let text = |value: &Value| value.as_str().expect("a string").to_owned();
    let texts = |value: &Value| value.as_array().expect("a list").iter().map(text).collect::<Vec<_>>();
    let place = |error: &Value| {
        let labels = error["labels"].as_array()?;
        let primary = labels.iter().find(|label| label["primary"] == true)?;
        Some(format!(
            "{}:{}:{}",
            text(&primary["file"]),
            primary["line"],
            primary["column"]
        ))
    };
    errors
        .iter()
        .map(|error| Mistake {
            code: text(&error["code"]),
            message: text(&error["message"]),
            more: [texts(&error["notes"]), texts(&error["help"])].concat(),
            place: place(error),
        })
        .collect()
}

#[test]
fn the_attribute_says_what_the_compiler_says() {
    let cases = root().join("macros/tests/ui/mistakes");
    let mut unseen = Vec::new();
    let mut compared = 0;
    for entry in cases.read_dir().expect("there are cases") {
        let case = entry.expect("a folder entry").path();
        let golden = std::fs::read_to_string(case.join("component.stderr")).expect("a golden file");
        let mistakes = of_the_attribute(&golden);
        if mistakes.is_empty() {
            continue;
        }
        let said = output(torvync().args(["check", "--format", "json"]).current_dir(&case));
        let said: Value = serde_json::from_str(&said.stdout).unwrap_or_else(|error| panic!("{error}: {said}"));
        let errors = of_the_compiler(said["errors"].as_array().expect("a list of errors"));
        let name = case
            .file_name()
            .expect("cases have names")
            .to_string_lossy()
            .into_owned();
        for mistake in mistakes {
            match errors.iter().find(|error| error.code == mistake.code) {
                Some(error) => {
                    // The place of an import is the path here, and the name of the interface there.
                    let line = |mistake: &Mistake| Some(mistake.place.as_ref()?.rsplit_once(':')?.0.to_owned());
                    assert_eq!(
                        (&mistake.message, &mistake.more),
                        (&error.message, &error.more),
                        "{name}"
                    );
                    assert_eq!(line(&mistake), line(error), "{name}");
                    compared += 1;
                }
                None => unseen.push((name.clone(), mistake.code)),
            }
        }
    }
    unseen.sort();
    unseen.dedup();
    let unseen: Vec<(&str, &str)> = unseen
        .iter()
        .map(|(case, code)| (case.as_str(), code.as_str()))
        .collect();
    assert!(compared >= 6, "{compared}");
    assert_eq!(unseen, UNSEEN_BY_THE_COMPILER);
}

#[test]
fn the_attribute_has_the_compilers_capabilities() {
    for (interface, keys) in table::KEYS {
        let needs = needs_of_imports(&[format!("{interface}@0.2.6")], false);
        let [need] = needs.as_slice() else {
            panic!("{interface} needs one capability: {needs:?}");
        };
        assert_eq!(entry_of(&need.any_of).key, keys[0], "{interface}");
        let declares = |members: &[Capability]| need.any_of.iter().any(|one| members.contains(one));
        let mut expected: Vec<&str> = ENTRIES
            .iter()
            .filter(|entry| declares(entry.members))
            .map(|entry| entry.key)
            .collect();
        let mut keys = keys.to_vec();
        expected.sort_unstable();
        keys.sort_unstable();
        assert_eq!(keys, expected, "{interface}");
    }
}
