//! What the store of a component has for WASI.

use std::sync::Arc;

use tokio::runtime::{Builder, Runtime};
use wasmtime::Result;
use wasmtime::component::ResourceTable;
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder};

use crate::crossing::Entered;

mod print;

/// What the components of a program share.
pub(super) struct Host {
    /// What components wait for runs on this one, instead of a pool of threads that wasmtime-wasi would start.
    runtime: Arc<Runtime>,
}

impl Host {
    pub(super) fn start() -> Result<Self> {
        let runtime = Builder::new_current_thread().enable_time().build()?;
        Ok(Self {
            runtime: Arc::new(runtime),
        })
    }

    /// Prepares the thread that calls it, until the result is dropped.
    pub(super) fn enter(&self) -> Option<Box<dyn Entered + '_>> {
        Some(Box::new(self.runtime.enter()))
    }
}

impl Entered for tokio::runtime::EnterGuard<'_> {}

/// What the store of a component has for WASI.
pub(super) struct State {
    pub(super) ctx: WasiCtx,
    pub(super) table: ResourceTable,
    /// Where a waiting component waits.
    pub(super) runtime: Arc<Runtime>,
}

impl State {
    /// Standard output and error of the executable; no arguments, environment, files, sockets or standard input.
    pub(super) fn new(host: &Host) -> Self {
        let ctx = WasiCtxBuilder::new()
            .stdout(print::Printed)
            .stderr(print::Told)
            .allow_tcp(false)
            .allow_udp(false)
            .allow_ip_name_lookup(false)
            .build();
        Self {
            ctx,
            table: ResourceTable::new(),
            runtime: Arc::clone(&host.runtime),
        }
    }
}
