//! The store of a component: its data, its limits and the linker that serves its imports.

use std::sync::Arc;

use wasmtime::{Engine, Store};

use super::system;
use crate::bounds;
use crate::buffer::BufferPool;
use crate::plan::NodePlan;
use crate::sandbox::{Limits, Sandbox};
use crate::watchdog::Watched;

/// Data of one stage's store.
pub struct StageData {
    /// The flow's buffers, present only during a call: the driver lends them to one stage at a time.
    pub(super) pool: Option<Box<BufferPool>>,
    pub(super) flow_id: &'static str,
    pub(super) sandbox: Sandbox,
    pub(super) deadline_ns: u64,
    pub(super) watched: Arc<Watched>,
    pub(super) system: system::State,
    limits: Limits,
}

impl StageData {
    /// Lends the flow's buffers to the stage for one call.
    pub(super) fn enter(&mut self, pool: Box<BufferPool>, deadline_ns: u64) {
        self.pool = Some(pool);
        self.deadline_ns = deadline_ns;
    }

    /// Takes the buffers back after the call.
    pub(super) fn leave(&mut self) -> Box<BufferPool> {
        self.pool.take().expect("invariant: `enter` came before `leave`")
    }
}

/// A store for one stage.
pub(super) fn store(
    engine: &Engine,
    flow: &'static str,
    plan: &'static NodePlan,
    sandbox: Sandbox,
    watched: Arc<Watched>,
    system: system::State,
) -> Store<StageData> {
    let limits = &plan.limits;
    let memory = usize::try_from(limits.memory_bytes).unwrap_or(usize::MAX);
    let data = StageData {
        pool: None,
        flow_id: flow,
        sandbox,
        deadline_ns: 0,
        watched,
        system,
        limits: Limits::new(memory),
    };
    let mut store = Store::new(engine, data);
    store.limiter(|data| &mut data.limits);
    store.set_hostcall_fuel(bounds::CALL_BYTES as usize);
    store.set_max_component_handles(bounds::HANDLES as usize);
    store
}
