//! The language server: runs the front half of the compiler on the documents that are open in an editor.
//!
//! ```text
//! client ── transport ─► Event ─► server ─► state ─► handlers ── to_proto ─► client
//! ```
//! Handlers are functions of a [`view::View`] and a byte offset. Only `to_proto` knows the protocol. The text of an
//! open document is the one in the editor, saved or not; other files are read from the disk again for each analysis.

mod actions;
mod builtin;
mod capability;
mod completion;
mod definition;
mod dispatch;
mod failure;
mod hints;
mod hover;
mod names;
mod paths;
mod place;
mod project;
mod rename;
mod server;
mod stream;
mod state;
mod symbols;
mod syntax;
mod to_proto;
mod transport;
mod view;
mod wit;

use std::io::{self, Read, Write};
use std::sync::mpsc::{self, TryRecvError};
use std::thread;

use server::{Next, Server};
use transport::Incoming;

/// An event that the session handles.
enum Event {
    /// A message arrived.
    Message(lsp_server::Message),
    /// Something arrived that is not a message; the text says why.
    Malformed(String),
    /// No more messages will arrive.
    Closed,
    /// No message is waiting, and there are changes to analyse.
    Idle,
}

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The client sent `shutdown` and `exit`.
    ShutDown,
    /// The client sent `exit` without `shutdown`, or closed the input.
    Abandoned,
}

/// Serves a client until the session ends.
///
/// Changes are analysed when no message is waiting, or when a request needs the result. So fast typing does not queue
/// up analyses that the next change makes useless.
///
/// # Errors
/// When the output can't be written.
pub fn serve(input: impl Read + Send + 'static, output: &mut dyn Write) -> io::Result<End> {
    let (events, inbox) = mpsc::channel();
    // Blocks in `read` until the client closes its end, so the thread can't be joined.
    let _reader = thread::spawn(move || {
        for incoming in transport::incoming(input) {
            if events.send(incoming).is_err() {
                return;
            }
        }
    });
    let mut server = Server::new();
    loop {
        let event = if server.has_changes() {
            match inbox.try_recv() {
                Ok(incoming) => Event::from(incoming),
                Err(TryRecvError::Empty) => Event::Idle,
                Err(TryRecvError::Disconnected) => Event::Closed,
            }
        } else {
            inbox.recv().map_or(Event::Closed, Event::from)
        };
        let next = match event {
            Event::Message(message) => server.handle(message),
            Event::Malformed(reason) => server.refuse(&reason),
            Event::Idle => server.refresh(),
            Event::Closed => return Ok(End::Abandoned),
        };
        match next {
            Next::Send(messages) => transport::send(output, &messages)?,
            Next::Exit(end) => return Ok(end),
        }
    }
}

impl From<Incoming> for Event {
    fn from(incoming: Incoming) -> Self {
        match incoming {
            Ok(message) => Event::Message(message),
            Err(reason) => Event::Malformed(reason),
        }
    }
}
