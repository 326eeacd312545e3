//! `builtin:file`: each payload as a line, appended to a file.

use std::fs;
use std::io::{self, BufWriter, Write};

use super::{bad_config, config, text_key};
use crate::context::RunContext;
use crate::element::Element;
use crate::error::Cause;
use crate::stage::{Called, Demand, Sink, Stage};

/// Sink that appends to a file, which it creates when needed. Configuration: `{"path": "…"}`.
///
/// Written to disk when the flow completes or fails, and in between whenever the buffer is full.
#[derive(Debug, Default)]
pub struct File {
    /// Replaces the configured path.
    path_override: Option<String>,
    path: String,
    output: Option<BufWriter<fs::File>>,
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

    fn output(&mut self) -> &mut BufWriter<fs::File> {
        self.output.as_mut().expect("invariant: `init` opened the file")
    }

    fn failed(&self, error: &io::Error) -> Cause {
        Cause::Endpoint(format!("can't write to `{}`: {error}", self.path))
    }
}

impl Stage for File {
    fn init(&mut self, _: &mut RunContext, text: &str) -> Called<()> {
        self.path = match self.path_override.take() {
            Some(path) => path,
            None => text_key(&config(text, &["path"])?, "path")?
                .ok_or_else(|| bad_config("has no `path`: say which file to append to".to_owned()))?,
        };
        let opened = fs::OpenOptions::new().append(true).create(true).open(&self.path);
        let file = opened.map_err(|error| Cause::Endpoint(format!("can't open `{}`: {error}", self.path)))?;
        self.output = Some(BufWriter::new(file));
        Ok(())
    }

    fn teardown(&mut self, _: &mut RunContext) -> Called<()> {
        match self.output.as_mut().map(BufWriter::flush) {
            Some(Err(error)) => Err(self.failed(&error)),
            Some(Ok(())) | None => Ok(()),
        }
    }
}

impl Sink for File {
    fn push(&mut self, cx: &mut RunContext, input: Element) -> Called<Demand> {
        let bytes = cx
            .pool()
            .contents(input.payload)
            .expect("invariant: a queued element holds its buffer");
        let output = self.output();
        match output.write_all(bytes).and_then(|()| output.write_all(b"\n")) {
            Ok(()) => Ok(Demand::Ready),
            Err(error) => Err(self.failed(&error)),
        }
    }

    fn complete(&mut self, _: &mut RunContext) -> Called<()> {
        self.output().flush().map_err(|error| self.failed(&error))
    }
}
