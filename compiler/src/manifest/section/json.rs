//! Conversion of TOML values to JSON, for `config` tables.

use std::ops::Range;

use ::toml::de::{DeInteger, DeTable, DeValue};

use torvyn_runtime_core::setting::{Kind, Setting};

use super::entry::{TomlValue, in_order, join};

/// A value without an equivalent in JSON.
pub(super) struct Unfit {
    /// The path of keys to it.
    pub(super) path: String,
    pub(super) at: Range<usize>,
    pub(super) reason: Reason,
}

/// Why a value does not fit.
#[derive(Clone, Copy)]
pub(super) enum Reason {
    /// An integer of more than 64 bits.
    Wide,
    /// `inf` or `nan`.
    NotFinite,
    /// A float beyond the largest finite one.
    Huge,
}

/// The receiver of a value.
#[derive(Clone, Copy)]
pub(super) enum Taker {
    /// A component, which may read anything.
    Component,
    /// A key of a built-in; `None` for a key that it does not have.
    Builtin(Option<Kind>),
}

impl Taker {
    /// The receiver of the value at `path`: a built-in with these settings, or a component.
    pub(super) fn of(settings: Option<&'static [Setting]>, path: &str) -> Self {
        let name = path.rsplit('.').next().unwrap_or(path);
        settings.map_or(Taker::Component, |settings| {
            let setting = settings.iter().find(|setting| setting.name == name);
            Taker::Builtin(setting.map(|setting| setting.kind))
        })
    }
}

/// Converts the table at `path` to an object, or returns every value that does not fit.
pub(super) fn object(table: &DeTable<'_>, path: &str) -> Result<serde_json::Value, Vec<Unfit>> {
    let mut unfit = Vec::new();
    let object = entries(table, path, &mut unfit);
    if unfit.is_empty() { Ok(object) } else { Err(unfit) }
}

fn entries(table: &DeTable<'_>, path: &str, unfit: &mut Vec<Unfit>) -> serde_json::Value {
    let entries = in_order(table).into_iter().map(|(key, item)| {
        let name = key.get_ref().to_string();
        let read = value(item, &join(path, &name), unfit);
        (name, read)
    });
    serde_json::Value::Object(entries.collect())
}

/// Converts a value. One that does not fit is added to `unfit`, and becomes `null`.
fn value(toml: &TomlValue<'_>, path: &str, unfit: &mut Vec<Unfit>) -> serde_json::Value {
    let read = match toml.get_ref() {
        DeValue::String(text) => Ok(text.to_string().into()),
        DeValue::Integer(number) => integer(number),
        DeValue::Float(number) => float(number.as_str()),
        DeValue::Boolean(flag) => Ok((*flag).into()),
        DeValue::Datetime(time) => Ok(time.to_string().into()),
        DeValue::Array(list) => {
            let items = list.iter().enumerate();
            Ok(items
                .map(|(at, item)| value(item, &format!("{path}[{at}]"), unfit))
                .collect())
        }
        DeValue::Table(table) => Ok(entries(table, path, unfit)),
    };
    read.unwrap_or_else(|reason| {
        unfit.push(Unfit {
            path: path.to_owned(),
            at: toml.span(),
            reason,
        });
        serde_json::Value::Null
    })
}

fn integer(number: &DeInteger<'_>) -> Result<serde_json::Value, Reason> {
    let read = i64::from_str_radix(number.as_str(), number.radix());
    read.map(Into::into).map_err(|_| Reason::Wide)
}

fn float(text: &str) -> Result<serde_json::Value, Reason> {
    let is_named = text.ends_with("inf") || text.ends_with("nan");
    let read = text.parse().ok().and_then(serde_json::Number::from_f64);
    read.map(serde_json::Value::Number)
        .ok_or(if is_named { Reason::NotFinite } else { Reason::Huge })
}
