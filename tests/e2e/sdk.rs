//! The SDK's attribute and the compiler: both find the same mistakes in a project, and report them in the same words.

use std::path::Path;

use serde_json::Value;
use torvync_compiler::capability::{ENTRIES, Entry, GIVEN, Malformed, Request, entry_of};
use torvync_compiler::contract::need::needs_of_imports;

use crate::torvync::{output, root, torvync};

#[path = "../../macros/attribute/src/capability/table.rs"]
mod table;

/// Mistakes that only the attribute can find: the code's use of its configuration, and the capabilities it asks for.
const UNSEEN_BY_THE_COMPILER: [(&str, &str); 7] = [
    ("capability-declared-as-not-needed", "E0103"),
    ("capability-not-declared", "E0103"),
    ("config-for-init-that-takes-none", "E0706"),
    ("config-without-init", "E0706"),
    ("grants-not-declared", "E0103"),
    ("several-mistakes-at-once", "E0103"),
    ("several-mistakes-at-once", "E0706"),
];

/// An error with a code of the catalogue.
#[derive(Debug, PartialEq, Eq)]
struct Mistake {
    code: String,
    message: String,
    /// Lines of notes and helps.
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

/// The errors of `torvync check` in a folder.
fn of_the_compiler(case: &Path) -> Vec<Mistake> {
    let said = output(torvync().args(["check", "--format", "json"]).current_dir(case));
    let said: Value = serde_json::from_str(&said.stdout).unwrap_or_else(|error| panic!("{error}: {said}"));
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
    let errors = said["errors"].as_array().expect("a list of errors");
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
        let errors = of_the_compiler(&case);
        let name = case
            .file_name()
            .expect("cases have names")
            .to_string_lossy()
            .into_owned();
        for mistake in mistakes {
            match errors.iter().find(|error| error.code == mistake.code) {
                Some(error) => {
                    // One gives the path of an import as its place, the other the name of the interface.
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
fn grants_that_the_attribute_takes_for_declarations_the_compiler_does_too() {
    let errors = of_the_compiler(&root().join("macros/tests/ui/right/capabilities-declared-as-grants"));
    assert_eq!(errors, []);
}

/// The capabilities that a component has only if it declares them, as far as the attribute checks.
fn declarable() -> impl Iterator<Item = &'static Entry> {
    let is_given = |entry: &Entry| entry.members.iter().all(|member| GIVEN.contains(member));
    ENTRIES
        .iter()
        .filter(move |entry| entry.grant.starts_with("wasi:") && !is_given(entry))
}

#[test]
fn the_attribute_has_the_compilers_capabilities() {
    let names: Vec<_> = table::NAMES
        .iter()
        .map(|name| (name.key, name.grant, name.members.to_vec()))
        .collect();
    let members = |entry: &Entry| entry.members.iter().map(|member| member.entry().key).collect();
    let expected: Vec<(_, _, Vec<_>)> = declarable()
        .map(|entry| (entry.key, entry.grant, members(entry)))
        .collect();
    assert_eq!(names, expected);
    for entry in declarable() {
        assert_eq!(table::is_provided(entry.key), entry.provided, "{}", entry.key);
    }
    for (interface, members) in table::INTERFACES {
        let needs = needs_of_imports(&[format!("{interface}@0.2.6")], false);
        let [need] = needs.as_slice() else {
            panic!("{interface} needs one capability: {needs:?}");
        };
        let keys: Vec<&str> = need.any_of.iter().map(|one| one.entry().key).collect();
        assert_eq!(*members, keys, "{interface}");
        assert_eq!(table::key_of(members), entry_of(&need.any_of).key, "{interface}");
    }
}

#[test]
fn the_attribute_reads_declarations_as_the_compiler_does() {
    const ENDS: [&str; 11] = [
        "",
        ":",
        ":/data",
        ":/data:/more",
        ":/data/../etc",
        ":example.org",
        ":*.example.org:400-500",
        ":APP_*",
        "/data",
        "s",
        "@0.2.6",
    ];
    let mut understood = 0;
    for entry in ENTRIES {
        let is_declarable = declarable().any(|one| one.key == entry.key);
        for text in [entry.key, entry.grant]
            .iter()
            .flat_map(|name| ENDS.map(|end| format!("{name}{end}")))
        {
            let expected = match text.parse::<Request>() {
                Ok(request) => Some(request.entry.key),
                Err(Malformed::Unknown) => None,
                // The attribute leaves scopes to the compiler.
                Err(Malformed::Scope(_) | Malformed::BadScope(_)) => Some(entry.key),
            };
            let name = table::Name::of(&text).map(|name| name.key);
            assert_eq!(name, expected.filter(|_| is_declarable), "{text}");
            understood += usize::from(name.is_some());
        }
    }
    assert!(understood > 2 * table::NAMES.len(), "{understood}");
}
