//! The diagnostic for a value of another type: how to write one of the right type, made of what is there if possible.

use super::Expected;
use crate::diag::{Code, Diagnostic, Edit, listed};
use crate::interface::Interface;
use crate::manifest::schema::{ACTIONS, Key, Kind};
use crate::manifest::value::{size, written_size};
use crate::source::Span;

pub(super) fn wrong_type(path: &str, expected: Expected, found: &str, written: &str, at: Span) -> Diagnostic {
    let words = expected.words;
    let diagnostic = Diagnostic::error(
        Code::InvalidFieldType,
        format!("`{path}`: expected {words}, found {found}"),
    )
    .primary(at, format!("expected {words}"));
    let Some(kind) = expected.kind else { return diagnostic };
    let Form { help, change, note } = form(kind, path, found, written);
    let diagnostic = help.into_iter().fold(diagnostic, Diagnostic::help);
    let diagnostic = note.into_iter().fold(diagnostic, Diagnostic::note);
    match change {
        Some(text) => {
            let title = format!("Change it to `{text}`");
            diagnostic.fix(title, vec![Edit { span: at, text }])
        }
        None => diagnostic,
    }
}

/// How a value is written.
#[derive(Default)]
struct Form {
    help: Option<String>,
    /// What the value was surely meant to be.
    change: Option<String>,
    /// The words that the key takes.
    note: Option<String>,
}

impl Form {
    fn such_as(help: impl Into<String>) -> Self {
        Self {
            help: Some(help.into()),
            ..Self::default()
        }
    }

    fn meant(help: String, text: String) -> Self {
        Self {
            help: Some(help),
            change: Some(text),
            note: None,
        }
    }

    fn one_of(note: String) -> Self {
        Self {
            note: Some(note),
            ..Self::default()
        }
    }

    /// A value in quotes that must have none, if it fits without.
    fn plain(quoted: Option<&str>, fits: impl Fn(&str) -> bool) -> Self {
        match quoted.filter(|text| fits(text)) {
            Some(text) => Self::meant(format!("write it without quotes: `{text}`"), text.to_owned()),
            None => Self::default(),
        }
    }
}

fn form(kind: Kind, path: &str, found: &str, written: &str) -> Form {
    let whole = Some(written).filter(|text| found == "an integer" && text.parse::<u64>().is_ok());
    let number = Some(written).filter(|_| found == "a float").or(whole);
    let quoted = (found == "a string").then(|| written.trim_matches(['"', '\'']));
    match kind {
        Kind::Version => version(number),
        Kind::Text => match number.or(Some(written).filter(|_| found == "a boolean")) {
            Some(written) => Form::meant(format!("write it in quotes: `\"{written}\"`"), format!("\"{written}\"")),
            None => Form::default(),
        },
        Kind::Flag => Form::plain(quoted, |text| ["true", "false"].contains(&text)),
        Kind::Integer(..) => Form::plain(quoted, |text| text.parse::<u64>().is_ok()),
        Kind::Ratio(_) => Form::plain(quoted, |text| text.parse::<f64>().is_ok_and(f64::is_finite)),
        Kind::Size(min, max) => size_form(min, max, whole),
        Kind::Duration => Form::such_as(match whole {
            Some(number) => format!("write its unit too: `\"{number}s\"` or `\"{number}ms\"`"),
            None => "a duration is a string, such as `\"30s\"` or `\"250ms\"`".to_owned(),
        }),
        Kind::Choice(words) => Form::one_of(listed("allowed", words)),
        Kind::Action(_) => Form::one_of(listed("allowed words", ACTIONS)),
        Kind::Interface => Form::one_of(listed("allowed", &Interface::ALL.map(Interface::path))),
        Kind::Component => {
            Form::such_as("write the name of a `[[component]]`, `\"file://PATH\"`, or `\"builtin:NAME\"`")
        }
        Kind::Texts => match quoted {
            Some(_) => Form::meant(format!("write a list: `[{written}]`"), format!("[{written}]")),
            None => Form::default(),
        },
        Kind::Table(keys) if is_short(keys) => short_form(keys, quoted),
        Kind::Table(_) if found == "an array" => Form::such_as(format!("write `[{path}]`: there is only one")),
        Kind::Named(_) => Form::such_as(format!("write `[{path}.NAME]` for each")),
        Kind::Tables(_) if found == "a table" && written.starts_with('[') => {
            let header = format!("[{written}]");
            Form::meant(several(&header), header)
        }
        Kind::Tables(_) => Form::such_as(several(&format!("[[{path}]]"))),
        Kind::ProjectName | Kind::Name | Kind::Config | Kind::Flags | Kind::Table(_) => Form::default(),
    }
}

fn version(number: Option<&str>) -> Form {
    match number.map(version_of) {
        Some(version) => Form::meant(format!("a version is a string of three numbers: `{version}`"), version),
        None => Form::such_as("a version is a string of three numbers, such as `\"0.1.0\"`"),
    }
}

fn size_form(min: u64, max: u64, number: Option<&str>) -> Form {
    let units = ["B", "KiB", "MiB", "GiB"].map(|unit| format!("{}{unit}", number.unwrap_or_default()));
    let fits = |text: &&String| size(text).is_some_and(|bytes| (min..=max).contains(&bytes));
    let sizes: Vec<String> = units.iter().filter(fits).map(|size| format!("`\"{size}\"`")).collect();
    Form::such_as(match sizes.is_empty() {
        true => format!("a size is a string, such as `\"{}\"`", written_size(max.min(64 << 20))),
        false => format!("write its unit too: {}", sizes.join(" or ")),
    })
}

/// The form of a table of strings, with the values that a string such as `a.output` has.
fn short_form(keys: &[Key], quoted: Option<&str>) -> Form {
    let parts: Vec<&str> = quoted.unwrap_or_default().split(['.', ':', '/']).collect();
    if parts.len() == keys.len() && !parts.contains(&"") {
        let table = short(keys, &parts);
        return Form::meant(format!("write a table: `{table}`"), table);
    }
    let names: Vec<String> = keys.iter().map(|key| key.name.to_uppercase()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    Form::such_as(format!("write a table: `{}`", short(keys, &names)))
}

fn several(header: &str) -> String {
    format!("write `{header}`: there can be several, each with its own header")
}

/// Whether a table has nothing but strings, all of them required.
fn is_short(keys: &[Key]) -> bool {
    keys.iter().all(|key| key.required && matches!(key.kind, Kind::Text))
}

/// A table of strings on one line.
fn short(keys: &[Key], values: &[&str]) -> String {
    let entries = keys.iter().zip(values);
    let entries: Vec<String> = entries
        .map(|(key, value)| format!("{} = \"{value}\"", key.name))
        .collect();
    format!("{{ {} }}", entries.join(", "))
}

/// The version that a number was meant to be: `"0.1.0"` for `0.1`.
fn version_of(number: &str) -> String {
    let missing = 2_usize.saturating_sub(number.matches('.').count());
    format!("\"{number}{}\"", ".0".repeat(missing))
}
