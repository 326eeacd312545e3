//! A node's `config`, read as the type that the component asks for.

#[cfg(feature = "json")]
mod place;
#[cfg(feature = "json")]
mod text;

use crate::error::Error;

/// A type that a node's `config` can be read as: with the feature `json`, which is on by default, every type that
/// implements serde's `Deserialize`; without it, `()` and `String`.
///
/// The runtime passes text. `config = "some text"` in `Torvyn.toml` arrives unchanged, `config = { size = 10 }` as
/// JSON, and a missing `config` as no text.
///
/// | type | text | no text |
/// |---|---|---|
/// | `()` | an error | `()` |
/// | `String`, or a struct around it | the text unchanged | the empty string |
/// | an enum of names | a name, or JSON | an error |
/// | `Option<T>` | `Some`, read as `T` | `None` |
/// | a struct, a map | JSON | as if it were `{}`, so `#[serde(default)]` applies |
/// | any other type | JSON, so `config = "10"` is a number | an error |
///
/// A component whose type is `()` or `String` contains no code for JSON.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be read from a node's `config`",
    label = "not a type of configuration",
    note = "derive `serde::Deserialize` for it",
    note = "the crate `torvyn` needs its feature `json`, which is on unless `default-features = false`"
)]
pub trait Configuration: Sized {
    /// Parses the text that the runtime passes.
    ///
    /// # Errors
    /// [`Error::InvalidInput`], with the mistake and its place.
    fn read(text: &str) -> Result<Self, Error>;
}

#[cfg(feature = "json")]
impl<T: serde_core::de::DeserializeOwned> Configuration for T {
    fn read(text: &str) -> Result<Self, Error> {
        T::deserialize(text::Text(text)).map_err(|why| Error::InvalidInput(format!("`config`: {why}")))
    }
}

#[cfg(not(feature = "json"))]
impl Configuration for () {
    fn read(text: &str) -> Result<Self, Error> {
        match text {
            "" => Ok(()),
            _ => Err(Error::InvalidInput("`config`: the component takes none".to_owned())),
        }
    }
}

#[cfg(not(feature = "json"))]
impl Configuration for String {
    fn read(text: &str) -> Result<Self, Error> {
        Ok(text.to_owned())
    }
}

#[cfg(all(test, feature = "json"))]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::Configuration;
    use crate::Error;

    #[derive(Debug, Default, Deserialize, PartialEq)]
    #[serde(default, deny_unknown_fields)]
    struct Settings {
        name: String,
        limits: Vec<Limit>,
        mode: Mode,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    struct Limit {
        low: u32,
        high: Option<u32>,
    }

    #[derive(Debug, Default, Deserialize, PartialEq)]
    #[serde(rename_all = "lowercase")]
    enum Mode {
        #[default]
        Fast,
        Exact {
            digits: u8,
        },
    }

    #[derive(Debug, Deserialize, PartialEq)]
    struct Word(String);

    fn refusal<T: Configuration + std::fmt::Debug>(text: &str) -> String {
        match T::read(text) {
            Err(Error::InvalidInput(why)) => why,
            other => panic!("expected a refusal: {other:?}"),
        }
    }

    #[test]
    fn text_is_read_as_it_is() {
        assert_eq!(String::read("{\"a\" b"), Ok("{\"a\" b".to_owned()));
        assert_eq!(Word::read("two words"), Ok(Word("two words".to_owned())));
        assert_eq!(Option::<String>::read("x"), Ok(Some("x".to_owned())));
        assert_eq!(Mode::read("fast"), Ok(Mode::Fast));
        assert_eq!(u64::read("65536"), Ok(65_536));
        assert_eq!(bool::read("true"), Ok(true));
    }

    #[test]
    fn tables_are_json() {
        let text = r#"{"name":"n","limits":[{"low":1},{"low":2,"high":3}],"mode":{"exact":{"digits":2}}}"#;
        let limit = |low, high| Limit { low, high };
        let settings = Settings {
            name: "n".to_owned(),
            limits: vec![limit(1, None), limit(2, Some(3))],
            mode: Mode::Exact { digits: 2 },
        };
        assert_eq!(Settings::read(text), Ok(settings));
        assert_eq!(BTreeMap::read(r#"{"a":1}"#), Ok(BTreeMap::from([("a".to_owned(), 1)])));
        assert_eq!(Mode::read(r#"{"exact":{"digits":2}}"#), Ok(Mode::Exact { digits: 2 }));
    }

    #[test]
    fn nothing_is_what_the_type_makes_of_it() {
        assert_eq!(<()>::read(""), Ok(()));
        assert_eq!(String::read(""), Ok(String::new()));
        assert_eq!(Option::<Limit>::read(""), Ok(None));
        assert_eq!(Settings::read(""), Ok(Settings::default()));
        assert_eq!(refusal::<Limit>(""), "`config`: missing field `low`");
        assert_eq!(refusal::<u64>(""), "`config`: the node has none");
        assert_eq!(refusal::<Mode>(""), "`config`: the node has none");
    }

    #[test]
    fn a_mistake_is_told_with_its_place() {
        assert_eq!(refusal::<()>("{}"), "`config`: the component takes none");
        let mistakes = [
            (
                r#"{"name":"n","limits":[{"low":1},{"low":"2"}]}"#,
                r#"`config`: `limits[1].low`: invalid type: string "2", expected u32 at line 1 column 42"#,
            ),
            (
                r#"{"limits":[{"low":-1,"high":2}]}"#,
                "`config`: `limits[0].low`: invalid value: integer `-1`, expected u32 at line 1 column 20",
            ),
            (
                r#"{"limits":[{"high":2}]}"#,
                "`config`: `limits[0]`: missing field `low` at line 1 column 21",
            ),
            (
                "{\n  \"nam\": \"n\"\n}",
                "`config`: `nam`: unknown field `nam`, expected one of `name`, `limits`, `mode` at line 2 column 7",
            ),
            (
                r#"{"name":"n""#,
                "`config`: EOF while parsing an object at line 1 column 11",
            ),
            (
                r#"{"name":"a\"}b","mode":{"exact":{}}}"#,
                "`config`: `mode.exact`: missing field `digits` at line 1 column 34",
            ),
            (r#"{"name":"n"} x"#, "`config`: trailing characters at line 1 column 14"),
        ];
        for (text, why) in mistakes {
            assert_eq!(refusal::<Settings>(text), why, "{text}");
        }
        assert_eq!(
            refusal::<Mode>("slow"),
            "`config`: unknown variant `slow`, expected `fast` or `exact`"
        );
    }
}
