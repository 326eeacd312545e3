//! Completion in the manifest. In: an offset. Out: proposals for the text there.

mod header;
mod key;
mod value;

use std::ops::Range;

use crate::place::{Place, place};
use crate::view::View;

/// A proposal for the text at the cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) label: String,
    pub(crate) kind: ItemKind,
    /// Short text beside the label.
    pub(crate) detail: String,
    /// Documentation, as Markdown.
    pub(crate) doc: String,
    /// Text that replaces `range`.
    pub(crate) insert: String,
    pub(crate) range: Range<usize>,
}

/// Kind of a proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ItemKind {
    Key,
    Table,
    Word,
    Node,
    Port,
    Component,
    Interface,
    Capability,
}

/// Returns the proposals at `offset`, each label once.
pub(crate) fn completion(view: View<'_>, offset: usize) -> Vec<Item> {
    let mut items = match place(view.syntax, offset) {
        Place::Header { table, at } => header::items(view, table, at),
        Place::Key {
            container,
            typed,
            entry,
        } => key::items(view, &container, typed, entry),
        Place::Value { entry } => value::items(view, entry, offset),
        Place::NewItem { list, at } => value::new_items(view, list, at),
        Place::Nothing => Vec::new(),
    };
    let mut seen = Vec::new();
    items.retain(|item| {
        let is_new = !seen.contains(&item.label);
        seen.push(item.label.clone());
        is_new
    });
    items
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::fixture::{FLOW, with};

    fn labels(manifest: &str) -> Vec<String> {
        let items = with(manifest, completion);
        items.into_iter().map(|item| item.label).collect()
    }

    /// Returns the labels in the sample manifest with `old` replaced by `new`, which has the cursor.
    fn at(old: &str, new: &str) -> Vec<String> {
        assert!(FLOW.contains(old), "{old}");
        labels(&FLOW.replacen(old, new, 1))
    }

    #[test]
    fn keys_of_the_table_that_are_not_there_yet() {
        let offered = at("name = \"upper\"\n", "name = \"upper\"\n|\n");
        assert_eq!(offered, ["language", "build_command", "wasm"]);
        assert_eq!(labels("[runtime.po|]"), ["backpressure", "pools"]);
        assert!(labels("[runtime]\nworker|").contains(&"worker_threads".to_owned()));
    }

    #[test]
    fn keys_of_inline_tables() {
        assert_eq!(
            at(
                "from = { node = \"numbers\", port = \"output\" }",
                "from = { node = \"numbers\", | }"
            ),
            ["port"]
        );
        assert_eq!(
            at("from = { node = \"numbers\", port = \"output\" }", "from = { | "),
            ["node", "port"]
        );
    }

    #[test]
    fn values_by_their_kind() {
        assert_eq!(
            at("path = \"upper\"", "language = \"|\""),
            ["rust", "go", "python", "zig"]
        );
        assert_eq!(at("path = \"upper\"", "language = r|"), ["rust", "go", "python", "zig"]);
        assert_eq!(labels("[observability]\ntracing_enabled = |"), ["true", "false"]);
        assert_eq!(labels("[runtime]\ninvocation_timeout_ms = |"), ["1000"]);
        assert_eq!(labels("[runtime]\nmax_memory_per_component = |"), ["64MiB"]);
        assert_eq!(labels("[torvyn]\ncontract_version = \"|"), ["0.1.0"]);
    }

    #[test]
    fn components_and_interfaces() {
        let components = [
            "upper",
            "builtin:generator",
            "builtin:lines",
            "builtin:console",
            "builtin:file",
            "file://",
        ];
        assert_eq!(at("component = \"upper\"", "component = \"|\""), components);
        let interfaces = at("component = \"upper\"", "component = \"upper\"\ninterface = \"|\"");
        assert_eq!(interfaces[0], "torvyn:streaming/processor");
        assert_eq!(interfaces.len(), 6);
    }

    #[test]
    fn nodes_and_ports_of_an_edge() {
        assert_eq!(at("node = \"shout\"", "node = \"|\""), ["numbers", "shout", "out"]);
        assert_eq!(
            at(
                "to = { node = \"shout\", port = \"input\"",
                "to = { node = \"shout\", port = \"|\""
            ),
            ["input"]
        );
        assert_eq!(
            at(
                "from = { node = \"shout\", port = \"output\"",
                "from = { node = \"shout\", port = |"
            ),
            ["output", "error"]
        );
        assert_eq!(
            at(
                "from = { node = \"numbers\", port = \"output\"",
                "from = { node = \"numbers\", port = \"|"
            ),
            ["output"]
        );
    }

    #[test]
    fn headers_segment_by_segment() {
        assert!(at("[[component]]", "[|]\n[[component]]").contains(&"flow".to_owned()));
        assert_eq!(at("[[component]]", "[flow.|]\n[[component]]"), ["main"]);
        assert_eq!(at("[[component]]", "[flow.main.|\n[[component]]"), ["nodes", "edges"]);
        assert_eq!(at("[[component]]", "[security.grants.|]\n[[component]]"), ["upper"]);
        assert_eq!(at("[[component]]", "[flow.main.nodes.|]\n[[component]]"), ["upper"]);
    }

    #[test]
    fn capabilities_in_both_places() {
        let all = crate::capability::capabilities().iter();
        let (keys, grants): (Vec<_>, Vec<_>) = all.map(|entry| (entry.key.to_owned(), entry.grant.to_owned())).unzip();
        assert_eq!(labels("[capabilities.required]\n|"), keys);
        assert_eq!(labels("[capabilities.optional]\nwasi|"), keys);
        assert_eq!(labels("[security.grants.x]\ncapabilities = [\"|\"]"), grants);
        assert_eq!(labels("[security.grants.x]\ncapabilities = [|]"), grants);
    }

    #[test]
    fn what_is_inserted_fits_what_is_there() {
        let inserted = |manifest: &str, label: &str| {
            let items = with(manifest, completion);
            let item = items.into_iter().find(|item| item.label == label).expect("is offered");
            let mut text = manifest.replacen('|', "", 1);
            text.replace_range(item.range, &item.insert);
            text
        };
        assert_eq!(
            inserted("[runtime]\nworker|", "worker_threads"),
            "[runtime]\nworker_threads = "
        );
        assert_eq!(
            inserted("[runtime]\nwork| = 2", "worker_threads"),
            "[runtime]\nworker_threads = 2"
        );
        assert_eq!(
            inserted("[security]\naudit_target = f|", "file"),
            "[security]\naudit_target = \"file\""
        );
        assert_eq!(
            inserted("[security]\naudit_target = \"f|o\"", "file"),
            "[security]\naudit_target = \"file\""
        );
        assert_eq!(
            inserted("[security]\naudit_target = \"f|", "file"),
            "[security]\naudit_target = \"file\""
        );
        assert_eq!(
            inserted("[security]\naudit_target =|", "file"),
            "[security]\naudit_target = \"file\""
        );
        assert_eq!(inserted("[run|\n", "runtime"), "[runtime\n");
    }

    #[test]
    fn nothing_in_a_comment() {
        assert!(labels("[runtime] # wor|").is_empty());
    }
}
