//! TOML values as JSON: what a `config` table becomes.

use ::toml::de::{DeTable, DeValue};

use super::read::in_order;

/// The table as an object.
pub(super) fn object(table: &DeTable<'_>) -> serde_json::Value {
    let entries = in_order(table).into_iter();
    serde_json::Value::Object(
        entries
            .map(|(key, item)| (key.get_ref().to_string(), value(item.get_ref())))
            .collect(),
    )
}

/// What JSON has no number for becomes a string.
fn value(toml: &DeValue<'_>) -> serde_json::Value {
    match toml {
        DeValue::String(text) => text.to_string().into(),
        DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => number.into(),
            Err(_) => number.as_str().into(),
        },
        DeValue::Float(number) => {
            let read = number.as_str().parse().ok().and_then(serde_json::Number::from_f64);
            read.map_or_else(|| number.as_str().into(), serde_json::Value::Number)
        }
        DeValue::Boolean(flag) => (*flag).into(),
        DeValue::Datetime(time) => time.to_string().into(),
        DeValue::Array(list) => list.iter().map(|item| value(item.get_ref())).collect(),
        DeValue::Table(table) => object(table),
    }
}
