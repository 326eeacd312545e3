//! Calls the handlers for the methods of the protocol.

use std::path::{Path, PathBuf};

use lsp_server::ErrorCode;
use serde_json::Value;

use crate::actions;
use crate::completion;
use crate::definition;
use crate::failure::Failure;
use crate::hints;
use crate::hover;
use crate::rename;
use crate::state::State;
use crate::symbols;
use crate::syntax::Syntax;
use crate::to_proto::{self, Client, Documents, Place};
use crate::view::{Location, MANIFEST};
use crate::wit;

type Answer = Result<Value, Failure>;

/// Answers a request.
pub(crate) fn answer(state: &State, client: &Client, method: &str, params: Value) -> Answer {
    match method {
        "textDocument/completion" => completion(state, client, params),
        "textDocument/hover" => hover(state, client, params),
        "textDocument/definition" => definition(state, client, params),
        "textDocument/references" => references(state, client, params),
        "textDocument/prepareRename" => prepare_rename(state, client, params),
        "textDocument/rename" => rename(state, client, params),
        "textDocument/documentSymbol" => document_symbols(state, client, params),
        "textDocument/codeAction" => code_actions(state, client, params),
        "textDocument/inlayHint" => inlay_hints(state, client, params),
        _ => Err(Failure::new(
            ErrorCode::MethodNotFound,
            format!("there is no method `{method}`"),
        )),
    }
}

/// Handles a notification.
pub(crate) fn notice(state: &mut State, client: &Client, method: &str, params: Value) -> Result<(), Failure> {
    match method {
        "textDocument/didOpen" => {
            let opened = to_proto::opened(params)?;
            state.set(opened.path, opened.uri, opened.version, opened.text);
        }
        "textDocument/didChange" => {
            let changed = to_proto::changed(params)?;
            if let Some(text) = state.text(&changed.path) {
                let text = to_proto::edited(text, &changed.edits, client);
                state.change(&changed.path, changed.version, text);
            }
        }
        "textDocument/didClose" => state.close(&to_proto::document(params)?),
        "textDocument/didSave" | "workspace/didChangeWatchedFiles" => state.disk_changed(),
        _ => {}
    }
    Ok(())
}

/// An open document, and an offset in it.
struct Cursor<'s> {
    path: PathBuf,
    text: &'s str,
    offset: usize,
}

impl<'s> Cursor<'s> {
    /// Returns `None` for a document that is not open, or neither a manifest nor a contract.
    fn of(state: &'s State, client: &Client, place: Place) -> Option<Self> {
        let text = state.text(&place.path)?;
        let offset = to_proto::offset(text, place.position, client);
        Some(Self {
            path: place.path,
            text,
            offset,
        })
    }

    fn is_manifest(&self) -> bool {
        is_manifest(&self.path)
    }
}

fn is_manifest(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == MANIFEST)
}

fn completion(state: &State, client: &Client, params: Value) -> Answer {
    let Some(cursor) = Cursor::of(state, client, to_proto::place(params)?).filter(Cursor::is_manifest) else {
        return Ok(Value::Null);
    };
    let items = state.with_project(&cursor.path, |view| completion::completion(view, cursor.offset));
    to_proto::completion(cursor.text, &items.unwrap_or_default(), client)
}

fn hover(state: &State, client: &Client, params: Value) -> Answer {
    let Some(cursor) = Cursor::of(state, client, to_proto::place(params)?) else {
        return Ok(Value::Null);
    };
    let found = if cursor.is_manifest() {
        state
            .with_project(&cursor.path, |view| hover::hover(view, cursor.offset))
            .flatten()
    } else {
        wit::hover(&state.files(), &cursor.path, cursor.text, cursor.offset)
    };
    match found {
        Some((text, range)) => to_proto::hover(cursor.text, &text, &range, client),
        None => Ok(Value::Null),
    }
}

fn definition(state: &State, client: &Client, params: Value) -> Answer {
    let Some(cursor) = Cursor::of(state, client, to_proto::place(params)?) else {
        return Ok(Value::Null);
    };
    let found = if cursor.is_manifest() {
        let found = state.with_project(&cursor.path, |view| definition::definition(view, cursor.offset));
        let root = cursor.path.parent().unwrap_or(Path::new("/"));
        let absolute = |location: Location| Location {
            path: crate::paths::clean(&root.join(location.path)),
            ..location
        };
        found.unwrap_or_default().into_iter().map(absolute).collect()
    } else {
        let found = wit::definition(&state.files(), &cursor.path, cursor.text, cursor.offset);
        found.into_iter().collect::<Vec<_>>()
    };
    to_proto::locations(state, &found, client)
}

fn references(state: &State, client: &Client, params: Value) -> Answer {
    let (place, with_declaration) = to_proto::reference_params(params)?;
    let Some(cursor) = Cursor::of(state, client, place).filter(Cursor::is_manifest) else {
        return Ok(Value::Null);
    };
    let found = state.with_project(&cursor.path, |view| {
        rename::references(view, cursor.offset, with_declaration)
    });
    let here = |range| Location {
        path: cursor.path.clone(),
        range,
    };
    let found: Vec<_> = found.unwrap_or_default().into_iter().map(here).collect();
    to_proto::locations(state, &found, client)
}

fn prepare_rename(state: &State, client: &Client, params: Value) -> Answer {
    let Some(cursor) = Cursor::of(state, client, to_proto::place(params)?).filter(Cursor::is_manifest) else {
        return Ok(Value::Null);
    };
    match state
        .with_project(&cursor.path, |view| rename::prepare(view, cursor.offset))
        .flatten()
    {
        Some(named) => to_proto::range(cursor.text, &named.span, client),
        None => Ok(Value::Null),
    }
}

fn rename(state: &State, client: &Client, params: Value) -> Answer {
    let (place, name) = to_proto::rename_params(params)?;
    let Some(cursor) = Cursor::of(state, client, place).filter(Cursor::is_manifest) else {
        return Ok(Value::Null);
    };
    let ranges = state.with_project(&cursor.path, |view| rename::rename(view, cursor.offset, &name));
    let ranges = ranges.unwrap_or_else(|| Ok(Vec::new()));
    let ranges = ranges.map_err(|reason| Failure::new(ErrorCode::RequestFailed, reason))?;
    let edits = ranges
        .into_iter()
        .map(|range| (cursor.path.clone(), range, name.clone()));
    to_proto::edit(state, &edits.collect::<Vec<_>>(), client)
}

fn document_symbols(state: &State, client: &Client, params: Value) -> Answer {
    let path = to_proto::document(params)?;
    let Some(text) = state.text(&path) else {
        return Ok(Value::Null);
    };
    let symbols = if is_manifest(&path) {
        symbols::manifest(&Syntax::of(text), text)
    } else {
        symbols::contract(text)
    };
    to_proto::symbols(&state.uri(&path), text, &symbols, client)
}

fn code_actions(state: &State, client: &Client, params: Value) -> Answer {
    let Some(asked) = to_proto::action_params(params)? else {
        return Ok(Value::Array(Vec::new()));
    };
    let Some(text) = state.text(&asked.path) else {
        return Ok(Value::Null);
    };
    let range = to_proto::offset(text, asked.range.start, client)..to_proto::offset(text, asked.range.end, client);
    let mut found = Vec::new();
    for (root, project) in state.projects() {
        for action in actions::actions(&project.analysis, root, &asked.path, &range) {
            found.push(to_proto::action(state, &project.analysis, root, &action, client)?);
        }
    }
    Ok(Value::Array(found))
}

fn inlay_hints(state: &State, client: &Client, params: Value) -> Answer {
    let (path, range) = to_proto::hint_params(params)?;
    let Some(text) = state.text(&path).filter(|_| is_manifest(&path)) else {
        return Ok(Value::Null);
    };
    let range = to_proto::offset(text, range.start, client)..to_proto::offset(text, range.end, client);
    let mut hints = state.with_project(&path, hints::hints).unwrap_or_default();
    hints.retain(|hint| range.start <= hint.offset && hint.offset <= range.end);
    to_proto::hints(text, &hints, client)
}
