//! Hover: describes the text at the cursor, as Markdown.

mod edge;
mod node;

use std::ops::Range;

use torvync_compiler::builtin_table::Builtin;
use torvync_compiler::interface::{Interface, InterfaceName};
use torvync_compiler::manifest::schema::{DefaultValue, Effect, Key, Kind};

use crate::builtin;
use crate::capability;
use crate::names::{self, Name};
use crate::place::{Meaning, Place, key_of, meaning, place};
use crate::syntax::{Entry, Step, is_like, starts_with};
use crate::view::View;

/// Returns the text to show, and the range that it describes.
pub(crate) fn hover(view: View<'_>, offset: usize) -> Option<(String, Range<usize>)> {
    if let Some(named) = names::at(view.syntax, offset)
        && !view.syntax.is_comment(offset)
    {
        let own = match &named.what {
            Name::Node { flow, name } => node::text(view, flow, name),
            Name::Component(name) => node::component_text(view, name),
        };
        let edge = edge_at(view, offset).map(|edge| format!("\n\n---\n\n{edge}"));
        return Some((own? + &edge.unwrap_or_default(), named.span));
    }
    match place(view.syntax, offset) {
        Place::Header { table, at } => {
            let (position, segment) = table
                .path
                .iter()
                .enumerate()
                .filter_map(|(position, step)| Some((position, step.segment()?)))
                .nth(at)?;
            let edge = is_like(&table.path, "flow.*.edges.#")
                .then(|| edge_at(view, offset))
                .flatten();
            let key = || key_of(&table.path[..=position]).map(key_text);
            Some((edge.or_else(key)?, segment.span.clone()))
        }
        Place::Key {
            container,
            entry: Some(entry),
            typed,
        } => {
            let mut path = container;
            let own = entry.path.get(path.len())?.clone();
            if let (Meaning::Names(key), Some(name)) = (meaning(&path), own.key())
                && matches!(key.kind, Kind::Flags)
            {
                return Some((capability::described(name)?, typed));
            }
            path.push(own);
            Some((key_text(key_of(&path)?), typed))
        }
        Place::Value { entry } => Some((value_text(view, entry, offset)?, entry.value.span.clone())),
        Place::Key { entry: None, .. } | Place::NewItem { .. } | Place::Nothing => None,
    }
}

/// Describes a key: its type, purpose and default.
pub(crate) fn key_text(key: &Key) -> String {
    let mut text = format!("`{}`: {}\n\n{}", key.name, key.kind.expected(), key.doc);
    if key.required {
        text += "\n\nRequired.";
    } else if key.default.is_value() {
        text += &format!("\n\nDefault: `{}`", key.default);
    } else if key.default != DefaultValue::Nothing {
        text += &format!("\n\nDefault: {}", key.default);
    }
    match key.effect {
        Effect::Now => text,
        Effect::Later => text + "\n\nRead and checked; it has no effect in this version.",
    }
}

fn value_text(view: View<'_>, entry: &Entry, offset: usize) -> Option<String> {
    let text = entry.text().map(|(text, _)| text);
    if let Some(interface) = text
        .and_then(|text| text.parse::<InterfaceName>().ok())
        .as_ref()
        .and_then(Interface::find)
    {
        return interface_text(interface);
    }
    if let Some(name) = text.and_then(|text| text.strip_prefix("builtin:")) {
        let doc = Builtin::parse(name)?.doc();
        return Some(format!("`builtin:{name}`\n\n{doc}"));
    }
    if is_like(&entry.path, "security.grants.*.capabilities.#") {
        return text.and_then(capability::described);
    }
    if let Some(edge) = edge_at(view, offset) {
        return Some(edge);
    }
    match meaning(&entry.path) {
        Meaning::Value(key) => Some(key_text(key)),
        Meaning::Names(_) | Meaning::Keys(..) | Meaning::Unknown => None,
    }
}

/// Describes an interface, with its doc comment and its functions.
pub(crate) fn interface_text(interface: Interface) -> Option<String> {
    let (doc, functions) = builtin::declaration(interface)?;
    Some(format!(
        "`{}`\n\n{doc}\n\n```wit\n{}\n```",
        interface.path(),
        functions.join("\n")
    ))
}

/// Describes the edge around the offset.
fn edge_at(view: View<'_>, offset: usize) -> Option<String> {
    let path: &[Step] = match view.syntax.entry_at(offset) {
        Some(entry) => &entry.path,
        None => &view.syntax.table_at(offset)?.path,
    };
    let mut edges = names::edges(view.syntax).into_iter();
    let edge = edges.find(|edge| starts_with(path, &edge.path))?;
    edge::text(view, &edge)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::fixture::{FLOW, with};

    fn at(old: &str, new: &str) -> String {
        assert!(FLOW.contains(old), "{old}");
        let text = FLOW.replacen(old, new, 1);
        with(&text, |view, offset| {
            hover(view, offset).map(|(text, _)| text).unwrap_or_default()
        })
    }

    #[test]
    fn keys_have_documentation_and_default() {
        let said = at("[[component]]", "[runtime]\nsink_pause|_ms = 5\n[[component]]");
        assert_eq!(
            said,
            "`sink_pause_ms`: an integer\n\nHow long a sink that returned `pause` gets no elements.\n\nDefault: `10`"
        );
        assert!(at("[[component]]", "[run|time]\n[[component]]").contains("Limits and defaults of all flows."));
        assert!(at("contract_version", "contract_|version").ends_with("Required."));
        assert!(at("[[component]]", "[observ|ability]\n[[component]]").ends_with("it has no effect in this version."));
        assert!(at("name = \"upper\"", "lang|uage = \"rust\"\nname = \"upper\"").contains("Default: `\"rust\"`"));
    }

    #[test]
    fn nodes_and_components_are_described() {
        let node = at("nodes.shout", "nodes.sh|out");
        assert!(node.starts_with("node `shout` of flow `main`: processor"), "{node}");
        assert!(
            node.contains("`numbers.output` → `shout.input`") && node.contains("`shout.output` → `out.input`"),
            "{node}"
        );
        let component = at("component = \"upper\"", "component = \"up|per\"");
        assert!(component.starts_with("component `upper`, in `upper`"), "{component}");
        assert!(
            component.contains("exports `torvyn:streaming/processor@0.1.0`"),
            "{component}"
        );
    }

    #[test]
    fn an_edge_tells_what_flows() {
        let expected = "`numbers.output` → `shout.input`\n\n\
            - `torvyn:streaming/source` emits `output-element`: metadata, and a `buffer` that it hands over\n\
            - `torvyn:streaming/processor` takes `stream-element`: metadata, and that `buffer`, lent for the call\n\
            - content type: set by `numbers`, element by element (`element-meta.content-type`)\n\
            - queue depth: 64 elements (default)\n\
            - when full: `block` (default); room again at 32 elements (default)";
        assert_eq!(at("port = \"output\"", "port = \"out|put\""), expected);
        assert_eq!(at("[[flow.main.edges]]", "[[flow.main.ed|ges]]"), expected);
        let settings = "[[flow.main.edges]]\nbackpressure = { queue_depth = 8, policy = \"drop-oldest\" }";
        let said = at("[[flow.main.edges]]", &settings.replace("edges", "ed|ges"));
        assert!(said.contains("- queue depth: 8 elements (set by this edge)\n- when full: `drop-oldest` (set by this edge); room again at 4"), "{said}");
        let runtime =
            "[runtime.backpressure]\ndefault_queue_depth = 10\nlow_watermark_ratio = 0.9\n[[flow.main.ed|ges]]";
        let said = at("[[flow.main.edges]]", runtime);
        assert!(
            said.contains("10 elements (`[runtime.backpressure]`)")
                && said.contains("room again at 9 elements (`[runtime"),
            "{said}"
        );
    }

    #[test]
    fn dead_letters_are_what_a_stage_took() {
        let said = at(
            "from = { node = \"shout\", port = \"output\" }",
            "from = { node = \"shout\", port = \"err|or\" }",
        );
        assert!(
            said.contains("- `shout` passes on the `stream-element`s that it could not process"),
            "{said}"
        );
    }

    #[test]
    fn interfaces_and_builtins() {
        let said = at(
            "component = \"upper\"",
            "component = \"upper\"\ninterface = \"torvyn:streaming/pro|cessor\"",
        );
        assert!(
            said.contains(
                "```wit\nprocess: func(input: stream-element) -> result<process-result, process-error>;\n```"
            ),
            "{said}"
        );
        assert!(at("builtin:generator", "builtin:gen|erator").contains("Hello, Torvyn!"));
    }

    #[test]
    fn capabilities_tell_what_they_permit() {
        let said = at(
            "[[component]]",
            "[capabilities.required]\nwasi-cl|ocks = true\n[[component]]",
        );
        assert_eq!(said, "`wasi-clocks`\n\nRead the time of day and measure time.");
        let grant = "[security.grants.upper]\ncapabilities = [\"wasi:filesystem/re|ad:/data\"]\n[[component]]";
        let said = at("[[component]]", grant);
        assert!(
            said.starts_with("`wasi:filesystem/read:/data`\n\nRead files and folders."),
            "{said}"
        );
        assert!(said.contains("For one folder: `wasi:filesystem/read:/PATH`"), "{said}");
    }

    #[test]
    fn nothing_is_said_of_nothing() {
        assert_eq!(at("[[component]]", "# run|time\n[[component]]"), "");
        assert_eq!(at("[[component]]", "nonsense| = 1\n[[component]]"), "");
    }
}
