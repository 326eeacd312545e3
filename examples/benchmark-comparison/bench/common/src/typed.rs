//! Components as a user of wasmtime runs them by hand: bindings made by `bindgen!`, resources in a `ResourceTable`, one
//! store for all stages, typed calls.

mod buffers;

use wasmtime::component::{HasSelf, Instance, InstancePre, Linker, Resource, ResourceTable};
use wasmtime::{Engine, Store};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use crate::Failed;
use bindings::exports::torvyn::streaming::lifecycle;
use bindings::torvyn::streaming::types::{ElementMeta, OutputElement, ProcessError, StreamElement};
use bindings::torvyn::streaming::{buffer_allocator, types};

/// The contracts, as Rust.
pub mod bindings {
    wasmtime::component::bindgen!({
        path: [
            "../../../../wit/torvyn-streaming",
            "../../../../wit/torvyn-filtering",
            "../../../../wit/torvyn-aggregation",
        ],
        inline: "
            package comparison:typed;
            world stages {
                import torvyn:streaming/types@0.1.0;
                import torvyn:streaming/buffer-allocator@0.1.0;
                export torvyn:streaming/source@0.1.0;
                export torvyn:streaming/processor@0.1.0;
                export torvyn:streaming/sink@0.1.0;
                export torvyn:streaming/lifecycle@0.1.0;
                export torvyn:filtering/filter@0.1.0;
                export torvyn:aggregation/aggregator@0.1.0;
            }
        ",
        with: {
            "torvyn:streaming/types.buffer": super::Buffer,
            "torvyn:streaming/types.mutable-buffer": super::MutableBuffer,
            "torvyn:streaming/types.flow-context": super::FlowContext,
        },
        imports: { default: trappable },
    });
}

/// A finished buffer.
pub struct Buffer {
    bytes: Vec<u8>,
    content_type: String,
}

/// A buffer that is being filled.
pub struct MutableBuffer {
    bytes: Vec<u8>,
    capacity: usize,
    content_type: String,
}

/// What is known of the flow: nothing.
pub struct FlowContext;

/// Data of the store.
pub struct Host {
    table: ResourceTable,
    wasi: WasiCtx,
    /// Lent with every element.
    context: u32,
    copies: u64,
}

impl Host {
    /// A host without buffers. Components print to the standard output of this process.
    ///
    /// # Errors
    /// When the table takes nothing.
    pub fn new() -> Result<Self, Failed> {
        let mut table = ResourceTable::new();
        let context = table.push(FlowContext)?.rep();
        Ok(Self {
            table,
            wasi: WasiCtx::builder().inherit_stdout().build(),
            context,
            copies: 0,
        })
    }

    /// Copies of payloads between a component and this host so far.
    #[must_use]
    pub fn copies(&self) -> u64 {
        self.copies
    }

    /// An element that the host makes.
    ///
    /// # Errors
    /// When the table is full.
    pub fn output(&mut self, content_type: &str, bytes: Vec<u8>) -> Result<OutputElement, Failed> {
        let buffer = Buffer {
            bytes,
            content_type: content_type.to_owned(),
        };
        Ok(OutputElement {
            meta: ElementMeta {
                sequence: 0,
                timestamp_ns: 0,
                content_type: String::new(),
            },
            payload: self.table.push(buffer)?,
        })
    }

    /// An element as a stage gets it: payload and context are lent to it.
    ///
    /// # Errors
    /// When there is no such buffer.
    pub fn element(&self, output: &OutputElement, sequence: u64) -> Result<StreamElement, Failed> {
        let named = &output.meta.content_type;
        let content_type = match named.is_empty() {
            true => self.table.get(&output.payload)?.content_type.clone(),
            false => named.clone(),
        };
        Ok(StreamElement {
            meta: ElementMeta {
                sequence,
                timestamp_ns: 0,
                content_type,
            },
            payload: Resource::new_borrow(output.payload.rep()),
            context: Resource::new_borrow(self.context),
        })
    }

    /// The payload of an element, where it lies.
    ///
    /// # Errors
    /// When there is no such buffer.
    pub fn payload(&self, output: &OutputElement) -> Result<&[u8], Failed> {
        Ok(&self.table.get(&output.payload)?.bytes)
    }

    /// Gives the buffer of an element back.
    ///
    /// # Errors
    /// When there is no such buffer.
    pub fn release(&mut self, output: OutputElement) -> Result<(), Failed> {
        self.table.delete(output.payload)?;
        Ok(())
    }
}

impl WasiView for Host {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

/// Everything a stage may import.
///
/// # Errors
/// When two of the names are the same.
pub fn linker(engine: &Engine) -> Result<Linker<Host>, Failed> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_sync(&mut linker)?;
    types::add_to_linker::<_, HasSelf<Host>>(&mut linker, |host| host)?;
    buffer_allocator::add_to_linker::<_, HasSelf<Host>>(&mut linker, |host| host)?;
    Ok(linker)
}

/// An instance whose `init` got `config`.
///
/// # Errors
/// When the component can't be instantiated, or refuses its config.
pub fn instantiate(store: &mut Store<Host>, pre: &InstancePre<Host>, config: &str) -> Result<Instance, Failed> {
    let instance = pre.instantiate(&mut *store)?;
    let lifecycle = lifecycle::GuestIndices::new(pre)?.load(&mut *store, &instance)?;
    lifecycle.call_init(store, config)?.map_err(refused)?;
    Ok(instance)
}

/// An error that a component returned.
pub fn refused(error: ProcessError) -> Failed {
    format!("a component returned {error:?}").into()
}
