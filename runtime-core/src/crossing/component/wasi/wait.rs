//! `wasi:io/poll`: waiting, within the limits of the call. A component that sleeps in the host touches no memory, so the
//! watchdog's verdict is looked for here.

use std::pin::pin;
use std::time::Instant;

use tokio::runtime::Runtime;
use wasmtime::Result;
use wasmtime::component::{HasData, Resource, ResourceTable};
use wasmtime_wasi::p2::bindings::sync::io::poll::{Host, HostPollable};
use wasmtime_wasi_io::bindings::wasi::io::poll as waiting;
use wasmtime_wasi_io::poll::DynPollable;

use crate::crossing::component::store::StageData;
use crate::crossing::component::system::State;
use crate::watchdog::{LOOK, Watched};

/// The parts of a stage's store that a wait needs.
pub(super) struct Waiting<'a> {
    pub(super) table: &'a mut ResourceTable,
    pub(super) watched: &'a Watched,
    pub(super) runtime: &'a Runtime,
}

pub(super) fn waiting(data: &mut StageData) -> Waiting<'_> {
    let StageData { watched, system, .. } = data;
    let State { table, runtime, .. } = system;
    Waiting {
        table,
        watched,
        runtime,
    }
}

/// Type by which a linker finds [`Waiting`] in a store.
pub(super) struct HasWaiting;

impl HasData for HasWaiting {
    type Data<'a> = Waiting<'a>;
}

/// Runs `event` to its end, and checks the limits of the call meanwhile. The time counts as the call's own.
fn wait<T>(runtime: &Runtime, watched: &Watched, event: impl Future<Output = Result<T>>) -> Result<T> {
    watched.check()?;
    runtime.block_on(async {
        let mut event = pin!(event);
        loop {
            let since = Instant::now();
            let waited = tokio::time::timeout(LOOK, event.as_mut()).await;
            watched.waited(since.elapsed());
            match waited {
                Ok(result) => return result,
                Err(_elapsed) => watched.check()?,
            };
        }
    })
}

impl Host for Waiting<'_> {
    fn poll(&mut self, pollables: Vec<Resource<DynPollable>>) -> Result<Vec<u32>> {
        wait(self.runtime, self.watched, waiting::Host::poll(self.table, pollables))
    }
}

impl HostPollable for Waiting<'_> {
    fn ready(&mut self, pollable: Resource<DynPollable>) -> Result<bool> {
        wait(
            self.runtime,
            self.watched,
            waiting::HostPollable::ready(self.table, pollable),
        )
    }

    fn block(&mut self, pollable: Resource<DynPollable>) -> Result<()> {
        wait(
            self.runtime,
            self.watched,
            waiting::HostPollable::block(self.table, pollable),
        )
    }

    fn drop(&mut self, pollable: Resource<DynPollable>) -> Result<()> {
        waiting::HostPollable::drop(self.table, pollable)
    }
}
