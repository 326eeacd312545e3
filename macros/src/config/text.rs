//! The text of a `config` as a serde deserializer: plain text for types that are text, JSON for all others.
//!
//! Only the methods that need JSON call its parser, so a component that never calls them does not contain it.

use std::fmt;

use serde_core::de::value::StrDeserializer;
use serde_core::de::{self, Deserializer, Visitor};

use super::place;

/// The text of a `config`.
pub(super) struct Text<'de>(pub(super) &'de str);

/// The mistake in a `config`.
#[derive(Debug)]
pub(super) struct Mistake(String);

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Mistake {}

impl de::Error for Mistake {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Mistake(message.to_string())
    }
}

impl<'de> Text<'de> {
    /// Parses all of the text as JSON.
    fn json<T>(
        self,
        read: impl FnOnce(&mut serde_json::Deserializer<serde_json::de::StrRead<'de>>) -> serde_json::Result<T>,
    ) -> Result<T, Mistake> {
        if self.0.is_empty() {
            return Err(Mistake("the node has none".to_owned()));
        }
        let mut json = serde_json::Deserializer::from_str(self.0);
        let value = read(&mut json).and_then(|value| json.end().map(|()| value));
        value.map_err(|error| match place::path(self.0, error.line(), error.column()) {
            Some(path) if error.is_data() => Mistake(format!("`{path}`: {error}")),
            Some(_) | None => Mistake(error.to_string()),
        })
    }

    /// Whether the text looks like a JSON object or list.
    fn is_table(&self) -> bool {
        self.0.trim_start().starts_with('{')
    }
}

macro_rules! as_json {
    ($($method:ident($($argument:ident: $type:ty),*);)+) => {
        $(fn $method<V: Visitor<'de>>(self, $($argument: $type,)* visitor: V) -> Result<V::Value, Mistake> {
            self.json(|json| json.$method($($argument,)* visitor))
        })+
    };
}

impl<'de> Deserializer<'de> for Text<'de> {
    type Error = Mistake;

    as_json! {
        deserialize_any();
        deserialize_bool();
        deserialize_i8();
        deserialize_i16();
        deserialize_i32();
        deserialize_i64();
        deserialize_i128();
        deserialize_u8();
        deserialize_u16();
        deserialize_u32();
        deserialize_u64();
        deserialize_u128();
        deserialize_f32();
        deserialize_f64();
        deserialize_char();
        deserialize_bytes();
        deserialize_byte_buf();
        deserialize_seq();
        deserialize_tuple(len: usize);
        deserialize_tuple_struct(name: &'static str, len: usize);
        deserialize_identifier();
        deserialize_ignored_any();
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        visitor.visit_borrowed_str(self.0)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        visitor.visit_borrowed_str(self.0)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        match self.0 {
            "" => visitor.visit_unit(),
            _ => Err(Mistake("the component takes none".to_owned())),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Mistake> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        match self.0 {
            "" => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Mistake> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        match self.0 {
            "" => visitor.visit_map(de::value::MapDeserializer::new(no_entries())),
            _ => self.json(|json| json.deserialize_map(visitor)),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mistake> {
        match self.0 {
            "" => self.deserialize_map(visitor),
            _ => self.json(|json| json.deserialize_struct(name, fields, visitor)),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mistake> {
        if self.0.is_empty() || self.is_table() {
            self.json(|json| json.deserialize_enum(name, variants, visitor))
        } else {
            visitor.visit_enum(StrDeserializer::new(self.0))
        }
    }
}

fn no_entries() -> std::iter::Empty<(&'static str, &'static str)> {
    std::iter::empty()
}
