//! `builtin:console`: each payload as a line on standard output.

use super::output::{Fsync, Options, Output};
use super::{config, flush_key, is_written, opened};
use crate::buffer::Element;
use crate::builtin_table;
use crate::context::RunContext;
use crate::error::Cause;
use crate::stage::{Called, Confirmed, Sink, Stage, Taken};
use crate::stdio::{self, Standard};

/// Sink that prints. Configuration: `{"flush_ms": N}`, optional.
///
/// Its lines and the output of components appear in the order in which they were printed.
#[derive(Default)]
pub struct Console {
    output: Option<Output>,
}

impl Stage for Console {
    fn init(&mut self, cx: &mut RunContext, text: &str) -> Called<()> {
        let options = Options {
            flush: flush_key(&config(text, builtin_table::CONSOLE)?),
            fsync: Fsync::Never,
        };
        let cannot = |why: String| Cause::Endpoint(format!("can't write to {}: {why}", opened::STDOUT));
        if stdio::was_closed(Standard::Output) {
            return Err(cannot(stdio::CLOSED_AT_START.to_owned()));
        }
        let file = opened::own_stdout().map_err(|error| cannot(error.to_string()))?;
        let place = opened::written(file, opened::STDOUT, cx.preparing, false).map_err(cannot)?;
        let output = Output::to(cx, place, options).map_err(|error| cannot(error.to_string()))?;
        self.output = Some(output.before_prints());
        Ok(())
    }

    fn teardown(&mut self, _: &mut RunContext) -> Called<()> {
        self.output = None;
        Ok(())
    }
}

impl Sink for Console {
    is_written!();
}
