//! The crossing of elements into a component: one file for each call path, each of which implements the traits of
//! [`crate::stage`] (design section 7).

use std::any::Any;
use std::sync::Arc;

use wasmtime::Result;

use crate::buffer::BufferPool;
use crate::plan::{FlowPlan, ProgramPlan};
use crate::watchdog::{Halt, Watchdog, Watched};

mod cause;
pub mod component;
pub mod core;
mod setup;

pub(crate) use cause::instantiation;
pub use setup::{Make, Ready, Setup};

/// State of one call path that is shared by all its stages in a process. The rest of the runtime knows a path by this
/// trait alone, so that an executable contains only the paths that its program names.
pub trait PathHost: Any + Send {
    /// The host itself, for the stages made from it.
    fn as_any(&self) -> &dyn Any;

    /// Prepares the calling thread for calls, until the result is dropped.
    fn enter(&self) -> Option<Box<dyn Entered + '_>> {
        None
    }

    /// The buffers of a flow, if its stages need them in a special memory.
    fn pool(&self, _plan: &'static FlowPlan) -> Option<Result<BufferPool>> {
        None
    }

    /// The data that the watchdog inspects in a flow with these buffers, if any.
    fn watched(&self, _pool: &BufferPool, _plan: &'static FlowPlan) -> Option<Arc<Watched>> {
        None
    }
}

/// A call path, as the program names it.
pub trait StartPath: Sync {
    /// Prepares the state shared by the stages of the program.
    ///
    /// # Errors
    /// When this machine does not support it.
    fn start(&self, program: &ProgramPlan, watchdog: &Arc<Watchdog>) -> Result<Box<dyn PathHost>>;
}

/// The call paths of a program.
#[derive(Clone, Copy)]
pub struct Paths {
    /// Path for components in stores of their own; `None` when no stage uses it.
    pub component: Option<&'static dyn StartPath>,
    /// Path for stages in shells; `None` when no stage uses it.
    pub core: Option<&'static dyn StartPath>,
}

/// A guard: the thread is prepared for calls until it is dropped.
pub trait Entered {}

/// State of the process shared by the stages of all flows.
pub struct Hosts {
    watchdog: Arc<Watchdog>,
    component: Option<Box<dyn PathHost>>,
    core: Option<Box<dyn PathHost>>,
}

impl Hosts {
    /// Prepares the state that the stages of a program need.
    ///
    /// # Errors
    /// When one of the paths cannot be prepared.
    pub fn start(program: &ProgramPlan, paths: Paths, watchdog: Arc<Watchdog>) -> Result<Self> {
        let start = |path: Option<&dyn StartPath>| path.map(|path| path.start(program, &watchdog)).transpose();
        Ok(Self {
            component: start(paths.component)?,
            core: start(paths.core)?,
            watchdog,
        })
    }

    /// The watchdog of the runs.
    #[must_use]
    pub fn watchdog(&self) -> &Arc<Watchdog> {
        &self.watchdog
    }

    /// Prepares the calling thread for calls of any stage.
    pub fn enter(&self) -> Option<Box<dyn Entered + '_>> {
        self.component.as_ref().and_then(|host| host.enter())
    }

    /// The buffers of a flow.
    ///
    /// # Errors
    /// When the system has no memory for them.
    pub fn pool(&self, plan: &'static FlowPlan) -> Result<BufferPool> {
        let of_core = self.core.as_ref().and_then(|host| host.pool(plan));
        let pool = of_core.unwrap_or_else(|| BufferPool::new(&plan.pools, plan.nodes))?;
        let queued = plan.streams.iter().map(|stream| u64::from(stream.depth));
        Ok(pool.naming_bounds(plan.nodes.len(), queued.sum()))
    }

    pub(crate) fn component(&self) -> Option<&dyn PathHost> {
        self.component.as_deref()
    }

    pub(crate) fn core(&self) -> Option<&dyn PathHost> {
        self.core.as_deref()
    }

    /// Registers a run with these buffers with the watchdog. Returns the data that the watchdog inspects in it, if any.
    pub(crate) fn watch(&self, plan: &'static FlowPlan, pool: &BufferPool, halt: &Arc<Halt>) -> Option<Arc<Watched>> {
        let watched = self.core.as_ref().and_then(|host| host.watched(pool, plan));
        self.watchdog.look_after(halt, watched.as_ref());
        watched
    }
}
