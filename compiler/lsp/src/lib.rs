//! The language server: the front half of the compiler over open buffers.
//!
//! ```text
//! client ── transport ─► Event ─► server ─► state ─► handlers ── to_proto ─► client
//! ```
//! Handlers are functions of a [`view::View`] and a byte offset and know nothing of the protocol; `to_proto` alone does.
//! What is in an editor counts, saved or not; what is not open is read from the disk, anew for each analysis.

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

/// Something to act upon.
enum Event {
    /// A message came in.
    Message(lsp_server::Message),
    /// Something came in that is no message; why.
    Malformed(String),
    /// Nothing more will come in.
    Closed,
    /// Nothing has come in for now, and there are changes to look at.
    Idle,
}

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The client said that it was about to go.
    ShutDown,
    /// The client went away.
    Abandoned,
}

/// Serves a client until it goes away.
///
/// A change is analysed once nothing else is waiting: however fast they come, no change waits for an analysis that a
/// later one makes useless.
///
/// # Errors
/// When the output can't be written.
pub fn serve(input: impl Read + Send + 'static, output: &mut dyn Write) -> io::Result<End> {
    let (events, inbox) = mpsc::channel();
    // Blocks in `read` until the client closes its end, so it can't be waited for.
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
