//! Durations in the notation of the command line and the manifest: `250ms`, `1.5s`, `1m30s`.

use std::time::Duration;

/// Units, with their length in milliseconds.
const UNITS: [(&str, f64); 4] = [("ms", 1.0), ("s", 1e3), ("m", 6e4), ("h", 3.6e6)];

/// The mistake in a text that is no duration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Description of the mistake.
    pub what: String,
    /// Advice on how to mend it.
    pub help: String,
}

/// Parses a duration: numbers, each with its unit (`ms`, `s`, `m`, `h`).
///
/// # Errors
/// When it has another form, lacks a unit, exceeds what nanoseconds can count, or is no whole number of milliseconds.
pub fn parse(text: &str) -> Result<Duration, Mistake> {
    let mistake = |what: &str, help: String| Mistake {
        what: what.to_owned(),
        help,
    };
    let usual = || "write it as `250ms`, `30s`, `1.5h` or `1m30s`".to_owned();
    let mut rest = text.trim();
    if rest.is_empty() || rest.starts_with(|c: char| !c.is_ascii_digit()) {
        return Err(mistake("this is not a duration", usual()));
    }
    let mut ms = 0.0;
    while !rest.is_empty() {
        let (number, after) = split(rest, |c| c.is_ascii_digit() || c == '.');
        let (unit, after) = split(after.trim_start(), |c| c.is_ascii_alphabetic());
        let number: f64 = number.parse().map_err(|_| mistake("this is not a duration", usual()))?;
        if unit.is_empty() {
            let written = text.trim();
            return Err(mistake(
                "the unit is missing",
                format!("for seconds, write `{written}s`"),
            ));
        }
        let known = UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit));
        let (_, factor) = known.ok_or_else(|| {
            mistake(
                &format!("`{unit}` is not a unit of time"),
                "units: ms, s, m, h".to_owned(),
            )
        })?;
        ms += number * factor;
        rest = after.trim_start();
    }
    if (ms - ms.round()).abs() > 1e-6 {
        return Err(mistake(
            "this is not a whole number of milliseconds",
            "the smallest unit is a millisecond".to_owned(),
        ));
    }
    // Nanoseconds of a longer duration do not fit in a `u64`.
    Duration::try_from_secs_f64(ms.round() / 1e3)
        .ok()
        .filter(|duration| u64::try_from(duration.as_nanos()).is_ok())
        .ok_or_else(|| mistake("this is too long", "the longest is 500 years".to_owned()))
}

/// Splits a text after the leading characters for which `holds`.
fn split(text: &str, holds: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !holds(c)).unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_numbers_with_units() {
        for (text, ms) in [
            ("250ms", 250),
            ("30s", 30_000),
            ("1.5s", 1_500),
            ("1.5 s", 1_500),
            ("5M", 300_000),
            ("1m30s", 90_000),
            ("1h 2m 3s 4ms", 3_723_004),
            ("0s", 0),
        ] {
            assert_eq!(parse(text), Ok(Duration::from_millis(ms)), "{text}");
        }
    }

    #[test]
    fn what_is_no_duration_is_told_in_words() {
        for (text, what) in [
            ("", "this is not a duration"),
            ("s", "this is not a duration"),
            ("-1s", "this is not a duration"),
            ("1.2.3s", "this is not a duration"),
            ("5", "the unit is missing"),
            ("1m30", "the unit is missing"),
            ("1d", "`d` is not a unit of time"),
            ("1s-", "this is not a duration"),
            ("99999999999999999999h", "this is too long"),
        ] {
            assert_eq!(
                parse(text).map_err(|mistake| mistake.what),
                Err(what.to_owned()),
                "{text}"
            );
        }
        assert_eq!(
            parse("5").map_err(|mistake| mistake.help),
            Err("for seconds, write `5s`".to_owned())
        );
    }
}
