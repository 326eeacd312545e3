//! The store of a component: its data, its limits and the linker that serves its imports.

use std::sync::Arc;

use wasmtime::{Engine, Result, Store, UpdateDeadline};

use super::system;
use crate::bounds;
use crate::buffer::BufferPool;
use crate::plan::NodePlan;
use crate::sandbox::{Limits, Sandbox};
use crate::watchdog::{CallWatch, Halt};

/// Data of one stage's store.
pub struct StageData {
    /// The flow's buffers, present only during a call: the driver lends them to one stage at a time.
    pub(super) pool: Option<Box<BufferPool>>,
    pub(super) flow_id: &'static str,
    pub(super) sandbox: Sandbox,
    pub(super) deadline_ns: u64,
    pub(super) call: Call,
    pub(super) system: system::State,
    limits: Limits,
}

/// The call under way, and its watch.
pub(super) struct Call {
    /// Number of the call.
    number: u64,
    /// Limit of the call in milliseconds.
    limit_ms: u64,
    pub(super) watch: CallWatch,
}

impl Call {
    /// Checks the limits of the call, once a tick.
    ///
    /// # Errors
    /// When the call has to end.
    pub(super) fn look(&mut self) -> Result<()> {
        Ok(self.watch.look(self.number, self.limit_ms)?)
    }
}

impl StageData {
    /// Lends the flow's buffers to the stage for one call that may take `limit_ms`.
    pub(super) fn enter(&mut self, pool: Box<BufferPool>, limit_ms: u64, deadline_ns: u64) {
        self.pool = Some(pool);
        self.deadline_ns = deadline_ns;
        self.call.limit_ms = limit_ms;
        self.call.number += 1;
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
    halt: Arc<Halt>,
    system: system::State,
) -> Store<StageData> {
    let limits = &plan.limits;
    let memory = usize::try_from(limits.memory_bytes).unwrap_or(usize::MAX);
    let data = StageData {
        pool: None,
        flow_id: flow,
        sandbox,
        deadline_ns: 0,
        call: Call {
            number: 0,
            limit_ms: limits.invocation_timeout_ms,
            watch: CallWatch::new(halt),
        },
        system,
        limits: Limits::new(memory),
    };
    let mut store = Store::new(engine, data);
    store.limiter(|data| &mut data.limits);
    store.set_hostcall_fuel(bounds::CALL_BYTES as usize);
    store.set_max_component_handles(bounds::HANDLES as usize);
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(|mut store| {
        store.data_mut().call.look()?;
        Ok(UpdateDeadline::Continue(1))
    });
    store
}
