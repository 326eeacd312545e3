//! The components as a user of wasmtime runs them by hand: bindings made by `bindgen!`, resources in a `ResourceTable`,
//! one store for all stages, typed calls, machine code made in this process.

use comparison_work::Checksum;
use wasmtime::component::{Component, HasSelf, InstancePre, Linker, Resource, ResourceTable};
use wasmtime::{Engine, Store};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use super::CallPath;
use crate::Failed;
use crate::load::{Chain, Load, Window, drive};
use bindings::exports::torvyn::streaming::{lifecycle, processor, sink, source};
use bindings::torvyn::streaming::types::{
    BufferError, ElementMeta, OutputElement, ProcessError, ProcessResult, StreamElement,
};
use bindings::torvyn::streaming::{buffer_allocator, types};

mod bindings {
    wasmtime::component::bindgen!({
        path: "../../../wit/torvyn-streaming",
        inline: "
            package comparison:typed;
            world stages {
                import torvyn:streaming/types@0.1.0;
                import torvyn:streaming/buffer-allocator@0.1.0;
                export torvyn:streaming/source@0.1.0;
                export torvyn:streaming/processor@0.1.0;
                export torvyn:streaming/sink@0.1.0;
                export torvyn:streaming/lifecycle@0.1.0;
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

/// The same binaries that `torvync` compiled.
const SOURCE: &[u8] = include_bytes!("../../../.torvyn/components/message-source.wasm");
const PROCESSOR: &[u8] = include_bytes!("../../../.torvyn/components/stamp-processor.wasm");
const SINK: &[u8] = include_bytes!("../../../.torvyn/components/checksum-sink.wasm");

/// Its name in output.
pub(super) const NAME: &str = "typed";

pub(super) struct Typed {
    engine: Engine,
    source: InstancePre<Host>,
    processor: InstancePre<Host>,
    sink: InstancePre<Host>,
}

impl Typed {
    pub(super) fn new() -> Result<Self, Failed> {
        let engine = Engine::default();
        let mut linker = Linker::new(&engine);
        wasmtime_wasi::p2::add_to_linker_sync(&mut linker)?;
        types::add_to_linker::<_, HasSelf<Host>>(&mut linker, |host| host)?;
        buffer_allocator::add_to_linker::<_, HasSelf<Host>>(&mut linker, |host| host)?;
        let prepare = |binary| linker.instantiate_pre(&Component::from_binary(&engine, binary)?);
        Ok(Self {
            source: prepare(SOURCE)?,
            processor: prepare(PROCESSOR)?,
            sink: prepare(SINK)?,
            engine,
        })
    }

    fn chain(&self, load: &Load) -> Result<TypedChain, Failed> {
        let mut host = Host {
            table: ResourceTable::new(),
            wasi: WasiCtx::builder().inherit_stdout().build(),
            copies: 0,
        };
        let context = host.table.push(FlowContext)?.rep();
        let mut store = Store::new(&self.engine, host);
        let source = instantiate(&mut store, &self.source, &load.shape.payload.to_string())?;
        let source = source::GuestIndices::new(&self.source)?.load(&mut store, &source)?;
        let mut processors = Vec::new();
        for _ in 0..load.shape.processors() {
            let instance = instantiate(&mut store, &self.processor, "")?;
            processors.push(processor::GuestIndices::new(&self.processor)?.load(&mut store, &instance)?);
        }
        let sink = match load.shape.has_sink() {
            true => {
                let instance = instantiate(&mut store, &self.sink, &load.expected.to_string())?;
                Some(sink::GuestIndices::new(&self.sink)?.load(&mut store, &instance)?)
            }
            false => None,
        };
        Ok(TypedChain {
            store,
            source,
            processors,
            sink,
            context,
            sequence: 0,
            in_host: Checksum::default(),
        })
    }
}

fn instantiate(
    store: &mut Store<Host>,
    pre: &InstancePre<Host>,
    config: &str,
) -> Result<wasmtime::component::Instance, Failed> {
    let instance = pre.instantiate(&mut *store)?;
    let lifecycle = lifecycle::GuestIndices::new(pre)?.load(&mut *store, &instance)?;
    lifecycle.call_init(store, config)?.map_err(refused)?;
    Ok(instance)
}

fn refused(error: ProcessError) -> Failed {
    format!("a component returned {error:?}").into()
}

impl CallPath for Typed {
    fn name(&self) -> &str {
        NAME
    }

    fn run(&mut self, load: &Load) -> Result<Window, Failed> {
        let mut chain = self.chain(load)?;
        let mut window = drive(load, &mut chain)?;
        match &chain.sink {
            // It was told what to expect.
            Some(sink) => sink.call_complete(&mut chain.store)?.map_err(refused)?,
            None => load.check(chain.in_host)?,
        }
        window.copies = Some(chain.store.data().copies);
        Ok(window)
    }
}

struct TypedChain {
    store: Store<Host>,
    source: source::Guest,
    processors: Vec<processor::Guest>,
    sink: Option<sink::Guest>,
    /// Lent with every element.
    context: u32,
    sequence: u64,
    /// What a chain without a sink came to.
    in_host: Checksum,
}

impl TypedChain {
    /// An element as a stage gets it: payload and context are lent to it.
    fn element(&mut self, output: &OutputElement) -> Result<StreamElement, Failed> {
        let named = &output.meta.content_type;
        let content_type = match named.is_empty() {
            true => self.store.data().table.get(&output.payload)?.content_type.clone(),
            false => named.clone(),
        };
        Ok(StreamElement {
            meta: ElementMeta {
                sequence: self.sequence,
                timestamp_ns: 0,
                content_type,
            },
            payload: Resource::new_borrow(output.payload.rep()),
            context: Resource::new_borrow(self.context),
        })
    }
}

impl Chain for TypedChain {
    fn message(&mut self) -> Result<(), Failed> {
        let pulled = self.source.call_pull(&mut self.store)?.map_err(refused)?;
        let mut output = pulled.ok_or("the source ended")?;
        for at in 0..self.processors.len() {
            let element = self.element(&output)?;
            let processed = self.processors[at].call_process(&mut self.store, &element)?;
            self.store.data_mut().table.delete(output.payload)?;
            output = match processed.map_err(refused)? {
                ProcessResult::Emit(output) => output,
                ProcessResult::Drop => return Err("a processor dropped the element".into()),
            };
        }
        let element = self.element(&output)?;
        match &self.sink {
            Some(sink) => {
                sink.call_push(&mut self.store, &element)?.map_err(refused)?;
            }
            None => self.in_host.fold(&self.store.data().table.get(&output.payload)?.bytes),
        }
        self.store.data_mut().table.delete(output.payload)?;
        self.sequence += 1;
        Ok(())
    }
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
struct Host {
    table: ResourceTable,
    wasi: WasiCtx,
    copies: u64,
}

impl WasiView for Host {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

type Trapping<T> = wasmtime::Result<T>;
type Written = Trapping<Result<(), BufferError>>;
type Allocated = Trapping<Result<Resource<MutableBuffer>, BufferError>>;

impl types::Host for Host {}

impl types::HostBuffer for Host {
    fn size(&mut self, this: Resource<Buffer>) -> Trapping<u64> {
        Ok(self.table.get(&this)?.bytes.len() as u64)
    }

    fn content_type(&mut self, this: Resource<Buffer>) -> Trapping<String> {
        Ok(self.table.get(&this)?.content_type.clone())
    }

    fn read(&mut self, this: Resource<Buffer>, offset: u64, len: u64) -> Trapping<Vec<u8>> {
        let bytes = &self.table.get(&this)?.bytes;
        let start = usize::try_from(offset).map_or(bytes.len(), |offset| offset.min(bytes.len()));
        let end = usize::try_from(len).map_or(bytes.len(), |len| start.saturating_add(len).min(bytes.len()));
        let part = bytes[start..end].to_vec();
        self.copies += 1;
        Ok(part)
    }

    fn read_all(&mut self, this: Resource<Buffer>) -> Trapping<Vec<u8>> {
        let bytes = self.table.get(&this)?.bytes.clone();
        self.copies += 1;
        Ok(bytes)
    }

    fn drop(&mut self, this: Resource<Buffer>) -> Trapping<()> {
        self.table.delete(this)?;
        Ok(())
    }
}

impl types::HostMutableBuffer for Host {
    fn write(&mut self, this: Resource<MutableBuffer>, offset: u64, bytes: Vec<u8>) -> Written {
        let draft = self.table.get_mut(&this)?;
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        if start > draft.bytes.len() {
            return Ok(Err(BufferError::OutOfBounds));
        }
        if bytes.len() > draft.capacity - start {
            return Ok(Err(BufferError::CapacityExceeded));
        }
        let kept = draft.bytes.len().min(start + bytes.len());
        draft.bytes.splice(start..kept, bytes);
        self.copies += 1;
        Ok(Ok(()))
    }

    fn append(&mut self, this: Resource<MutableBuffer>, bytes: Vec<u8>) -> Written {
        let draft = self.table.get_mut(&this)?;
        if bytes.len() > draft.capacity - draft.bytes.len() {
            return Ok(Err(BufferError::CapacityExceeded));
        }
        draft.bytes.extend_from_slice(&bytes);
        self.copies += 1;
        Ok(Ok(()))
    }

    fn size(&mut self, this: Resource<MutableBuffer>) -> Trapping<u64> {
        Ok(self.table.get(&this)?.bytes.len() as u64)
    }

    fn capacity(&mut self, this: Resource<MutableBuffer>) -> Trapping<u64> {
        Ok(self.table.get(&this)?.capacity as u64)
    }

    fn set_content_type(&mut self, this: Resource<MutableBuffer>, content_type: String) -> Trapping<()> {
        self.table.get_mut(&this)?.content_type = content_type;
        Ok(())
    }

    fn freeze(&mut self, this: Resource<MutableBuffer>) -> Trapping<Resource<Buffer>> {
        let draft = self.table.get_mut(&this)?;
        // The component drops the handle later; nothing can be written through it until then.
        draft.capacity = 0;
        let frozen = Buffer {
            bytes: std::mem::take(&mut draft.bytes),
            content_type: std::mem::take(&mut draft.content_type),
        };
        Ok(self.table.push(frozen)?)
    }

    fn drop(&mut self, this: Resource<MutableBuffer>) -> Trapping<()> {
        self.table.delete(this)?;
        Ok(())
    }
}

impl types::HostFlowContext for Host {
    fn trace_id(&mut self, _: Resource<FlowContext>) -> Trapping<String> {
        Ok(String::new())
    }

    fn span_id(&mut self, _: Resource<FlowContext>) -> Trapping<String> {
        Ok(String::new())
    }

    fn deadline_ns(&mut self, _: Resource<FlowContext>) -> Trapping<u64> {
        Ok(0)
    }

    fn flow_id(&mut self, _: Resource<FlowContext>) -> Trapping<String> {
        Ok(String::new())
    }

    fn drop(&mut self, this: Resource<FlowContext>) -> Trapping<()> {
        self.table.delete(this)?;
        Ok(())
    }
}

impl buffer_allocator::Host for Host {
    fn allocate(&mut self, capacity: u64) -> Allocated {
        let Ok(capacity) = u32::try_from(capacity) else {
            return Ok(Err(BufferError::AllocationFailed("too large".to_owned())));
        };
        let capacity = capacity as usize;
        let draft = MutableBuffer {
            bytes: Vec::with_capacity(capacity),
            capacity,
            content_type: String::new(),
        };
        Ok(Ok(self.table.push(draft)?))
    }

    fn clone_into_mutable(&mut self, source: Resource<Buffer>) -> Allocated {
        let source = self.table.get(&source)?;
        let draft = MutableBuffer {
            bytes: source.bytes.clone(),
            capacity: source.bytes.len(),
            content_type: source.content_type.clone(),
        };
        self.copies += 1;
        Ok(Ok(self.table.push(draft)?))
    }
}
