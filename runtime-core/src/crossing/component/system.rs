//! WASI state of components.

use std::sync::Arc;

use tokio::runtime::{Builder, Runtime};
use wasmtime::Result;
use wasmtime::component::ResourceTable;
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder};

use crate::crossing::Entered;

mod print;

/// State shared by the components of a program.
pub(super) struct Host {
    /// Runs the waits of components, in place of the thread pool that wasmtime-wasi would start.
    runtime: Arc<Runtime>,
}

impl Host {
    pub(super) fn start() -> Result<Self> {
        let runtime = Builder::new_current_thread().enable_time().build()?;
        Ok(Self {
            runtime: Arc::new(runtime),
        })
    }

    /// Prepares the calling thread, until the result is dropped.
    pub(super) fn enter(&self) -> Option<Box<dyn Entered + '_>> {
        Some(Box::new(self.runtime.enter()))
    }
}

impl Entered for tokio::runtime::EnterGuard<'_> {}

/// State of a component's store for WASI.
pub(super) struct State {
    pub(super) ctx: WasiCtx,
    pub(super) table: ResourceTable,
    /// Runs the component's waits.
    pub(super) runtime: Arc<Runtime>,
}

impl State {
    /// A state with the executable's standard output and error; without arguments, environment, files, sockets and
    /// standard input.
    pub(super) fn new(host: &Host) -> Self {
        let ctx = WasiCtxBuilder::new()
            .stdout(print::StandardOutput)
            .stderr(print::StandardError)
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
