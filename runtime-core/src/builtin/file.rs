//! `builtin:file`: each payload as a line, appended to a file.

use std::fs;
use std::io::{self, Write};

use super::{config, text_key};
use crate::context::RunContext;
use crate::element::Element;
use crate::error::Cause;
use crate::setting;
use crate::stage::{Called, Demand, Sink, Stage};

/// Bytes written at once, if lines are shorter.
const BUFFER: usize = 8 << 10;

/// Sink that appends to a file, which it creates when needed. Configuration: `{"path": "…"}`.
///
/// Written to disk when the flow completes or fails, and in between whenever the buffer is full. Only whole lines are
/// written, so that replicas of a flow can append to the same file.
#[derive(Debug, Default)]
pub struct File {
    /// Replaces the configured path.
    path_override: Option<String>,
    path: String,
    output: Option<fs::File>,
    /// Lines that are not written yet.
    lines: Vec<u8>,
}

impl File {
    /// Appends to `path`, whatever the configuration says.
    #[must_use]
    pub fn of(path: String) -> Self {
        Self {
            path_override: Some(path),
            ..Self::default()
        }
    }

    fn flush(&mut self) -> Called<()> {
        let Some(output) = &mut self.output else {
            return Ok(());
        };
        while !self.lines.is_empty() {
            let written = match output.write(&self.lines) {
                Ok(0) => Err(io::ErrorKind::WriteZero.into()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(0),
                written => written,
            };
            // What was not written is left for the next attempt.
            match written {
                Ok(written) => drop(self.lines.drain(..written)),
                Err(error) => return Err(self.failed(&error)),
            }
        }
        Ok(())
    }

    fn failed(&self, error: &io::Error) -> Cause {
        Cause::Endpoint(format!("can't write to `{}`: {error}", self.path))
    }
}

impl Stage for File {
    fn init(&mut self, _: &mut RunContext, text: &str) -> Called<()> {
        self.path = match self.path_override.take() {
            Some(path) => path,
            None => text_key(&config(text, setting::FILE)?, "path").expect("invariant: a required key is there"),
        };
        let opened = fs::OpenOptions::new().append(true).create(true).open(&self.path);
        let file = opened.map_err(|error| Cause::Endpoint(format!("can't open `{}`: {error}", self.path)))?;
        self.output = Some(file);
        Ok(())
    }

    fn teardown(&mut self, _: &mut RunContext) -> Called<()> {
        self.flush()
    }
}

impl Sink for File {
    fn push(&mut self, cx: &mut RunContext, input: Element) -> Called<Demand> {
        let bytes = cx
            .pool()
            .contents(input.payload)
            .expect("invariant: a queued element holds its buffer");
        if self.lines.len() + bytes.len() >= BUFFER {
            self.flush()?;
        }
        self.lines.extend_from_slice(bytes);
        self.lines.push(b'\n');
        Ok(Demand::Ready)
    }

    fn complete(&mut self, _: &mut RunContext) -> Called<()> {
        self.flush()
    }
}
