//! Advice that can be followed: in every help, a key with a value is one that the manifest accepts, and a header is one
//! that it has. The helps are those of the golden files and the fixed texts in the sources.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use libtest_mimic::Failed;
use toml::Value;
use torvyn_codegen::ir::Builtin;
use torvync_compiler::capability::ENTRIES;
use torvync_compiler::manifest::schema::{self, Key, Kind};

/// Keys of other files.
const FOREIGN: [&str; 1] = ["crate-type"];

/// Fails with every piece of advice that cannot be followed.
pub(crate) fn can_be_followed() -> Result<(), Failed> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut fragments = BTreeSet::new();
    for (folder, extension, is_help) in [
        ("ui", "stderr", true),
        ("../compiler/src", "rs", false),
        ("../runtime-core/src", "rs", false),
        ("../compiler/src/diag/explain", "md", false),
    ] {
        collect(&root.join(folder), extension, is_help, &mut fragments);
    }
    let settings: Vec<&String> = fragments.iter().filter(|text| is_setting(text)).collect();
    let headers: Vec<&String> = fragments.iter().filter(|text| is_header(text)).collect();
    if settings.len() < 20 || headers.len() < 10 {
        return Err(format!("hardly any advice found: {settings:?} {headers:?}").into());
    }
    let refused = settings.into_iter().filter(|text| !takes(text));
    let absent = headers.into_iter().filter(|text| !has(text));
    let wrong: Vec<&String> = refused.chain(absent).collect();
    match wrong.is_empty() {
        true => Ok(()),
        false => Err(format!("advice that the manifest does not take: {wrong:#?}").into()),
    }
}

/// Adds the texts between backticks: in lines of help, or in the whole source.
fn collect(folder: &Path, extension: &str, is_help: bool, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, extension, is_help, found);
        } else if path.extension().is_some_and(|own| own == extension) {
            let text = fs::read_to_string(&path).unwrap_or_default();
            for line in text.lines().filter(|line| !is_help || line.contains("= help: ")) {
                let parts = line.split('`').skip(1).step_by(2);
                found.extend(parts.map(|part| part.replace("\\\"", "\"")));
            }
        }
    }
}

/// Whether a text is a key with a value, without placeholders.
fn is_setting(text: &str) -> bool {
    let key = |key: &str| key.starts_with(|c: char| c.is_ascii_lowercase()) && !key.contains([' ', '(', '.', ':']);
    let is_whole = |value: &str| !value.contains(['…', '`']) && !value.contains("{}");
    text.split_once(" = ").is_some_and(|(name, value)| {
        key(name) && is_whole(value) && format!("{name} = {value}").parse::<toml::Table>().is_ok()
    })
}

fn is_header(text: &str) -> bool {
    let name = text.trim_start_matches('[').trim_end_matches(']');
    let is_path = name.chars().all(|c| c.is_alphanumeric() || "._-".contains(c)) && !name.is_empty();
    text.starts_with('[') && text.ends_with(']') && is_path && name.starts_with(|c: char| c.is_ascii_lowercase())
}

/// Whether a key of that name accepts the value.
fn takes(text: &str) -> bool {
    let table: toml::Table = text.parse().expect("it was parsed before");
    let (name, value) = table.iter().next().expect("it has a key");
    let mut keys = Vec::new();
    named(schema::ROOT, name, &mut keys);
    let is_setting = Builtin::ALL
        .iter()
        .any(|builtin| builtin.settings().iter().any(|setting| setting.name == name));
    let is_capability = value.is_bool() && ENTRIES.iter().any(|entry| entry.key == name);
    keys.into_iter().any(|kind| admits(kind, value)) || is_setting || is_capability || FOREIGN.contains(&name.as_str())
}

fn named(keys: &[Key], name: &str, found: &mut Vec<Kind>) {
    for key in keys {
        if key.name == name {
            found.push(key.kind);
        }
        named(key.kind.keys(), name, found);
    }
}

fn admits(kind: Kind, value: &Value) -> bool {
    let text = value.as_str();
    match kind {
        Kind::Choice(words) => text.is_some_and(|word| words.contains(&word)),
        Kind::Size(least, most) => text
            .and_then(bytes)
            .is_some_and(|bytes| (least..=most).contains(&bytes)),
        Kind::Integer(least, most) => {
            let number = value.as_integer().and_then(|number| u64::try_from(number).ok());
            number.is_some_and(|number| (least..=most).contains(&number))
        }
        Kind::Ratio(_) => value.is_float() || value.is_integer(),
        Kind::Flag => value.is_bool(),
        Kind::Texts => value.is_array(),
        Kind::Text
        | Kind::ProjectName
        | Kind::Name
        | Kind::Version
        | Kind::Duration
        | Kind::Component
        | Kind::Interface => text.is_some(),
        Kind::Config => text.is_some() || value.is_table(),
        Kind::Action(keys) => match value {
            Value::String(word) => schema::ACTIONS.contains(&word.as_str()),
            Value::Table(table) => table.keys().all(|name| keys.iter().any(|key| key.name == name)),
            Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Datetime(_) | Value::Array(_) => false,
        },
        Kind::Table(keys) => value.as_table().is_some_and(|table| {
            let known = |name: &String| keys.iter().any(|key| key.name == name);
            table.keys().all(known)
        }),
        Kind::Tables(_) | Kind::Named(_) | Kind::Flags => value.is_table() || value.is_array(),
    }
}

fn bytes(size: &str) -> Option<u64> {
    let digits = size.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match &size[digits.len()..] {
        "B" => 0,
        "KiB" => 10,
        "MiB" => 20,
        "GiB" => 30,
        _ => return None,
    };
    Some(digits.parse::<u64>().ok()? << unit)
}

/// Whether the manifest can have such a header, with the same number of brackets.
fn has(header: &str) -> bool {
    let name = header.trim_start_matches('[').trim_end_matches(']');
    let mut keys = schema::ROOT;
    let mut parts = name.split('.').peekable();
    let mut is_list = false;
    while let Some(part) = parts.next() {
        let Some(key) = keys.iter().find(|key| key.name == part) else {
            return FOREIGN_TABLES.contains(&name);
        };
        is_list = matches!(key.kind, Kind::Tables(_));
        if parts.peek() == Some(&"TABLE") {
            return true;
        }
        if matches!(key.kind, Kind::Named(_)) {
            // The name of a component, flow or node.
            parts.next();
        }
        keys = key.kind.keys();
    }
    is_list == header.starts_with("[[")
}

/// Tables of other files.
const FOREIGN_TABLES: [&str; 4] = ["lib", "package", "workspace", "build"];
