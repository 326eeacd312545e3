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
use crate::crossing::core::SharedShell;
use crate::emitted::{ComponentPath, CorePath};
use crate::error::Interruption;
use crate::plan::ProgramPlan;
use crate::watchdog::{Watchdog, Watched};

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

/// Takes an element through a chain of stages that share a shell.
///
/// # Errors
/// When one of them failed.
pub fn pass(shell: &SharedShell, cx: &mut RunContext, element: Element) -> Called<()> {
    match shell.pass(cx, element) {
        Some(stop) => stop.came_to.map(|_| ()),
        None => Ok(()),
    }
}

/// Ends calls of a setup's stages at any time, from another thread.
#[derive(Clone)]
pub struct Interrupter(Arc<Watched>);

impl Interrupter {
    /// For the stages of a setup.
    #[must_use]
    pub fn of(setup: &Setup<'_>) -> Self {
        Self(Arc::clone(setup.watched()))
    }

    /// Decides that the current call has to end, as the watchdog does with a call that takes too long. Returns whether
    /// there is one.
    #[must_use]
    pub fn decide(&self) -> bool {
        self.0.end(Interruption::Cancelled)
    }

    /// Tries again, as the watchdog does. Returns whether the call has not ended yet.
    pub fn insist(&self) -> bool {
        self.0.insist()
    }
}
