//! The components as a user of wasmtime runs them by hand: bindings made by `bindgen!`, resources in a `ResourceTable`,
//! one store for all stages, typed calls, machine code made in this process.

use bench_common::Failed;
use bench_common::typed::bindings::exports::torvyn::streaming::{processor, sink, source};
use bench_common::typed::bindings::torvyn::streaming::types::{OutputElement, ProcessResult, StreamElement};
use bench_common::typed::{self, Host, instantiate, refused};
use comparison_work::Checksum;
use wasmtime::component::{Component, InstancePre};
use wasmtime::{Engine, Store};

use super::CallPath;
use crate::load::{Chain, Load, Window, drive};

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
        let linker = typed::linker(&engine)?;
        let prepare = |binary| linker.instantiate_pre(&Component::from_binary(&engine, binary)?);
        Ok(Self {
            source: prepare(SOURCE)?,
            processor: prepare(PROCESSOR)?,
            sink: prepare(SINK)?,
            engine,
        })
    }

    fn chain(&self, load: &Load) -> Result<TypedChain, Failed> {
        let mut store = Store::new(&self.engine, Host::new()?);
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
            sequence: 0,
            in_host: Checksum::default(),
        })
    }
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
        window.copies = Some(chain.store.data().copies());
        Ok(window)
    }
}

struct TypedChain {
    store: Store<Host>,
    source: source::Guest,
    processors: Vec<processor::Guest>,
    sink: Option<sink::Guest>,
    sequence: u64,
    /// What a chain without a sink came to.
    in_host: Checksum,
}

impl TypedChain {
    fn element(&self, output: &OutputElement) -> Result<StreamElement, Failed> {
        self.store.data().element(output, self.sequence)
    }
}

impl Chain for TypedChain {
    fn message(&mut self) -> Result<(), Failed> {
        let pulled = self.source.call_pull(&mut self.store)?.map_err(refused)?;
        let mut output = pulled.ok_or("the source ended")?;
        for at in 0..self.processors.len() {
            let element = self.element(&output)?;
            let processed = self.processors[at].call_process(&mut self.store, &element)?;
            self.store.data_mut().release(output)?;
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
            None => self.in_host.fold(self.store.data().payload(&output)?),
        }
        self.store.data_mut().release(output)?;
        self.sequence += 1;
        Ok(())
    }
}
