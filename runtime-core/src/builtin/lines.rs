//! `builtin:lines`: one element a line, of a file or of standard input.

use std::fs::File;
use std::io::Read;
use std::os::fd::AsFd;

use super::{config, payload, text_key};
use crate::context::RunContext;
use crate::control;
use crate::error::Cause;
use crate::stage::{Called, Pulled, Source, Stage};

/// Bytes read at once.
const CHUNK: usize = 64 << 10;

/// Source of lines, without their `\n` or `\r\n`. Configuration: `{"path": "…"}`; `-` or none is standard input.
#[derive(Debug, Default)]
pub struct Lines {
    /// Replaces the configured path.
    path_override: Option<String>,
    name: String,
    input: Option<File>,
    /// Bytes read and not yet emitted start here.
    start: usize,
    /// Up to here there is no line end.
    scanned: usize,
    bytes: Vec<u8>,
    at_end: bool,
    line: u64,
}

impl Lines {
    /// Reads `path` (`-`: standard input), whatever the configuration says.
    #[must_use]
    pub fn of(path: String) -> Self {
        Self {
            path_override: Some(path),
            ..Self::default()
        }
    }

    fn next_line(&mut self) -> Option<(usize, usize)> {
        let start = self.start;
        match self.bytes[self.scanned..].iter().position(|byte| *byte == b'\n') {
            Some(offset) => {
                let end = self.scanned + offset;
                self.start = end + 1;
                self.scanned = self.start;
                Some((start, end))
            }
            None => {
                self.scanned = self.bytes.len();
                if !self.at_end || start == self.bytes.len() {
                    return None;
                }
                self.start = self.bytes.len();
                Some((start, self.bytes.len()))
            }
        }
    }

    /// Reads more input behind what is left. Returns false when the flow is to stop.
    fn fill(&mut self, cx: &mut RunContext) -> Called<bool> {
        let failed = |name: &str, error| Cause::Endpoint(format!("can't read {name}: {error}"));
        let input = self.input.as_mut().expect("invariant: `init` opened the input");
        let readable = cx
            .control
            .wait_for(input.as_fd(), cx.deadline())
            .map_err(|error| failed(&self.name, error))?;
        if !readable {
            return Ok(false);
        }
        self.bytes.drain(..self.start);
        self.scanned -= self.start;
        self.start = 0;
        let filled = self.bytes.len();
        self.bytes.resize(filled + CHUNK, 0);
        let read = input
            .read(&mut self.bytes[filled..])
            .map_err(|error| failed(&self.name, error))?;
        self.bytes.truncate(filled + read);
        self.at_end = read == 0;
        Ok(true)
    }
}

impl Stage for Lines {
    fn init(&mut self, _: &mut RunContext, text: &str) -> Called<()> {
        let path = match self.path_override.take() {
            Some(path) => path,
            None => text_key(&config(text, &["path"])?, "path")?.unwrap_or_else(|| "-".to_owned()),
        };
        let opened = match path.as_str() {
            "-" => {
                "standard input".clone_into(&mut self.name);
                control::stdin().map(File::from)
            }
            path => {
                self.name = format!("`{path}`");
                File::open(path)
            }
        };
        self.input = Some(opened.map_err(|error| Cause::Endpoint(format!("can't open {}: {error}", self.name)))?);
        Ok(())
    }

    fn teardown(&mut self, _: &mut RunContext) -> Called<()> {
        self.input = None;
        Ok(())
    }
}

impl Source for Lines {
    fn pull(&mut self, cx: &mut RunContext) -> Called<Pulled> {
        let (start, end) = loop {
            match self.next_line() {
                Some(line) => break line,
                None if self.at_end => return Ok(Pulled::Exhausted),
                None if self.fill(cx)? => {}
                None => return Ok(Pulled::Interrupted),
            }
        };
        self.line += 1;
        let line = &self.bytes[start..end];
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match payload(cx, line) {
            Ok(payload) => Ok(Pulled::Element(payload)),
            Err(Cause::Endpoint(text)) => Err(Cause::Endpoint(format!("line {} of {}: {text}", self.line, self.name))),
            Err(other) => Err(other),
        }
    }
}
