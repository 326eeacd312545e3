//! Conversion to and from the types of the protocol. Only this module knows them, and columns that are not bytes.

mod diagnostics;
mod features;
mod params;
mod position;
mod uri;

use std::path::Path;

use lsp_types::notification::{LogMessage, Notification, PublishDiagnostics};
use lsp_types::request::{RegisterCapability, Request};
use lsp_types::{
    CodeActionKind, CodeActionOptions, CodeActionProviderCapability, CompletionOptions, HoverProviderCapability,
    InitializeParams, OneOf, PositionEncodingKind, RenameOptions, ServerCapabilities, TextDocumentSyncCapability,
    TextDocumentSyncKind, TextDocumentSyncOptions, TextDocumentSyncSaveOptions,
};
use serde_json::{Value, json};

use crate::failure::Failure;

pub(crate) use diagnostics::reports;
pub(crate) use features::{action, completion, edit, hints, hover, locations, range, symbols};
pub(crate) use params::{
    Place, action_params, changed, document, hint_params, opened, place, reference_params, rename_params,
};
pub(crate) use position::{edited, offset};
pub(crate) use uri::uri_of;

/// The files that places are in.
pub(crate) trait Documents {
    /// Returns the text of a file, as the client sees it.
    fn read(&self, path: &Path) -> Option<String>;

    /// Returns the URI of a file: the client's own if the file is open.
    fn uri(&self, path: &Path) -> String;
}

/// What the client supports.
#[derive(Clone, Debug, Default)]
pub(crate) struct Client {
    encoding: Encoding,
    /// Whether it can be asked to watch files.
    registers_watchers: bool,
    /// Whether it takes nested symbols.
    nests_symbols: bool,
}

/// Unit of columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Encoding {
    /// UTF-16 code units, which every client supports.
    #[default]
    Utf16,
    /// Bytes.
    Utf8,
}

/// Reads what the client supports, and returns what the server supports.
///
/// # Errors
/// When the parameters do not follow the protocol.
pub(crate) fn initialize(params: Value) -> Result<(Client, Value), Failure> {
    let params: InitializeParams = serde_json::from_value(params)?;
    let capabilities = params.capabilities;
    let encodings = capabilities
        .general
        .and_then(|general| general.position_encodings)
        .unwrap_or_default();
    let (encoding, kind) = if encodings.contains(&PositionEncodingKind::UTF8) {
        (Encoding::Utf8, PositionEncodingKind::UTF8)
    } else {
        (Encoding::Utf16, PositionEncodingKind::UTF16)
    };
    let watchers = capabilities
        .workspace
        .and_then(|workspace| workspace.did_change_watched_files);
    let symbols = capabilities.text_document.and_then(|document| document.document_symbol);
    let client = Client {
        encoding,
        registers_watchers: watchers
            .and_then(|watchers| watchers.dynamic_registration)
            .unwrap_or(false),
        nests_symbols: symbols
            .and_then(|symbols| symbols.hierarchical_document_symbol_support)
            .unwrap_or(false),
    };
    let server = json!({ "name": "torvync", "version": env!("CARGO_PKG_VERSION") });
    let result = json!({ "capabilities": server_capabilities(kind), "serverInfo": server });
    Ok((client, result))
}

fn server_capabilities(encoding: PositionEncodingKind) -> ServerCapabilities {
    let characters = |text: &str| Some(text.chars().map(String::from).collect());
    ServerCapabilities {
        position_encoding: Some(encoding),
        text_document_sync: Some(TextDocumentSyncCapability::Options(TextDocumentSyncOptions {
            open_close: Some(true),
            change: Some(TextDocumentSyncKind::INCREMENTAL),
            save: Some(TextDocumentSyncSaveOptions::Supported(true)),
            ..TextDocumentSyncOptions::default()
        })),
        completion_provider: Some(CompletionOptions {
            trigger_characters: characters("[.\"= {"),
            ..CompletionOptions::default()
        }),
        hover_provider: Some(HoverProviderCapability::Simple(true)),
        definition_provider: Some(OneOf::Left(true)),
        references_provider: Some(OneOf::Left(true)),
        rename_provider: Some(OneOf::Right(RenameOptions {
            prepare_provider: Some(true),
            work_done_progress_options: lsp_types::WorkDoneProgressOptions::default(),
        })),
        document_symbol_provider: Some(OneOf::Left(true)),
        code_action_provider: Some(CodeActionProviderCapability::Options(CodeActionOptions {
            code_action_kinds: Some(vec![CodeActionKind::QUICKFIX]),
            ..CodeActionOptions::default()
        })),
        inlay_hint_provider: Some(OneOf::Left(true)),
        ..ServerCapabilities::default()
    }
}

/// Returns the request to watch manifests and contracts on the disk; none if the client can't be asked.
pub(crate) fn registrations(client: &Client) -> Vec<Value> {
    if !client.registers_watchers {
        return Vec::new();
    }
    let watchers: Vec<Value> = ["**/Torvyn.toml", "**/*.wit"]
        .map(|glob| json!({ "globPattern": glob }))
        .to_vec();
    let registration = json!({
        "id": "watch",
        "method": "workspace/didChangeWatchedFiles",
        "registerOptions": { "watchers": watchers },
    });
    let params = json!({ "registrations": [registration] });
    vec![json!({ "jsonrpc": "2.0", "id": "watch", "method": RegisterCapability::METHOD, "params": params })]
}

/// Returns the notification with the diagnostics of a file.
pub(crate) fn published(uri: &str, version: Option<i32>, diagnostics: &[Value]) -> Value {
    let mut params = json!({ "uri": uri, "diagnostics": diagnostics });
    if let Some(version) = version {
        params["version"] = version.into();
    }
    notification(PublishDiagnostics::METHOD, params)
}

/// Returns the notification with an error for the client's log.
pub(crate) fn log(message: &str) -> Value {
    notification(
        LogMessage::METHOD,
        json!({ "type": lsp_types::MessageType::ERROR, "message": message }),
    )
}

fn notification(method: &str, params: Value) -> Value {
    json!({ "jsonrpc": "2.0", "method": method, "params": params })
}
