//! The crossing of elements into a component: one file for each call path, each of which implements the traits of
//! [`crate::stage`] (design section 7).

use std::any::Any;
use std::sync::Arc;

use wasmtime::Result;

use crate::buffer::{BufferPool, WatchedWords};
use crate::engine::CodeMap;
use crate::plan::{FlowPlan, ProgramPlan};
use crate::watchdog::{CallWords, Halt, Watchdog, Watched};

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
}

/// A call path, as the program names it.
pub trait StartPath: Sync {
    /// Prepares the state shared by the stages of the program, whose code is noted in `map`.
    ///
    /// # Errors
    /// When this machine does not support it.
    fn start(&self, program: &ProgramPlan, map: Option<Arc<dyn CodeMap>>) -> Result<Box<dyn PathHost>>;
}

/// The call paths of a program.
#[derive(Clone, Copy)]
pub struct Paths {
    /// Path for components in stores of their own; `None` when no stage uses it.
    pub component: Option<&'static dyn StartPath>,
    /// Path for stages in shells; `None` when no stage uses it.
    pub core: Option<&'static dyn StartPath>,
}

/// A limit of a call in the form that the watched words have, in milliseconds.
fn milliseconds(limit_ms: u64) -> u32 {
    u32::try_from(limit_ms.max(1)).unwrap_or(u32::MAX)
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
    /// Prepares the state that the stages of a program need, whose code is noted in `map`.
    ///
    /// # Errors
    /// When one of the paths cannot be prepared.
    pub fn start(
        program: &ProgramPlan,
        paths: Paths,
        watchdog: Arc<Watchdog>,
        map: Option<Arc<dyn CodeMap>>,
    ) -> Result<Self> {
        let start = |path: Option<&dyn StartPath>| path.map(|path| path.start(program, map.clone())).transpose();
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

    /// Registers with the watchdog the calls of a driver, noted in `words`, which `halt` ends.
    pub(crate) fn watch(&self, plan: &'static FlowPlan, words: WatchedWords, halt: &Arc<Halt>) -> Arc<Watched> {
        let limits_ms = plan.nodes.iter().map(|node| node.limits.invocation_timeout_ms);
        let words = CallWords::new(words, limits_ms.collect());
        let watched = Arc::new(Watched::new(words, Arc::clone(halt)));
        self.watchdog.look_after(halt, &watched);
        watched
    }
}
