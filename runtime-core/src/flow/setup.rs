//! Makes the stages of a flow, with its ends replaced where the command line asks for it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::buffer::BufferPool;
use crate::builtin::{Common, Console, File, Generator, Lines};
use crate::context::RunContext;
use crate::control::Halt;
use crate::crossing::Hosts;
use crate::crossing::core::Watched;
use crate::element::Element;
use crate::executor::Waker;
use crate::host::CopyStats;
use crate::plan::{FlowPlan, NodePlan, Role};
use crate::replica::Replica;
use crate::stage::{Called, Confirmed, Demand, Pulled, Sink, Source, Stage, Supply, Taken};

/// Where a source comes from instead of the manifest (`--input`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// `builtin:generator`.
    Generator,
    /// `builtin:lines` of a path; `-` is standard input.
    Lines(PathBuf),
}

/// Where a sink goes instead of the manifest (`--output`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// `builtin:console`.
    Console,
    /// `builtin:file`.
    File(PathBuf),
}

/// The ends that the command line replaces, by node.
#[derive(Clone, Debug, Default)]
pub struct Ends {
    /// Replaced sources.
    pub inputs: BTreeMap<&'static str, Input>,
    /// Replaced sinks.
    pub outputs: BTreeMap<&'static str, Output>,
}

impl Ends {
    /// What implements `node` in this run.
    #[must_use]
    pub fn component(&self, node: &'static NodePlan) -> &'static str {
        match (self.inputs.get(node.name), self.outputs.get(node.name)) {
            (Some(Input::Generator), _) => "builtin:generator",
            (Some(Input::Lines(_)), _) => "builtin:lines",
            (None, Some(Output::Console)) => "builtin:console",
            (None, Some(Output::File(_))) => "builtin:file",
            (None, None) => node.component,
        }
    }

    /// The files that replace sinks, by node.
    pub fn written(&self) -> impl Iterator<Item = (&'static str, &Path)> {
        self.outputs.iter().filter_map(|(node, output)| match output {
            Output::Console => None,
            Output::File(path) => Some((*node, path.as_path())),
        })
    }

    /// Whether the command line replaces the node.
    #[must_use]
    pub fn replace(&self, node: &str) -> bool {
        self.inputs.contains_key(node) || self.outputs.contains_key(node)
    }

    /// Whether a node is a source that wants to know about pressure downstream: built-in ones do not.
    #[must_use]
    pub fn hears_pressure(&self, node: &'static NodePlan) -> bool {
        node.role == Role::Source && !self.component(node).starts_with("builtin:")
    }
}

/// What a stage is made from: an artifact on one of the call paths, or a built-in.
pub trait Make<S> {
    /// Makes the stage of `flow`'s node `position`.
    ///
    /// # Errors
    /// When it can't be instantiated.
    fn make(self, setup: &mut Setup<'_>, flow: &'static FlowPlan, position: usize) -> Called<S>;
}

/// A stage that is there already.
#[derive(Debug)]
pub struct Builtin<S>(pub S);

impl<S> Make<S> for Builtin<S> {
    fn make(self, _: &mut Setup<'_>, _: &'static FlowPlan, _: usize) -> Called<S> {
        Ok(self.0)
    }
}

/// Whoever is a source.
pub type SourceStage = Box<dyn Source>;

/// Whoever is a sink.
pub type SinkStage = Box<dyn Sink>;

macro_rules! boxed_stage {
    ($name:ty) => {
        impl Stage for $name {
            fn init(&mut self, cx: &mut RunContext, config: &str) -> Called<()> {
                (**self).init(cx, config)
            }

            fn teardown(&mut self, cx: &mut RunContext) -> Called<()> {
                (**self).teardown(cx)
            }

            fn copies(&self) -> CopyStats {
                (**self).copies()
            }

            fn is_dead(&self) -> bool {
                (**self).is_dead()
            }

            fn revive(&mut self, cx: &mut RunContext, config: &str) -> Called<()> {
                (**self).revive(cx, config)
            }
        }
    };
}

boxed_stage!(SourceStage);
boxed_stage!(SinkStage);

impl Source for SourceStage {
    fn share(&mut self, common: Arc<Common>) {
        (**self).share(common);
    }

    fn supply(&mut self, cx: &mut RunContext) -> Supply {
        (**self).supply(cx)
    }

    fn is_pulling(&self) -> bool {
        (**self).is_pulling()
    }

    fn pull(&mut self, cx: &mut RunContext) -> Called<Pulled> {
        (**self).pull(cx)
    }

    fn notify(&mut self, cx: &mut RunContext, signal: Demand) -> Called<()> {
        (**self).notify(cx, signal)
    }
}

impl Sink for SinkStage {
    fn is_open(&mut self) -> Called<bool> {
        (**self).is_open()
    }

    fn push(&mut self, cx: &mut RunContext, input: Element) -> Called<Taken> {
        (**self).push(cx, input)
    }

    fn has_room(&mut self) -> bool {
        (**self).has_room()
    }

    fn flush(&mut self) {
        (**self).flush();
    }

    fn confirm(&mut self) -> Confirmed {
        (**self).confirm()
    }

    fn withdraw(&mut self) -> u64 {
        (**self).withdraw()
    }

    fn complete(&mut self, cx: &mut RunContext) -> Called<()> {
        (**self).complete(cx)
    }
}

/// What the stages of a flow are made from.
pub struct Setup<'a> {
    /// What the process has for all flows.
    hosts: &'a Hosts,
    /// The buffers of the flow. Away only while a stage has them.
    pool: Option<Box<BufferPool>>,
    /// The ends that are replaced.
    ends: &'a Ends,
    /// What the watchdog looks at.
    watched: Option<Arc<Watched>>,
    /// Wakes the flow.
    pub(crate) waker: Waker,
    halt: Arc<Halt>,
    /// The run that they are for.
    replica: Replica,
}

impl<'a> Setup<'a> {
    /// For a flow with these buffers, in a run that `halt` ends.
    pub fn new(
        hosts: &'a Hosts,
        flow: &'static FlowPlan,
        pool: BufferPool,
        ends: &'a Ends,
        waker: Waker,
        halt: Arc<Halt>,
    ) -> Self {
        Self {
            watched: hosts.watch(flow, &pool, &halt),
            hosts,
            pool: Some(Box::new(pool)),
            ends,
            waker,
            halt,
            replica: Replica::alone(),
        }
    }

    /// For a run that is one of several.
    #[must_use]
    pub fn of(self, replica: Replica) -> Self {
        Self { replica, ..self }
    }

    pub(crate) fn ends(&self) -> &Ends {
        self.ends
    }

    /// The buffers of the flow.
    pub(crate) fn pool(&self) -> &BufferPool {
        let pool = self.pool.as_ref();
        pool.expect("invariant: the pool is away only while a stage has it")
    }

    pub(crate) fn lend_pool(&mut self) -> Box<BufferPool> {
        let pool = self.pool.take();
        pool.expect("invariant: one stage is made at a time")
    }

    pub(crate) fn return_pool(&mut self, pool: Box<BufferPool>) {
        self.pool = Some(pool);
    }

    /// The buffers of the flow, for its run.
    #[must_use]
    pub fn into_pool(mut self) -> BufferPool {
        *self.lend_pool()
    }

    /// What ends the run from outside.
    pub(crate) fn halt(&self) -> &Arc<Halt> {
        &self.halt
    }

    /// The host of the component path, which is a `T`.
    pub(crate) fn component_host<T: 'static>(&self) -> &'a T {
        let host = self.hosts.component().and_then(|host| host.as_any().downcast_ref());
        host.expect("invariant: a program with stages on the component path names its host")
    }

    /// The host of the core paths, which is a `T`.
    pub(crate) fn core_host<T: 'static>(&self) -> &'a T {
        let host = self.hosts.core().and_then(|host| host.as_any().downcast_ref());
        host.expect("invariant: a program with stages on the core paths names its host")
    }

    /// What the watchdog looks at.
    pub(crate) fn watched(&self) -> &Arc<Watched> {
        let watched = self.watched.as_ref();
        watched.expect("invariant: a flow with shells is watched")
    }

    pub(super) fn source(
        &mut self,
        flow: &'static FlowPlan,
        position: usize,
        origin: impl Make<SourceStage>,
    ) -> Called<SourceStage> {
        let mut stage: SourceStage = match self.ends.inputs.get(flow.nodes[position].name) {
            Some(Input::Generator) => Box::new(Generator::default()),
            Some(Input::Lines(path)) => Box::new(Lines::of(self.replica.fill_path(path))),
            None => origin.make(self, flow, position)?,
        };
        if flow.replicas_by.is_none()
            && let Some(common) = self.replica.common(position)
        {
            stage.share(common);
        }
        Ok(stage)
    }

    pub(super) fn sink(
        &mut self,
        flow: &'static FlowPlan,
        position: usize,
        origin: impl Make<SinkStage>,
    ) -> Called<SinkStage> {
        match self.ends.outputs.get(flow.nodes[position].name) {
            Some(Output::Console) => Ok(Box::new(Console::default())),
            Some(Output::File(path)) => Ok(Box::new(File::of(self.replica.fill_path(path)))),
            None => origin.make(self, flow, position),
        }
    }
}
