//! The JSON schema of `Torvyn.toml` compared with the compiler: both must agree on keys, types, words and numbers.
#![expect(
    clippy::disallowed_methods,
    reason = "the tests read manifests and start the compiler"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use jsonschema::Validator;
use serde_json::Value;
use toml::de::{DeTable, DeValue};
use torvync_compiler::diag::{Code, Severity};
use torvync_compiler::driver::{self, Request};
use torvync_compiler::manifest::schema::json_schema;
use torvync_compiler::source::files::MemoryFiles;

/// Codes of mistakes in one value, or of a missing one.
const OF_VALUES: [Code; 4] = [
    Code::InvalidFieldType,
    Code::UnknownField,
    Code::ConstraintViolation,
    Code::MissingField,
];

/// Codes that include unknown built-ins and words without a meaning yet, which the schema knows too.
const OF_WORDS: [Code; 2] = [Code::ComponentNotFound, Code::NotSupported];

/// Cases beyond a schema of single values: the compiler compares two values, or reads a quantity in a string.
const BEYOND: [&str; 6] = [
    // Which nodes are sources or routers, and how many ports they have.
    "tests/ui/link/replicas-by-a-router.toml",
    "tests/ui/link/source-with-dead-letters.toml",
    // The sum of all depths.
    "tests/ui/link/too-deep.toml",
    // Values of a `config` that only TOML has.
    "tests/ui/manifest/config-that-json-has-no-values-for.toml",
    // A word that the key takes elsewhere, and a key that needs the word of another one.
    "tests/ui/manifest/rate-limit-as-default.toml",
    "tests/ui/manifest/rate-without-rate-limit.toml",
];

#[test]
fn the_schema_in_the_repository_is_up_to_date() {
    let path = root().join("editors/torvyn.schema.json");
    let expected = format!("{:#}\n", json_schema());
    if std::env::var("TORVYNC_BLESS").is_ok_and(|value| value == "1") {
        fs::write(&path, &expected).expect("the schema can be written");
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert!(found == expected, "run `torvync schema > {}`", path.display());
}

#[test]
fn the_schema_is_valid_itself() {
    jsonschema::meta::validate(&json_schema()).expect("a valid schema");
}

#[test]
fn the_schema_says_what_the_compiler_says() {
    let validator = jsonschema::validator_for(&json_schema()).expect("a valid schema");
    let (mut accepted, mut rejected) = (0, 0);
    let mut beyond = BTreeSet::new();
    for path in manifests() {
        let Ok(text) = fs::read_to_string(&path) else { continue };
        let Ok(table) = DeTable::parse(&text) else { continue };
        let found: Vec<String> = validate(&validator, &table_to_json(table.get_ref()));
        let codes = codes(&text);
        if codes.contains(&Code::ManifestParseError) {
            // The schema covers only manifests that parse.
            continue;
        }
        if OF_VALUES.iter().any(|code| codes.contains(code)) {
            rejected += 1;
            if found.is_empty() {
                beyond.insert(path.strip_prefix(root()).expect("below").display().to_string());
            }
        } else if found.is_empty() || !codes.iter().any(|code| OF_WORDS.contains(code)) {
            accepted += 1;
            assert!(found.is_empty(), "{}: {codes:?} {found:#?}", path.display());
        }
    }
    assert!(
        accepted > 60 && rejected > 20,
        "{accepted} good manifests, {rejected} bad ones"
    );
    assert_eq!(
        beyond,
        BEYOND.iter().map(|name| (*name).to_owned()).collect(),
        "of {rejected} bad ones"
    );
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The manifests of the examples, the cases and the templates.
fn manifests() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in ["examples", "tests/ui", "tests/golden"] {
        collect(&root().join(folder), &mut found);
    }
    found
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .collect();
    entries.sort();
    for path in entries {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() && name != "target" {
            collect(&path, found);
        } else if name.ends_with(".toml") && name != "Cargo.toml" {
            found.push(path);
        }
    }
}

/// The codes of the errors in a manifest.
fn codes(text: &str) -> BTreeSet<Code> {
    let mut files = MemoryFiles::new();
    files.insert("Torvyn.toml", text.as_bytes());
    let request = Request {
        manifest: "Torvyn.toml".into(),
        flow: None,
        strict: false,
        components: None,
        work_dir: None,
    };
    let analysis = driver::check(&files, &request);
    let errors = analysis
        .diagnostics
        .iter()
        .filter(|found| found.severity == Severity::Error);
    errors.map(|found| found.code).collect()
}

fn validate(validator: &Validator, value: &Value) -> Vec<String> {
    let errors = validator.iter_errors(value);
    errors
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect()
}

fn table_to_json(table: &DeTable<'_>) -> Value {
    let entries = table.iter();
    entries
        .map(|(key, value)| (key.get_ref().to_string(), to_json(value.get_ref())))
        .collect()
}

fn to_json(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => text.as_ref().into(),
        DeValue::Integer(number) => {
            i64::from_str_radix(number.as_str(), number.radix()).map_or_else(|_| f64::MAX.into(), Value::from)
        }
        DeValue::Float(number) => number.as_str().parse::<f64>().map_or(Value::Null, Value::from),
        DeValue::Boolean(flag) => (*flag).into(),
        DeValue::Datetime(time) => serde_json::json!([time.to_string()]),
        DeValue::Array(list) => list.iter().map(|item| to_json(item.get_ref())).collect(),
        DeValue::Table(table) => table_to_json(table),
    }
}
