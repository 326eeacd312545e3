//! Making the stages of a flow, on any call path.

use std::sync::Arc;

use super::Hosts;
use crate::buffer::{BufferPool, WatchedWords};
use crate::context::Ends;
use crate::executor::Waker;
use crate::plan::FlowPlan;
use crate::replica::Replica;
use crate::stage::Called;
use crate::watchdog::{Halt, Watched};

/// The maker of a stage: an artifact on one of the call paths, or a built-in.
pub trait Make<S> {
    /// Makes the stage of `flow`'s node `position`.
    ///
    /// # Errors
    /// When it can't be instantiated.
    fn make(self, setup: &mut Setup<'_>, flow: &'static FlowPlan, position: usize) -> Called<S>;
}

/// A stage that exists already.
#[derive(Debug)]
pub struct Ready<S>(pub S);

impl<S> Make<S> for Ready<S> {
    fn make(self, _: &mut Setup<'_>, _: &'static FlowPlan, _: usize) -> Called<S> {
        Ok(self.0)
    }
}

/// Everything that the makers of a flow's stages need.
pub struct Setup<'a> {
    /// State of the process, shared by all flows.
    hosts: &'a Hosts,
    /// The buffers of the flow; `None` only while a stage holds them.
    pool: Option<Box<BufferPool>>,
    /// The ends that are replaced.
    ends: &'a Ends,
    /// The calls of the flow's driver.
    watched: Arc<Watched>,
    /// Wakes the flow.
    pub(crate) waker: Waker,
    halt: Arc<Halt>,
    /// The replica that the stages are for.
    replica: Replica,
}

impl<'a> Setup<'a> {
    /// Setup of a flow with these buffers, for a run that `halt` ends.
    pub fn new(
        hosts: &'a Hosts,
        flow: &'static FlowPlan,
        pool: BufferPool,
        ends: &'a Ends,
        waker: Waker,
        halt: Arc<Halt>,
    ) -> Self {
        // The stages are made on the thread that makes their calls later.
        halt.drives_here();
        Self {
            watched: hosts.watch(flow, pool.memory().watched_words(), &halt),
            hosts,
            pool: Some(Box::new(pool)),
            ends,
            waker,
            halt,
            replica: Replica::alone(),
        }
    }

    /// Makes the setup that of `replica`.
    #[must_use]
    pub fn of(self, replica: Replica) -> Self {
        Self { replica, ..self }
    }

    /// The ends that are replaced.
    pub(crate) fn ends(&self) -> &'a Ends {
        self.ends
    }

    /// The replica that the stages are for.
    pub(crate) fn replica(&self) -> &Replica {
        &self.replica
    }

    /// The buffers of the flow.
    pub(crate) fn pool(&self) -> &BufferPool {
        let pool = self.pool.as_ref();
        pool.expect("invariant: the pool is away only while a stage has it")
    }

    pub(crate) fn lend_pool(&mut self) -> Box<BufferPool> {
        let pool = self.pool.take();
        pool.expect("invariant: one stage is made at a time")
    }

    pub(crate) fn return_pool(&mut self, pool: Box<BufferPool>) {
        self.pool = Some(pool);
    }

    /// The buffers of the flow, handed over to its run.
    #[must_use]
    pub fn into_pool(mut self) -> BufferPool {
        *self.lend_pool()
    }

    /// The halt of the run.
    pub(crate) fn halt(&self) -> &Arc<Halt> {
        &self.halt
    }

    /// The host of the component path, which has the type `T`.
    pub(crate) fn component_host<T: 'static>(&self) -> &'a T {
        let host = self.hosts.component().and_then(|host| host.as_any().downcast_ref());
        host.expect("invariant: a program with stages on the component path names its host")
    }

    /// The host of the core paths, which has the type `T`.
    pub(crate) fn core_host<T: 'static>(&self) -> &'a T {
        let host = self.hosts.core().and_then(|host| host.as_any().downcast_ref());
        host.expect("invariant: a program with stages on the core paths names its host")
    }

    /// The calls of the flow's driver.
    pub(crate) fn watched(&self) -> &Arc<Watched> {
        &self.watched
    }

    /// The calls of a driver besides that of the flow, which `halt` ends.
    pub(crate) fn watch_apart(&self, flow: &'static FlowPlan, halt: &Arc<Halt>) -> Arc<Watched> {
        halt.drives_here();
        self.hosts.watch(flow, WatchedWords::apart(), halt)
    }
}
