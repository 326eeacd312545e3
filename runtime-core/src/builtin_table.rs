//! The built-in nodes, a row each: compiler and executable take from it all they know of one, but its code.

use crate::role::Role;
use crate::setting::{Kind, Setting, optional};

crate::words! {
    /// A node that is part of the runtime; its word follows `builtin:`.
    pub enum Builtin {
        /// Source of `Hello, Torvyn! (n)`.
        Generator = "generator",
        /// Source of the lines of a file or of standard input.
        Lines = "lines",
        /// Sink that prints each payload as a line.
        Console = "console",
        /// Sink that appends each payload as a line to a file.
        File = "file",
    }
}

/// Row of the table. The type of the stage, in [`crate::emitted`], is named like the variant.
struct Row {
    role: Role,
    settings: &'static [Setting],
    /// Documentation for users.
    doc: &'static str,
    /// Reason why a source needs a thread of its own.
    own_thread: Option<&'static str>,
    /// Whether replicas share one input, which is read ahead for all of them.
    reads_ahead: bool,
}

impl Builtin {
    const fn row(self) -> Row {
        match self {
            Builtin::Generator => Row {
                role: Role::Source,
                settings: GENERATOR,
                doc: "A source of `Hello, Torvyn! (n)`.",
                own_thread: None,
                reads_ahead: false,
            },
            Builtin::Lines => Row {
                role: Role::Source,
                settings: LINES,
                doc: "A source of the lines of a file, or of standard input.",
                own_thread: Some("may block on its input"),
                reads_ahead: true,
            },
            Builtin::Console => Row {
                role: Role::Sink,
                settings: CONSOLE,
                doc: "A sink that prints each payload as a line.",
                own_thread: None,
                reads_ahead: false,
            },
            Builtin::File => Row {
                role: Role::Sink,
                settings: FILE,
                doc: "A sink that appends each payload as a line to a file.",
                own_thread: None,
                reads_ahead: false,
            },
        }
    }

    /// The role of its node.
    #[must_use]
    pub const fn role(self) -> Role {
        self.row().role
    }

    /// The keys of its `config`.
    #[must_use]
    pub const fn settings(self) -> &'static [Setting] {
        self.row().settings
    }

    /// Documentation for users.
    #[must_use]
    pub const fn doc(self) -> &'static str {
        self.row().doc
    }

    /// Reason why the source needs a thread of its own, if it does.
    #[must_use]
    pub const fn own_thread(self) -> Option<&'static str> {
        self.row().own_thread
    }

    /// Whether replicas share one input, which is read ahead for all of them.
    #[must_use]
    pub const fn reads_ahead(self) -> bool {
        self.row().reads_ahead
    }

    /// The built-in that a `component` of the manifest names.
    #[must_use]
    pub fn of(component: &str) -> Option<Self> {
        Self::parse(component.strip_prefix("builtin:")?)
    }
}

/// Settings of `builtin:generator`.
pub(crate) const GENERATOR: &[Setting] = &[
    optional("count", Kind::Count, "How many elements there are; no end without it."),
    optional("message", Kind::Text, "What stands before the number of an element."),
];

/// Settings of `builtin:lines`.
pub(crate) const LINES: &[Setting] = &[optional(
    "path",
    Kind::Path,
    "The file to read; `-` or none is standard input.",
)];

/// Settings of `builtin:console`.
pub(crate) const CONSOLE: &[Setting] = &[FLUSH];

/// Settings of `builtin:file`.
pub(crate) const FILE: &[Setting] = &[
    Setting {
        name: "path",
        kind: Kind::Path,
        required: true,
        doc: "The file to append to.",
    },
    FLUSH,
    optional(
        "fsync",
        Kind::Choice(&["never", "interval", "always"]),
        "When what is written to a regular file is forced to the disk: `never` leaves it to the system, `interval` does it \
         every `flush_ms`, `always` before an element counts as delivered. Default: `never`.",
    ),
];

const FLUSH: Setting = optional(
    "flush_ms",
    Kind::Count,
    "How long a line is held at most before it is written, in milliseconds; 0 writes each at once. It is written sooner when \
     8 KiB are held or the flow rests. Where `on_error` of the node does not end the flow, each is written at once. \
     Default: 100.",
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::setting::{Mistake, read};

    fn mistakes(config: &str, settings: &'static [Setting]) -> Vec<String> {
        let mistakes = read(config, settings).err().unwrap_or_default();
        mistakes.iter().map(Mistake::to_string).collect()
    }

    #[test]
    fn what_nodes_take_is_read() {
        let config = read(r#"{ "count": 3, "message": "" }"#, GENERATOR).unwrap();
        assert_eq!(
            (config["count"].as_u64(), config["message"].as_str()),
            (Some(3), Some(""))
        );
        assert!(read(" ", GENERATOR).unwrap().is_empty());
        assert_eq!(read(r#"{ "path": "-" }"#, LINES).unwrap()["path"], "-");
    }

    #[test]
    fn all_mistakes_are_found() {
        assert_eq!(
            mistakes(r#"{ "count": -3, "cuont": 1, "message": 2 }"#, GENERATOR),
            [
                "has `count = -3`, which is not a whole number from 0",
                "has an unknown key `cuont`; known: count, message",
                "has `message = 2`, which is not a string",
            ]
        );
        assert_eq!(mistakes("", FILE), ["has no `path`"]);
        assert_eq!(
            mistakes(r#"{ "path": "" }"#, FILE),
            ["has `path = \"\"`, which is not a path"]
        );
        assert_eq!(
            mistakes(r#"{ "colour": 1 }"#, CONSOLE),
            ["has an unknown key `colour`; known: flush_ms"]
        );
        assert_eq!(
            mistakes(r#"{ "path": "x", "fsync": "often", "flush_ms": -1 }"#, FILE),
            [
                "has `flush_ms = -1`, which is not a whole number from 0",
                "has `fsync = \"often\"`, which is not one of `never`, `interval`, `always`",
            ]
        );
        assert_eq!(mistakes("[]", CONSOLE), ["is not a JSON object"]);
    }
}
