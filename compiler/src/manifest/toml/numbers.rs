//! Malformed numbers that the parser accepts: `0x` without a digit, `1_a`.

use std::ops::Range;

use ::toml::Spanned;
use ::toml::de::{DeTable, DeValue};

/// Finds the places of malformed numbers.
pub(super) fn malformed(table: &DeTable<'_>) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for (_, value) in table.iter() {
        search(value, &mut found);
    }
    found
}

fn search(value: &Spanned<DeValue<'_>>, found: &mut Vec<Range<usize>>) {
    match value.get_ref() {
        DeValue::Integer(number) if !is_integer(number.as_str(), number.radix()) => found.push(value.span()),
        DeValue::Float(number) if number.as_str().parse::<f64>().is_err() => found.push(value.span()),
        DeValue::Array(list) => list.iter().for_each(|item| search(item, found)),
        DeValue::Table(table) => table.iter().for_each(|(_, inner)| search(inner, found)),
        DeValue::Integer(_) | DeValue::Float(_) | DeValue::String(_) | DeValue::Boolean(_) | DeValue::Datetime(_) => {}
    }
}

/// Whether a number has digits and nothing else after its sign; its size is not checked.
fn is_integer(text: &str, radix: u32) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(radix))
}
