//! The host side of a component's store: its data, its limits and the linker that serves its imports.

use std::sync::Arc;

use tokio::runtime::Runtime;
use wasmtime::component::{Linker, ResourceTable};
use wasmtime::{Engine, Result, Store, UpdateDeadline};
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};

use crate::bounds;
use crate::buffer::BufferPool;
use crate::capability::Granted;
use crate::control::Halt;
use crate::crossing::watchdog::Watchdog;
use crate::plan::NodePlan;
use limits::Limits;

mod capabilities;
mod guarded;
pub(crate) mod limits;
mod print;
mod resources;
mod wait;
pub mod wasi;

/// The contracts as Rust types, made from `wit/` at compile time.
#[expect(missing_docs, reason = "generated: the WIT files are the documentation")]
pub mod bindings {
    wasmtime::component::bindgen!({
        path: ["../wit/torvyn-streaming", "../wit/torvyn-filtering", "../wit/torvyn-aggregation"],
        inline: "
            package torvyn:host;
            world stages {
                import torvyn:streaming/types@0.1.0;
                export torvyn:streaming/source@0.1.0;
                export torvyn:streaming/processor@0.1.0;
                export torvyn:streaming/sink@0.1.0;
                export torvyn:streaming/lifecycle@0.1.0;
                export torvyn:filtering/filter@0.1.0;
                export torvyn:filtering/router@0.1.0;
                export torvyn:aggregation/aggregator@0.1.0;
            }
        ",
        with: {
            "torvyn:streaming/types.buffer": crate::host::Buffer,
            "torvyn:streaming/types.mutable-buffer": crate::host::MutableBuffer,
            "torvyn:streaming/types.flow-context": crate::host::FlowContext,
        },
        imports: { default: trappable },
    });
}

/// Resource type `torvyn:streaming/types.buffer`; the representation is a `BufferId`.
#[derive(Debug)]
pub struct Buffer;
/// Resource type `torvyn:streaming/types.mutable-buffer`; the representation is a `BufferId`.
#[derive(Debug)]
pub struct MutableBuffer;
/// Resource type `torvyn:streaming/types.flow-context`; a store has one, so the representation is 0.
#[derive(Debug)]
pub struct FlowContext;

/// Bytes copied on behalf of a stage, by reason.
#[derive(Clone, Copy, Debug, Default)]
pub struct CopyStats {
    /// Payloads read by the component.
    pub read: Copies,
    /// Payload parts written by the component.
    pub write: Copies,
    /// Sequence number, timestamp and content type, in either direction.
    pub metadata: Copies,
    /// Payloads that a built-in stage made of its input.
    pub host_serialize: Copies,
}

/// Copies for one reason.
#[derive(Clone, Copy, Debug, Default)]
pub struct Copies {
    /// How many.
    pub count: u64,
    /// How much.
    pub bytes: u64,
}

impl Copies {
    /// Both counts together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            count: self.count + other.count,
            bytes: self.bytes + other.bytes,
        }
    }

    /// Counts one copy.
    #[inline]
    pub(crate) fn add(&mut self, bytes: usize) {
        self.count += 1;
        self.bytes += bytes as u64;
    }
}

impl CopyStats {
    /// Both counts together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            read: self.read.and(other.read),
            write: self.write.and(other.write),
            metadata: self.metadata.and(other.metadata),
            host_serialize: self.host_serialize.and(other.host_serialize),
        }
    }

    /// Every reason, with its word in output.
    #[must_use]
    pub fn by_reason(&self) -> [(&'static str, Copies); 4] {
        [
            ("payload-read", self.read),
            ("payload-write", self.write),
            ("metadata", self.metadata),
            ("host-serialize", self.host_serialize),
        ]
    }
}

/// Bytes of sequence number and timestamp.
pub(crate) const FIXED_METADATA_BYTES: usize = 16;

/// Data of one stage's store.
pub struct StageData {
    /// The flow's buffers, here only during a call: the driver lends them to one stage at a time.
    pool: Option<Box<BufferPool>>,
    copies: CopyStats,
    flow_id: &'static str,
    capabilities: &'static [&'static str],
    granted: Granted,
    deadline_ns: u64,
    call: Call,
    wasi: WasiCtx,
    table: ResourceTable,
    limits: Limits,
    /// Where waiting components wait.
    runtime: Arc<Runtime>,
}

/// The call that goes on, and who looks after it.
struct Call {
    /// Its number.
    number: u64,
    /// Milliseconds that it may take.
    limit_ms: u64,
    watchdog: Watchdog,
}

impl Call {
    /// Looks after it, once in a tick.
    fn look(&mut self) -> Result<()> {
        Ok(self.watchdog.look(self.number, self.limit_ms)?)
    }
}

impl WasiView for StageData {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

impl StageData {
    /// Lends the flow's buffers to the stage for one call that may take `limit_ms`.
    pub(crate) fn enter(&mut self, pool: Box<BufferPool>, limit_ms: u64, deadline_ns: u64) {
        self.pool = Some(pool);
        self.deadline_ns = deadline_ns;
        self.call.limit_ms = limit_ms;
        self.call.number += 1;
    }

    /// Takes the buffers back after the call.
    pub(crate) fn leave(&mut self) -> Box<BufferPool> {
        self.pool.take().expect("invariant: `enter` came before `leave`")
    }

    /// What the stage copied so far.
    pub(crate) fn copies(&self) -> CopyStats {
        self.copies
    }

    /// Counts an element's metadata on its way in or out.
    #[inline]
    pub(crate) fn count_metadata(&mut self, content_type: &str) {
        self.copies.metadata.add(FIXED_METADATA_BYTES + content_type.len());
    }
}

/// A store for one stage.
pub(crate) fn store(
    engine: &Engine,
    flow: &'static str,
    plan: &'static NodePlan,
    halt: Arc<Halt>,
    runtime: Arc<Runtime>,
) -> Store<StageData> {
    let limits = &plan.limits;
    let memory = usize::try_from(limits.memory_bytes).unwrap_or(usize::MAX);
    let data = StageData {
        pool: None,
        copies: CopyStats::default(),
        flow_id: flow,
        capabilities: plan.capabilities,
        granted: Granted::of(plan.capabilities),
        deadline_ns: 0,
        call: Call {
            number: 0,
            limit_ms: limits.invocation_timeout_ms,
            watchdog: Watchdog::new(halt),
        },
        wasi: denied_wasi(),
        table: ResourceTable::new(),
        limits: Limits::new(memory),
        runtime,
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

/// Standard output and error of the executable; no arguments, environment, files, sockets or standard input.
fn denied_wasi() -> WasiCtx {
    WasiCtxBuilder::new()
        .stdout(print::Printed)
        .stderr(print::Told)
        .allow_tcp(false)
        .allow_udp(false)
        .allow_ip_name_lookup(false)
        .build()
}

/// What the components of a program import: the contracts, and the WASI packages that one of them names.
///
/// # Errors
/// When an import is defined twice, which would be a bug of code generation.
pub(crate) fn linker(engine: &Engine, wasi: &[wasi::Package]) -> Result<Linker<StageData>> {
    let mut linker = Linker::new(engine);
    for package in wasi {
        package(&mut linker)?;
    }
    // A name without a version means these contracts.
    for version in ["@0.1.0", ""] {
        resources::add_types(&mut linker, &format!("torvyn:streaming/types{version}"))?;
        resources::add_allocator(&mut linker, &format!("torvyn:streaming/buffer-allocator{version}"))?;
        // The tutorials' spelling of the same interface.
        resources::add_allocator(&mut linker, &format!("torvyn:resources/buffer-ops{version}"))?;
        capabilities::add(&mut linker, &format!("torvyn:capabilities/capability-query{version}"))?;
    }
    Ok(linker)
}
