//! How an element enters a component: one file per call path, the traits of [`crate::stage`] in front of each
//! (design section 7).

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

/// What the stages on one call path share in a process. The runtime knows it by this alone, so that an executable holds no
/// path that its program does not name.
pub trait PathHost: Any + Send {
    /// The host itself, for the stages that are made from it.
    fn as_any(&self) -> &dyn Any;

    /// Prepares the thread that calls it for calls, until the result is dropped.
    fn enter(&self) -> Option<Box<dyn Entered + '_>> {
        None
    }

    /// The buffers of a flow, if its stages need them to be in a memory of their own kind.
    fn pool(&self, _plan: &'static FlowPlan) -> Option<Result<BufferPool>> {
        None
    }

    /// What the watchdog has to look at in a flow with these buffers, if it has to.
    fn watched(&self, _pool: &BufferPool, _plan: &'static FlowPlan) -> Option<Arc<Watched>> {
        None
    }
}

/// A call path, as the program names it: an executable holds none that its program does not name.
pub trait StartPath: Sync {
    /// Prepares what the stages of the program share.
    ///
    /// # Errors
    /// When that is not possible on this machine.
    fn start(&self, program: &ProgramPlan, watchdog: &Arc<Watchdog>) -> Result<Box<dyn PathHost>>;
}

/// The call paths of a program.
#[derive(Clone, Copy)]
pub struct Paths {
    /// For stages on the component path; `None` when there are none.
    pub component: Option<&'static dyn StartPath>,
    /// For stages on the core paths; `None` when there are none.
    pub core: Option<&'static dyn StartPath>,
}

/// A thread is prepared while this is there.
pub trait Entered {}

/// What the process has for the stages of all flows.
pub struct Hosts {
    watchdog: Arc<Watchdog>,
    component: Option<Box<dyn PathHost>>,
    core: Option<Box<dyn PathHost>>,
}

impl Hosts {
    /// Prepares what the stages of a program need.
    ///
    /// # Errors
    /// When one of the paths can't be prepared.
    pub fn start(program: &ProgramPlan, paths: Paths, watchdog: Arc<Watchdog>) -> Result<Self> {
        let start = |path: Option<&dyn StartPath>| path.map(|path| path.start(program, &watchdog)).transpose();
        Ok(Self {
            component: start(paths.component)?,
            core: start(paths.core)?,
            watchdog,
        })
    }

    /// What looks after the runs of the flows.
    #[must_use]
    pub fn watchdog(&self) -> &Arc<Watchdog> {
        &self.watchdog
    }

    /// Prepares the thread that calls it for calls of any stage.
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

    /// Has a run with these buffers looked after. Returns what the watchdog looks at in it, if there is something.
    pub(crate) fn watch(&self, plan: &'static FlowPlan, pool: &BufferPool, halt: &Arc<Halt>) -> Option<Arc<Watched>> {
        let watched = self.core.as_ref().and_then(|host| host.watched(pool, plan));
        self.watchdog.look_after(halt, watched.as_ref());
        watched
    }
}
