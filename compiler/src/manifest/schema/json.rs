//! The table of keys as a JSON schema, for editors: draft 7, which TOML editors support.
//!
//! It accepts whatever the compiler accepts, and rejects wrong keys, types, words and numbers. Only the compiler checks
//! the bounds of sizes, and the rules for several values together, except those for the `config` of built-ins.

use serde_json::{Map, Value, json};
use torvyn_codegen::ir::Builtin;
use torvyn_runtime_core::setting::{self, Setting};

use super::{ACTIONS, DefaultValue, Effect, Key, Kind, ROOT};
use crate::interface::Interface;
use torvyn_runtime_core::capability::ENTRIES;

const NAME: &str = "[A-Za-z]([A-Za-z0-9_-]*[A-Za-z0-9])?";
/// The pattern is that of semver.org.
const VERSION: &str = "(0|[1-9][0-9]*)\\.(0|[1-9][0-9]*)\\.(0|[1-9][0-9]*)\
     (-(0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)(\\.(0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*))*)?\
     (\\+[0-9A-Za-z-]+(\\.[0-9A-Za-z-]+)*)?";
const SIZE: &str = "^[0-9]+(\\.[0-9]*)?\\s*([kKmMgG]?[iI]?[bB])?\\s*$";
const DURATION: &str = "^\\s*([0-9]+(\\.[0-9]*)?\\s*([mM][sS]|[sSmMhH])\\s*)+$";

/// The schema of `Torvyn.toml`.
#[must_use]
pub fn json_schema() -> Value {
    let mut schema = Map::new();
    schema.insert("$schema".into(), "http://json-schema.org/draft-07/schema#".into());
    schema.insert("title".into(), "Torvyn.toml".into());
    schema.insert(
        "description".into(),
        "A project of streaming pipelines for torvync".into(),
    );
    schema.extend(table(ROOT));
    schema.into()
}

fn table(keys: &[Key]) -> Map<String, Value> {
    let properties: Map<String, Value> = keys.iter().map(|key| (key.name.to_owned(), property(key))).collect();
    let required: Vec<&str> = keys.iter().filter(|key| key.required).map(|key| key.name).collect();
    let mut table = Map::new();
    table.insert("type".into(), "object".into());
    table.insert("properties".into(), properties.into());
    if !required.is_empty() {
        table.insert("required".into(), required.into());
    }
    table.insert("additionalProperties".into(), false.into());
    if keys.iter().any(|key| matches!(key.kind, Kind::Config)) {
        let builtins = Builtin::ALL.iter().copied().map(of_builtin);
        table.insert("allOf".into(), builtins.collect());
    }
    table
}

/// The schema of a built-in's configuration. No key is required, because the command line of the executable can set it.
fn of_builtin(builtin: Builtin) -> Value {
    let properties: Map<String, Value> = builtin
        .settings()
        .iter()
        .map(|setting| (setting.name.to_owned(), of_setting(setting)))
        .collect();
    json!({
        "if": {
            "properties": { "component": { "const": format!("builtin:{}", builtin.as_str()) } },
            "required": ["component"],
        },
        "then": { "properties": { "config": { "properties": properties, "additionalProperties": false } } },
    })
}

fn of_setting(setting: &Setting) -> Value {
    let mut schema = match setting.kind {
        setting::Kind::Text => json!({ "type": "string" }),
        setting::Kind::Path => json!({ "type": "string", "minLength": 1 }),
        setting::Kind::Count => json!({ "type": "integer", "minimum": 0 }),
        setting::Kind::Choice(words) => json!({ "type": "string", "enum": words }),
    };
    schema["description"] = setting.doc.into();
    schema
}

fn property(key: &Key) -> Value {
    let mut schema = of_kind(key.kind);
    let mut description = key.doc.to_owned();
    if key.default.is_value() {
        let value = serde_json::from_str(&key.default.to_string());
        schema.insert("default".into(), value.expect("invariant: a value is JSON"));
    } else if key.default != DefaultValue::Nothing {
        description.push_str(&format!(" Default: {}.", key.default));
    }
    if key.effect == Effect::Later {
        description.push_str(" Has no effect in this version.");
    }
    schema.insert("description".into(), description.into());
    schema.into()
}

fn of_kind(kind: Kind) -> Map<String, Value> {
    let schema = match kind {
        Kind::Text => json!({ "type": "string" }),
        Kind::ProjectName => pattern(format!("^{}$", NAME.replace("A-Z", ""))),
        Kind::Name => pattern(format!("^{NAME}$")),
        Kind::Version => pattern(format!("^{VERSION}$")),
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::Integer(min, max) => json!({ "type": "integer", "minimum": min, "maximum": max }),
        Kind::Ratio(true) => json!({ "type": "number", "minimum": 0, "exclusiveMaximum": 1 }),
        Kind::Ratio(false) => json!({ "type": "number", "minimum": 0, "maximum": 1 }),
        Kind::Size(..) => pattern(SIZE.to_owned()),
        Kind::Duration => pattern(DURATION.to_owned()),
        Kind::Choice(words) => json!({ "type": "string", "enum": words }),
        Kind::Texts => json!({ "type": "array", "items": { "type": "string" } }),
        Kind::Config => json!({ "type": ["string", "object"] }),
        Kind::Flags => flags(),
        Kind::Component => pattern(component()),
        Kind::Interface => pattern(interface()),
        Kind::Action(keys) => json!({ "anyOf": [{ "type": "string", "enum": ACTIONS }, table(keys)] }),
        Kind::Table(keys) => table(keys).into(),
        Kind::Tables(keys) => json!({ "type": "array", "items": table(keys) }),
        Kind::Named(keys) => json!({
            "type": "object",
            "propertyNames": { "pattern": format!("^{NAME}$") },
            "additionalProperties": table(keys),
        }),
    };
    let Value::Object(schema) = schema else {
        unreachable!("invariant: every schema is an object");
    };
    schema
}

/// Capabilities by key, or in the form of a grant, which may have a scope.
fn flags() -> Value {
    let keys: Map<String, Value> = ENTRIES
        .iter()
        .map(|entry| {
            (
                entry.key.to_owned(),
                json!({ "type": "boolean", "description": entry.doc }),
            )
        })
        .collect();
    json!({
        "type": "object",
        "properties": keys,
        "patternProperties": { "^(wasi|torvyn):": { "type": "boolean" } },
        "additionalProperties": false,
    })
}

fn pattern(pattern: String) -> Value {
    json!({ "type": "string", "pattern": pattern })
}

/// The scheme of a `file:` URL, in upper or lower case.
const FILE: &str = "[Ff][Ii][Ll][Ee]:";

fn component() -> String {
    let builtins = Builtin::WORDS.join("|");
    format!("^({NAME}|builtin:({builtins})|{FILE}(//.+|/.*)|(?!builtin:|{FILE}|oci://).*[^/]\\.wasm/*)$")
}

fn interface() -> String {
    let paths = Interface::ALL.map(Interface::path).join("|");
    format!("^({paths})(@{VERSION})?$")
}

#[cfg(test)]
mod tests {
    use super::json_schema;

    #[test]
    fn keys_have_types_defaults_and_words() {
        let schema = json_schema();
        let edge = &schema["properties"]["flow"]["additionalProperties"]["properties"]["edges"]["items"];
        assert_eq!(edge["required"], serde_json::json!(["from", "to"]));
        let policy = &edge["properties"]["backpressure"]["properties"]["policy"];
        assert_eq!(
            (policy["enum"][0].as_str(), policy["default"].as_str()),
            (Some("block"), Some("block"))
        );
        let depth = &edge["properties"]["backpressure"]["properties"]["queue_depth"];
        assert_eq!(
            depth["description"],
            "Capacity of the stream, in elements. Default: of the flow."
        );
    }
}
