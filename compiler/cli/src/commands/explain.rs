//! `torvync explain`

use clap::Args;
use serde_json::{Value, json};
use torvync_compiler::diag::{Code, Diagnostic};

use crate::output::{Context, Outcome};

/// How many codes the error for an unknown code names.
const NEAREST: usize = 3;

/// Explain an error code, with an example
#[derive(Args)]
pub(crate) struct Explain {
    /// Code such as `E0203` or `203`; without it, all codes are listed
    code: Option<String>,
}

impl Explain {
    pub(crate) fn exec(self, context: &Context) -> Outcome {
        let Some(wanted) = &self.code else {
            return list();
        };
        let Some(number) = number(wanted) else {
            let message = format!("`{wanted}` is not an error code");
            let error = Diagnostic::error(Code::InvalidOption, message);
            return context.failure(error.help("codes look like `E0203`; `torvync explain` lists them"));
        };
        match Code::ALL.iter().find(|code| value(**code) == Some(number)) {
            Some(code) => explain(*code),
            None => context.failure(unknown(number)),
        }
    }
}

fn list() -> Outcome {
    let lines = Code::ALL
        .iter()
        .map(|code| format!("{}  {:<26} {}\n", code.as_str(), code.name(), code.summary()));
    let codes: Vec<Value> = Code::ALL.iter().map(|code| entry(*code)).collect();
    Outcome::success(lines.collect::<String>()).field("codes", codes)
}

fn explain(code: Code) -> Outcome {
    let text = format!(
        "{} {}\n{}\n\n{}\n",
        code.as_str(),
        code.name(),
        code.summary(),
        code.explanation().trim()
    );
    Outcome::success(text)
        .field("code", code.as_str())
        .field("name", code.name())
        .field("summary", code.summary())
        .field("explanation", code.explanation())
}

fn entry(code: Code) -> Value {
    json!({ "code": code.as_str(), "name": code.name(), "summary": code.summary() })
}

fn unknown(number: u32) -> Diagnostic {
    let mut nearest: Vec<Code> = Code::ALL.to_vec();
    nearest.sort_by_key(|code| value(*code).map_or(u32::MAX, |value| value.abs_diff(number)));
    nearest.truncate(NEAREST);
    nearest.sort_by_key(|code| value(*code));
    let names: Vec<String> = nearest
        .iter()
        .map(|code| format!("{} ({})", code.as_str(), code.name()))
        .collect();
    Diagnostic::error(Code::InvalidOption, format!("there is no code E{number:04}"))
        .help(format!("the nearest are {}", names.join(", ")))
}

/// Reads the number of a code: `E0203`, `e203` and `203` all mean 203.
fn number(text: &str) -> Option<u32> {
    let digits = text.trim().strip_prefix(['E', 'e']).unwrap_or(text.trim());
    if digits.len() > 4 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        None
    } else {
        digits.parse().ok()
    }
}

fn value(code: Code) -> Option<u32> {
    number(code.as_str())
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn codes_are_read_in_every_spelling() {
        for text in ["E0203", "e0203", "203", "0203", " E203 "] {
            assert_eq!(number(text), Some(203), "{text}");
        }
        for text in ["", "E", "x203", "20300", "-1", "２"] {
            assert_eq!(number(text), None, "{text}");
        }
    }
}
