//! The results of handlers in the protocol's form.

use std::ops::Range;
use std::path::{Path, PathBuf};

use lsp_types::{CompletionItemKind, SymbolKind as LspSymbolKind};
use serde_json::{Value, json};
use torvync_compiler::driver::Analysis;

use super::position::Lines;
use super::{Client, Documents, diagnostics};
use crate::actions::Action;
use crate::completion::{Item, ItemKind};
use crate::failure::Failure;
use crate::hints::Hint;
use crate::paths::clean;
use crate::symbols::{Symbol, SymbolKind};
use crate::view::Location;

type Answer = Result<Value, Failure>;

/// Returns a range of a text.
pub(crate) fn range(text: &str, range: &Range<usize>, client: &Client) -> Answer {
    Ok(serde_json::to_value(Lines::of(text, client).range(range))?)
}

pub(crate) fn hover(text: &str, markdown: &str, range: &Range<usize>, client: &Client) -> Answer {
    let range = Lines::of(text, client).range(range);
    Ok(json!({ "contents": { "kind": "markdown", "value": markdown }, "range": range }))
}

pub(crate) fn completion(text: &str, items: &[Item], client: &Client) -> Answer {
    let lines = Lines::of(text, client);
    let items = items.iter().enumerate().map(|(at, item)| {
        json!({
            "label": item.label,
            "kind": kind_of_item(item.kind),
            "detail": item.detail,
            "documentation": { "kind": "markdown", "value": item.doc },
            "filterText": item.label,
            "sortText": format!("{at:04}"),
            "textEdit": { "range": lines.range(&item.range), "newText": item.insert },
        })
    });
    Ok(json!({ "isIncomplete": false, "items": items.collect::<Vec<_>>() }))
}

fn kind_of_item(kind: ItemKind) -> CompletionItemKind {
    match kind {
        ItemKind::Key => CompletionItemKind::PROPERTY,
        ItemKind::Table => CompletionItemKind::MODULE,
        ItemKind::Word => CompletionItemKind::VALUE,
        ItemKind::Node => CompletionItemKind::VARIABLE,
        ItemKind::Port => CompletionItemKind::FIELD,
        ItemKind::Component => CompletionItemKind::CLASS,
        ItemKind::Interface => CompletionItemKind::INTERFACE,
        ItemKind::Capability => CompletionItemKind::CONSTANT,
    }
}

pub(crate) fn locations(documents: &impl Documents, locations: &[Location], client: &Client) -> Answer {
    let found = locations.iter().filter_map(|location| {
        let text = documents.read(&location.path)?;
        let range = Lines::of(&text, client).range(&location.range);
        Some(json!({ "uri": documents.uri(&location.path), "range": range }))
    });
    Ok(Value::Array(found.collect()))
}

/// Returns an edit of several places, each with a file, a range and a new text.
pub(crate) fn edit(documents: &impl Documents, edits: &[(PathBuf, Range<usize>, String)], client: &Client) -> Answer {
    let mut changes = serde_json::Map::new();
    for (path, range, new) in edits {
        let Some(text) = documents.read(path) else { continue };
        let range = Lines::of(&text, client).range(range);
        let list = changes.entry(documents.uri(path)).or_insert_with(|| json!([]));
        if let Some(list) = list.as_array_mut() {
            list.push(json!({ "range": range, "newText": new }));
        }
    }
    Ok(json!({ "changes": changes }))
}

pub(crate) fn action(
    documents: &impl Documents,
    analysis: &Analysis,
    root: &Path,
    action: &Action<'_>,
    client: &Client,
) -> Answer {
    let sources = &analysis.sources;
    let edits = action.fix.edits.iter().map(|edit| {
        let path = clean(&root.join(sources.name(edit.span.source)));
        (path, edit.span.start..edit.span.end, edit.text.clone())
    });
    let edits = edits.collect::<Vec<_>>();
    let uri = |path: &Path| documents.uri(path);
    Ok(json!({
        "title": action.fix.title,
        "kind": "quickfix",
        "diagnostics": [diagnostics::report(action.diagnostic, analysis, root, client, &uri)],
        "isPreferred": action.is_only,
        "edit": edit(documents, &edits, client)?,
    }))
}

/// Returns nested symbols, or a flat list for clients that don't support nesting.
pub(crate) fn symbols(uri: &str, text: &str, symbols: &[Symbol], client: &Client) -> Answer {
    let lines = Lines::of(text, client);
    if client.nests_symbols {
        return Ok(Value::Array(
            symbols.iter().map(|found| symbol(&lines, found)).collect(),
        ));
    }
    let mut list = Vec::new();
    flatten(uri, &lines, symbols, "", &mut list);
    Ok(Value::Array(list))
}

fn symbol(lines: &Lines<'_>, found: &Symbol) -> Value {
    let children: Vec<Value> = found.children.iter().map(|child| symbol(lines, child)).collect();
    json!({
        "name": found.name,
        "detail": found.detail,
        "kind": kind_of_symbol(found.kind),
        "range": lines.range(&found.range),
        "selectionRange": lines.range(&found.selection),
        "children": children,
    })
}

fn flatten(uri: &str, lines: &Lines<'_>, symbols: &[Symbol], container: &str, list: &mut Vec<Value>) {
    for found in symbols {
        list.push(json!({
            "name": found.name,
            "kind": kind_of_symbol(found.kind),
            "location": { "uri": uri, "range": lines.range(&found.range) },
            "containerName": container,
        }));
        flatten(uri, lines, &found.children, &found.name, list);
    }
}

fn kind_of_symbol(kind: SymbolKind) -> LspSymbolKind {
    match kind {
        SymbolKind::Table => LspSymbolKind::OBJECT,
        SymbolKind::Component => LspSymbolKind::CLASS,
        SymbolKind::Flow => LspSymbolKind::MODULE,
        SymbolKind::Node => LspSymbolKind::VARIABLE,
        SymbolKind::Edge => LspSymbolKind::EVENT,
        SymbolKind::Package => LspSymbolKind::PACKAGE,
        SymbolKind::Interface => LspSymbolKind::INTERFACE,
        SymbolKind::World => LspSymbolKind::NAMESPACE,
        SymbolKind::Type => LspSymbolKind::STRUCT,
        SymbolKind::Function => LspSymbolKind::FUNCTION,
        SymbolKind::Field => LspSymbolKind::FIELD,
    }
}

pub(crate) fn hints(text: &str, hints: &[Hint], client: &Client) -> Answer {
    let lines = Lines::of(text, client);
    let list = hints.iter().map(|hint| {
        json!({
            "position": lines.position(hint.offset),
            "label": hint.label,
            "tooltip": hint.tooltip,
            "paddingLeft": true,
        })
    });
    Ok(Value::Array(list.collect()))
}
