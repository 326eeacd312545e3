//! Table of all keys of `Torvyn.toml`: their types, defaults and meaning, and whether they have an effect yet.

mod default;
mod json;
mod keys;

pub use default::DefaultValue;
pub use json::json_schema;
pub use keys::{ACTIONS, ROOT};

/// A key of the manifest.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// Type and range of its value.
    pub kind: Kind,
    /// Whether it is mandatory.
    pub required: bool,
    /// What applies without it.
    pub default: DefaultValue,
    /// Its meaning, for documentation and messages.
    pub doc: &'static str,
    /// Whether this version acts on it.
    pub effect: Effect,
}

/// Whether a key has an effect in this version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It has.
    Now,
    /// It is read and checked, but a warning says that it has no effect.
    Later,
}

/// Type and range of a value.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// Any string.
    Text,
    /// A project name: lower case, digits, hyphens.
    ProjectName,
    /// A name, as [`is_name`](super::is_name) has it.
    Name,
    /// A semantic version.
    Version,
    /// `true` or `false`.
    Flag,
    /// A whole number within these bounds.
    Integer(u64, u64),
    /// A number from 0 to 1; with `true` below 1.
    Ratio(bool),
    /// Bytes, such as `"64MiB"`, within these bounds.
    Size(u64, u64),
    /// A duration, such as `"30s"`.
    Duration,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A list of strings.
    Texts,
    /// A string, or a table that becomes JSON.
    Config,
    /// Names of capabilities, each `true` or `false`.
    Flags,
    /// A reference to a component or built-in.
    Component,
    /// The name of a processing interface.
    Interface,
    /// An action after an error: a word, or a table.
    Action(&'static [Key]),
    /// A table.
    Table(&'static [Key]),
    /// An array of tables.
    Tables(&'static [Key]),
    /// Tables by name.
    Named(&'static [Key]),
}

/// The tables that have a key called `name`, as their headers are written.
#[must_use]
pub fn tables_with(name: &str) -> Vec<String> {
    let mut found = Vec::new();
    search(ROOT, "", "", name, &mut found);
    found
}

/// The largest size that a key of this name takes; `None` if no such key takes a size.
#[must_use]
pub fn largest(name: &str) -> Option<u64> {
    fn find(keys: &[Key], name: &str) -> Option<u64> {
        keys.iter().find_map(|key| {
            if let Kind::Size(_, most) = key.kind
                && key.name == name
            {
                return Some(most);
            }
            find(key.kind.keys(), name)
        })
    }
    find(ROOT, name)
}

fn search(keys: &[Key], path: &str, header: &str, name: &str, found: &mut Vec<String>) {
    for key in keys {
        if key.name == name && !path.is_empty() {
            found.push(header.to_owned());
        }
        let at = if path.is_empty() {
            key.name.to_owned()
        } else {
            format!("{path}.{}", key.name)
        };
        let (inner, is_action) = (key.kind.keys(), |kind| matches!(kind, Kind::Action(_)));
        if is_action(key.kind) && !inner.iter().any(|key| is_action(key.kind)) {
            // The table for all categories has the keys of each category too, and is searched.
            continue;
        }
        let is_named = matches!(key.kind, Kind::Named(_));
        let inner_path = if is_named { format!("{at}.NAME") } else { at };
        let inner_header = match matches!(key.kind, Kind::Tables(_)) {
            true => format!("[[{inner_path}]]"),
            false => format!("[{inner_path}]"),
        };
        search(inner, &inner_path, &inner_header, name, found);
    }
}

impl Kind {
    /// The keys of its tables; none for a value.
    #[must_use]
    pub fn keys(self) -> &'static [Key] {
        match self {
            Kind::Table(keys) | Kind::Tables(keys) | Kind::Named(keys) | Kind::Action(keys) => keys,
            Kind::Text
            | Kind::ProjectName
            | Kind::Name
            | Kind::Version
            | Kind::Flag
            | Kind::Integer(..)
            | Kind::Ratio(_)
            | Kind::Size(..)
            | Kind::Duration
            | Kind::Choice(_)
            | Kind::Texts
            | Kind::Config
            | Kind::Flags
            | Kind::Component
            | Kind::Interface => &[],
        }
    }

    /// The TOML type, in words.
    #[must_use]
    pub fn expected(self) -> &'static str {
        match self {
            Kind::Text
            | Kind::ProjectName
            | Kind::Name
            | Kind::Version
            | Kind::Size(..)
            | Kind::Duration
            | Kind::Choice(_)
            | Kind::Component
            | Kind::Interface => "a string",
            Kind::Flag => "true or false",
            Kind::Integer(..) => "an integer",
            Kind::Ratio(_) => "a number",
            Kind::Texts => "a list of strings",
            Kind::Config | Kind::Action(_) => "a string or a table",
            Kind::Flags | Kind::Table(_) | Kind::Named(_) => "a table",
            Kind::Tables(_) => "an array of tables",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_in_its_tables() {
        assert_eq!(tables_with("worker_threads"), ["[runtime]"]);
        assert_eq!(
            tables_with("default_queue_depth"),
            ["[flow.NAME]", "[runtime.backpressure]"]
        );
        assert_eq!(tables_with("torvyn"), ["[capabilities]"]);
        assert_eq!(tables_with("backoff_ms"), ["[flow.NAME.nodes.NAME.on_error.retry]"]);
        assert_eq!(tables_with("priority"), ["[flow.NAME]", "[[flow.NAME.edges]]"]);
        assert!(tables_with("no_such_key").is_empty());
    }

    #[test]
    fn the_largest_size_is_that_of_the_key() {
        assert_eq!(largest("max_buffer_size"), Some(16 << 20));
        assert_eq!(largest("queue_depth"), None);
    }
}
