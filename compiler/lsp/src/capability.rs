//! The capabilities that a manifest can name.

use torvync_compiler::capability::{ENTRIES, Entry, Request, ScopeKind};

/// Returns all capabilities.
pub(crate) fn capabilities() -> &'static [Entry] {
    ENTRIES
}

/// Describes what a text in the manifest permits: a key of `[capabilities.*]`, or a grant. `None` if it is neither.
pub(crate) fn described(text: &str) -> Option<String> {
    let entry = text.parse::<Request>().ok()?.entry;
    Some(format!("`{text}`\n\n{}", doc(entry)))
}

/// Describes what an entry permits, and how it can be restricted.
pub(crate) fn doc(entry: &Entry) -> String {
    let scope = match entry.scope {
        ScopeKind::None => String::new(),
        ScopeKind::Path => format!("\n\nFor one folder: `{}:/PATH`", entry.grant),
        ScopeKind::Host => format!("\n\nFor one host: `{}:HOST:PORT`", entry.grant),
        ScopeKind::Name => format!("\n\nFor one name: `{}:NAME`", entry.grant),
    };
    let effect = if entry.provided {
        ""
    } else {
        "\n\nThis runtime does not implement it yet."
    };
    format!("{}{scope}{effect}", entry.doc)
}
