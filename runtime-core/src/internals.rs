//! Parts of the runtime for benchmarks and fuzz targets, which call stages without a flow, or look into one.

pub use crate::account::CopyStats;
pub use crate::buffer::{BufferError, BufferId, BufferPool, ContentType, Element};
pub use crate::clock::ClockKind;
pub use crate::context::{Ends, Output, Pressure, RunContext, RunOptions};
pub use crate::crossing::{Hosts, Make, Setup, component, core};
pub use crate::demand::Demand;
pub use crate::error::Cause;
pub use crate::executor::Group;
pub use crate::flow::{Ending, Run};
pub use crate::stage::{Aggregator, Called, Filter, Payload, Processor, Pulled, Router, Sink, Source, Stage, Taken};
pub use crate::watchdog::{Halt, Limits};

use std::sync::Arc;

use crate::crossing::Paths;
use crate::emitted::{ComponentPath, CorePath};
use crate::plan::ProgramPlan;
use crate::watchdog::Watchdog;

/// The shared state that the stages of a program need, for all call paths, with a watchdog for their calls.
///
/// # Errors
/// When the system has no thread for the watchdog, or a path cannot be prepared.
pub fn hosts(program: &ProgramPlan) -> wasmtime::Result<Hosts> {
    let paths = Paths {
        component: Some(&ComponentPath { wasi: &[] }),
        core: Some(&CorePath),
    };
    hosts_of(program, paths)
}

/// The same, for these call paths alone.
///
/// # Errors
/// As [`hosts`].
pub fn hosts_of(program: &ProgramPlan, paths: Paths) -> wasmtime::Result<Hosts> {
    let watchdog = Watchdog::start(Arc::default(), Box::new(|_| ()))?;
    Hosts::start(program, paths, watchdog, None)
}
