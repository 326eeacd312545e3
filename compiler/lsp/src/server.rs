//! The session: its phases, and the answers to messages.

use std::panic::{self, AssertUnwindSafe};

use lsp_server::{ErrorCode, Message, Notification, Request, RequestId};
use serde_json::{Value, json};

use crate::End;
use crate::dispatch;
use crate::failure::Failure;
use crate::state::State;
use crate::to_proto::{self, Client};

/// What to do after an event.
pub(crate) enum Next {
    Send(Vec<Value>),
    Exit(End),
}

enum Phase {
    /// The only accepted request is `initialize`.
    Waiting,
    Running,
    /// Only `exit` is accepted.
    ShutDown,
}

/// A session.
pub(crate) struct Server {
    phase: Phase,
    state: State,
    client: Client,
}

impl Server {
    pub(crate) fn new() -> Self {
        Self {
            phase: Phase::Waiting,
            state: State::default(),
            client: Client::default(),
        }
    }

    /// Whether there are changes that were not analysed or published yet.
    pub(crate) fn has_changes(&self) -> bool {
        self.state.has_changes()
    }

    /// Analyses what has changed, and returns the diagnostics that are new to the client.
    pub(crate) fn refresh(&mut self) -> Next {
        Next::Send(self.diagnostics())
    }

    /// Answers input that is not a message.
    pub(crate) fn refuse(&self, reason: &str) -> Next {
        let error = json!({ "code": ErrorCode::ParseError as i32, "message": reason });
        Next::Send(vec![json!({ "jsonrpc": "2.0", "id": null, "error": error })])
    }

    /// Handles a message.
    pub(crate) fn handle(&mut self, message: Message) -> Next {
        match message {
            Message::Request(request) => Next::Send(self.request(request)),
            Message::Notification(note) if note.method == "exit" => Next::Exit(match self.phase {
                Phase::ShutDown => End::ShutDown,
                Phase::Waiting | Phase::Running => End::Abandoned,
            }),
            Message::Notification(note) => Next::Send(self.notification(note)),
            // The response to the registration of watched files needs no action.
            Message::Response(_) => Next::Send(Vec::new()),
        }
    }

    fn request(&mut self, request: Request) -> Vec<Value> {
        let Request { id, method, params } = request;
        match (&self.phase, method.as_str()) {
            (Phase::Waiting, "initialize") => {
                let answer = to_proto::initialize(params).map(|(client, result)| {
                    self.client = client;
                    self.phase = Phase::Running;
                    result
                });
                vec![answered(&id, answer)]
            }
            (Phase::Waiting, _) => {
                let failure = Failure::new(ErrorCode::ServerNotInitialized, "`initialize` comes first");
                vec![answered(&id, Err(failure))]
            }
            (Phase::ShutDown, _) => {
                let failure = Failure::new(ErrorCode::InvalidRequest, "the session was shut down");
                vec![answered(&id, Err(failure))]
            }
            (Phase::Running, "shutdown") => {
                self.phase = Phase::ShutDown;
                vec![answered(&id, Ok(Value::Null))]
            }
            (Phase::Running, _) => {
                // The answer is about the client's current texts: pending changes are analysed first.
                let mut messages = self.diagnostics();
                let (state, client) = (&self.state, &self.client);
                let answer = guarded(|| dispatch::answer(state, client, &method, params));
                messages.push(answered(&id, answer));
                messages
            }
        }
    }

    fn notification(&mut self, note: Notification) -> Vec<Value> {
        match (&self.phase, note.method.as_str()) {
            (Phase::Waiting | Phase::ShutDown, _) => Vec::new(),
            (Phase::Running, "initialized") => to_proto::registrations(&self.client),
            (Phase::Running, method) => {
                let (state, client) = (&mut self.state, &self.client);
                match guarded(|| dispatch::notice(state, client, method, note.params)) {
                    Ok(()) => Vec::new(),
                    Err(failure) => vec![to_proto::log(&format!("{method}: {}", failure.message))],
                }
            }
        }
    }

    fn diagnostics(&mut self) -> Vec<Value> {
        let (state, client) = (&mut self.state, &self.client);
        match guarded(|| Ok(state.refresh(client))) {
            Ok(messages) => messages,
            Err(failure) => vec![to_proto::log(&failure.message)],
        }
    }
}

/// Calls `work`, and turns a panic into a failure: a bug must not end the session.
fn guarded<T>(work: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        Err(Failure::new(
            ErrorCode::InternalError,
            "a bug in torvync; standard error says where",
        ))
    })
}

fn answered(id: &RequestId, answer: Result<Value, Failure>) -> Value {
    match answer {
        Ok(result) => json!({ "jsonrpc": "2.0", "id": id, "result": result }),
        Err(failure) => {
            let error = json!({ "code": failure.code as i32, "message": failure.message });
            json!({ "jsonrpc": "2.0", "id": id, "error": error })
        }
    }
}
