//! The parameters of requests and notifications.

use std::path::PathBuf;

use lsp_server::ErrorCode;
use lsp_types::{
    CodeActionKind, CodeActionParams, DidChangeTextDocumentParams, DidOpenTextDocumentParams, InlayHintParams,
    Position, Range, ReferenceParams, RenameParams, TextDocumentContentChangeEvent, TextDocumentIdentifier,
    TextDocumentPositionParams, Uri,
};
use serde_json::Value;

use super::uri::path_of;
use crate::failure::Failure;

/// A position in a file.
pub(crate) struct Place {
    pub(crate) path: PathBuf,
    pub(crate) position: Position,
}

pub(crate) struct Opened {
    pub(crate) path: PathBuf,
    pub(crate) uri: String,
    pub(crate) version: i32,
    pub(crate) text: String,
}

pub(crate) struct Changed {
    pub(crate) path: PathBuf,
    pub(crate) version: i32,
    pub(crate) edits: Vec<TextDocumentContentChangeEvent>,
}

/// The range for which code actions are requested.
pub(crate) struct ActionParams {
    pub(crate) path: PathBuf,
    pub(crate) range: Range,
}

pub(crate) fn opened(params: Value) -> Result<Opened, Failure> {
    let params: DidOpenTextDocumentParams = serde_json::from_value(params)?;
    let document = params.text_document;
    Ok(Opened {
        path: path(&document.uri)?,
        uri: document.uri.as_str().to_owned(),
        version: document.version,
        text: document.text,
    })
}

pub(crate) fn changed(params: Value) -> Result<Changed, Failure> {
    let params: DidChangeTextDocumentParams = serde_json::from_value(params)?;
    Ok(Changed {
        path: path(&params.text_document.uri)?,
        version: params.text_document.version,
        edits: params.content_changes,
    })
}

/// Returns the path of the file in `textDocument`.
pub(crate) fn document(params: Value) -> Result<PathBuf, Failure> {
    let document = params.get("textDocument").cloned().unwrap_or_default();
    let document: TextDocumentIdentifier = serde_json::from_value(document)?;
    path(&document.uri)
}

pub(crate) fn place(params: Value) -> Result<Place, Failure> {
    of(serde_json::from_value(params)?)
}

/// Returns the place of the name, and whether the declaration is wanted too.
pub(crate) fn reference_params(params: Value) -> Result<(Place, bool), Failure> {
    let params: ReferenceParams = serde_json::from_value(params)?;
    Ok((of(params.text_document_position)?, params.context.include_declaration))
}

/// Returns the place of the name, and the new name.
pub(crate) fn rename_params(params: Value) -> Result<(Place, String), Failure> {
    let params: RenameParams = serde_json::from_value(params)?;
    Ok((of(params.text_document_position)?, params.new_name))
}

/// Returns `None` when only kinds of actions are requested that this server does not have.
pub(crate) fn action_params(params: Value) -> Result<Option<ActionParams>, Failure> {
    let params: CodeActionParams = serde_json::from_value(params)?;
    let is_ours =
        |kind: &CodeActionKind| kind.as_str().is_empty() || kind.as_str() == CodeActionKind::QUICKFIX.as_str();
    if params.context.only.is_some_and(|only| !only.iter().any(is_ours)) {
        return Ok(None);
    }
    Ok(Some(ActionParams {
        path: path(&params.text_document.uri)?,
        range: params.range,
    }))
}

pub(crate) fn hint_params(params: Value) -> Result<(PathBuf, Range), Failure> {
    let params: InlayHintParams = serde_json::from_value(params)?;
    Ok((path(&params.text_document.uri)?, params.range))
}

fn of(params: TextDocumentPositionParams) -> Result<Place, Failure> {
    Ok(Place {
        path: path(&params.text_document.uri)?,
        position: params.position,
    })
}

fn path(uri: &Uri) -> Result<PathBuf, Failure> {
    path_of(uri).ok_or_else(|| {
        let reason = format!("`{}` is no file: expected `file:///PATH`", uri.as_str());
        Failure::new(ErrorCode::InvalidParams, reason)
    })
}
