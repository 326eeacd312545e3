//! The stages of a flow: components and files.

use std::path::Path;

use bench_common::Failed;
use bench_common::typed::bindings::exports::torvyn::aggregation::aggregator;
use bench_common::typed::bindings::exports::torvyn::filtering::filter;
use bench_common::typed::bindings::exports::torvyn::streaming::{processor, sink, source};
use bench_common::typed::bindings::torvyn::streaming::types::{OutputElement, ProcessResult, StreamElement};
use bench_common::typed::{Host, instantiate, linker, refused};
use native::command_line::Task;
use native::ends::{Lines, Written};
use native::manifest::{Flow, Manifest};
use native::programs::Role;
use native::stage::{Sink as _, Source as _};
use wasmtime::component::{Component, InstancePre, Linker};
use wasmtime::{Engine, Store};

/// A flow.
pub(crate) struct TypedChain {
    store: Store<Host>,
    source: Source,
    steps: Vec<Step>,
    sink: Sink,
    sequence: u64,
}

enum Source {
    Component(source::Guest),
    File(Lines),
}

enum Step {
    Processor(processor::Guest),
    Filter(filter::Guest),
    Aggregator(aggregator::Guest),
}

enum Sink {
    Component(sink::Guest),
    File(Written),
}

/// The components of a flow.
struct Components<'a> {
    linker: Linker<Host>,
    flow: Flow<'a>,
    folder: &'a Path,
}

impl Components<'_> {
    fn of(&self, node: &str) -> Result<InstancePre<Host>, Failed> {
        let file = self.folder.join(format!("{}.cwasm", self.flow.component(node)?));
        Ok(self.linker.instantiate_pre(&load(self.linker.engine(), &file)?)?)
    }
}

#[expect(unsafe_code, reason = "wasmtime has to trust the machine code that it loads")]
fn load(engine: &Engine, file: &Path) -> Result<Component, Failed> {
    // SAFETY: the harness made the file with this program, and nothing else writes to its folder.
    let component = unsafe { Component::deserialize_file(engine, file) };
    component.map_err(|error| format!("{}: {error}", file.display()).into())
}

impl TypedChain {
    pub(crate) fn of(task: &Task) -> Result<Self, Failed> {
        let engine = Engine::default();
        let manifest = Manifest::read(&task.manifest)?;
        let components = Components {
            linker: linker(&engine)?,
            flow: manifest.flow(task.program.name)?,
            folder: task.modules.as_deref().ok_or("`--modules` is missing")?,
        };
        let mut store = Store::new(&engine, Host::new()?);
        let (mut source, mut steps, mut sink) = (None, Vec::new(), None);
        for (node, role) in task.program.nodes {
            let pre = components.of(node)?;
            let instance = instantiate(&mut store, &pre, &components.flow.config(node)?)?;
            let to = (&mut store, &instance);
            match role {
                Role::Source => source = Some(source::GuestIndices::new(&pre)?.load(to.0, to.1)?),
                Role::Processor => steps.push(Step::Processor(processor::GuestIndices::new(&pre)?.load(to.0, to.1)?)),
                Role::Filter => steps.push(Step::Filter(filter::GuestIndices::new(&pre)?.load(to.0, to.1)?)),
                Role::Aggregator => {
                    steps.push(Step::Aggregator(aggregator::GuestIndices::new(&pre)?.load(to.0, to.1)?))
                }
                Role::Sink => sink = Some(sink::GuestIndices::new(&pre)?.load(to.0, to.1)?),
            }
        }
        Ok(Self {
            store,
            source: match source {
                Some(source) => Source::Component(source),
                None => Source::File(Lines::of(task.input()?)?),
            },
            steps,
            sink: match sink {
                Some(sink) => Sink::Component(sink),
                None => Sink::File(Written::to(task.output()?)?),
            },
            sequence: 0,
        })
    }

    /// Takes the next element from stage to stage. Returns whether there was one.
    pub(crate) fn element(&mut self) -> Result<bool, Failed> {
        let pulled = match &mut self.source {
            Source::Component(source) => source.call_pull(&mut self.store)?.map_err(refused)?,
            Source::File(lines) => {
                let line = lines.pull()?;
                line.map(|line| self.store.data_mut().output("text/plain", line))
                    .transpose()?
            }
        };
        let Some(output) = pulled else { return Ok(false) };
        self.pass(output, 0)?;
        self.sequence += 1;
        Ok(true)
    }

    /// Ends all stages.
    pub(crate) fn finish(mut self) -> Result<(), Failed> {
        for at in 0..self.steps.len() {
            if let Step::Aggregator(aggregator) = &self.steps[at] {
                for output in aggregator.call_flush(&mut self.store)?.map_err(refused)? {
                    self.pass(output, at + 1)?;
                }
            }
        }
        match &mut self.sink {
            Sink::Component(sink) => sink.call_complete(&mut self.store)?.map_err(refused),
            Sink::File(file) => file.finish(),
        }
    }

    /// Takes an element through the steps from `first` on, and into the sink.
    fn pass(&mut self, mut output: OutputElement, first: usize) -> Result<(), Failed> {
        for at in first..self.steps.len() {
            let element = self.lent(&output)?;
            let next = match &self.steps[at] {
                Step::Processor(processor) => {
                    match processor.call_process(&mut self.store, &element)?.map_err(refused)? {
                        ProcessResult::Emit(output) => Some(output),
                        ProcessResult::Drop => None,
                    }
                }
                Step::Filter(filter) => match filter.call_evaluate(&mut self.store, &element)?.map_err(refused)? {
                    true => continue,
                    false => None,
                },
                Step::Aggregator(aggregator) => aggregator.call_ingest(&mut self.store, &element)?.map_err(refused)?,
            };
            self.store.data_mut().release(output)?;
            match next {
                Some(next) => output = next,
                None => return Ok(()),
            }
        }
        self.deliver(output)
    }

    fn deliver(&mut self, output: OutputElement) -> Result<(), Failed> {
        let element = self.lent(&output)?;
        match &mut self.sink {
            Sink::Component(sink) => {
                sink.call_push(&mut self.store, &element)?.map_err(refused)?;
            }
            Sink::File(file) => file.line(self.store.data().payload(&output)?)?,
        }
        self.store.data_mut().release(output)
    }

    fn lent(&self, output: &OutputElement) -> Result<StreamElement, Failed> {
        self.store.data().element(output, self.sequence)
    }
}
