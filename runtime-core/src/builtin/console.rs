//! `builtin:console`: each payload as a line on standard output.

use std::io::{self, Write};

use super::config;
use crate::context::RunContext;
use crate::element::Element;
use crate::error::Cause;
use crate::setting;
use crate::stage::{Called, Demand, Sink, Stage};

/// Sink that prints. No configuration.
///
/// Writes through the process's own line-buffered standard output, so that its lines and those that components print
/// keep their order.
#[derive(Debug, Default)]
pub struct Console {
    /// The reader of standard output went away; reported once.
    closed: bool,
}

impl Stage for Console {
    fn init(&mut self, _: &mut RunContext, text: &str) -> Called<()> {
        config(text, setting::CONSOLE).map(|_| ())
    }

    fn teardown(&mut self, _: &mut RunContext) -> Called<()> {
        Ok(())
    }
}

impl Sink for Console {
    fn push(&mut self, cx: &mut RunContext, input: Element) -> Called<Demand> {
        let bytes = cx
            .pool()
            .contents(input.payload)
            .expect("invariant: a queued element holds its buffer");
        let mut out = io::stdout().lock();
        out.write_all(bytes)
            .and_then(|()| out.write_all(b"\n"))
            .map_err(failed)?;
        Ok(Demand::Ready)
    }

    fn complete(&mut self, _: &mut RunContext) -> Called<()> {
        match self.closed {
            true => Ok(()),
            false => io::stdout().flush().map_err(failed),
        }
    }
}

fn failed(error: io::Error) -> Cause {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return Cause::Endpoint("the reader of standard output has gone".to_owned());
    }
    Cause::Endpoint(format!("can't write to standard output: {error}"))
}
