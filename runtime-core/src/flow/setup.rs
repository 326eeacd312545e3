//! Makes the stages of a flow, with its ends replaced where the command line asks for it.

use std::collections::BTreeMap;

use wasmtime::Engine;
use wasmtime::component::Component;

use crate::builtin::{Console, File, Generator, Lines};
use crate::context::RunContext;
use crate::crossing::component::{ComponentSink, ComponentSource, Instantiator};
use crate::engine::{self, Artifact};
use crate::error::Cause;
use crate::host::CopyStats;
use crate::plan::{FlowPlan, NodePlan};
use crate::stage::{Called, Sink, Source, Stage};

/// Where a source comes from instead of the manifest (`--input`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// `builtin:generator`.
    Generator,
    /// `builtin:lines` of a path; `-` is standard input.
    Lines(String),
}

/// Where a sink goes instead of the manifest (`--output`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// `builtin:console`.
    Console,
    /// `builtin:file`.
    File(String),
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
    pub(super) fn component(&self, node: &'static NodePlan) -> &'static str {
        match (self.inputs.get(node.name), self.outputs.get(node.name)) {
            (Some(Input::Generator), _) => "builtin:generator",
            (Some(Input::Lines(_)), _) => "builtin:lines",
            (None, Some(Output::Console)) => "builtin:console",
            (None, Some(Output::File(_))) => "builtin:file",
            (None, None) => node.component,
        }
    }

    /// Whether the command line replaces the node.
    #[must_use]
    pub fn replace(&self, node: &str) -> bool {
        self.inputs.contains_key(node) || self.outputs.contains_key(node)
    }
}

/// Who implements an end, according to the manifest.
#[derive(Debug)]
pub enum Origin<S> {
    /// A component.
    Component(&'static Artifact),
    /// A built-in.
    Builtin(S),
}

/// Whoever is a source.
pub type SourceStage = Box<dyn Source>;

/// Whoever is a sink.
pub type SinkStage = Box<dyn Sink>;

impl Stage for SourceStage {
    fn init(&mut self, cx: &mut RunContext, config: &str) -> Called<()> {
        (**self).init(cx, config)
    }

    fn teardown(&mut self, cx: &mut RunContext) -> Called<()> {
        (**self).teardown(cx)
    }

    fn copies(&self) -> CopyStats {
        (**self).copies()
    }
}

impl Stage for SinkStage {
    fn init(&mut self, cx: &mut RunContext, config: &str) -> Called<()> {
        (**self).init(cx, config)
    }

    fn teardown(&mut self, cx: &mut RunContext) -> Called<()> {
        (**self).teardown(cx)
    }

    fn copies(&self) -> CopyStats {
        (**self).copies()
    }
}

/// What stages are made from.
pub struct Setup<'a> {
    engine: Engine,
    instantiator: Instantiator,
    /// Components by artifact: several nodes may use one.
    loaded: BTreeMap<&'static str, Component>,
    ends: &'a Ends,
}

impl<'a> Setup<'a> {
    /// A set-up whose instances come from `instantiator`.
    #[must_use]
    pub fn new(engine: Engine, instantiator: Instantiator, ends: &'a Ends) -> Self {
        Self {
            engine,
            instantiator,
            loaded: BTreeMap::new(),
            ends,
        }
    }

    pub(super) fn ends(&self) -> &Ends {
        self.ends
    }

    pub(super) fn instantiator(&self) -> &Instantiator {
        &self.instantiator
    }

    pub(super) fn component(&mut self, artifact: &'static Artifact) -> Called<Component> {
        if let Some(component) = self.loaded.get(artifact.name) {
            return Ok(component.clone());
        }
        let loaded = engine::load(&self.engine, artifact);
        let component = loaded.map_err(|error| Cause::Instantiation(format!("{error:#}")))?;
        self.loaded.insert(artifact.name, component.clone());
        Ok(component)
    }

    pub(super) fn source(
        &mut self,
        flow: &'static FlowPlan,
        plan: &'static NodePlan,
        origin: Origin<SourceStage>,
    ) -> Called<SourceStage> {
        match (self.ends.inputs.get(plan.name), origin) {
            (Some(Input::Generator), _) => Ok(Box::new(Generator::default())),
            (Some(Input::Lines(path)), _) => Ok(Box::new(Lines::of(path.clone()))),
            (None, Origin::Builtin(stage)) => Ok(stage),
            (None, Origin::Component(artifact)) => {
                let component = self.component(artifact)?;
                let stage = ComponentSource::instantiate(&self.instantiator, &component, flow.name, plan)?;
                Ok(Box::new(stage))
            }
        }
    }

    pub(super) fn sink(
        &mut self,
        flow: &'static FlowPlan,
        plan: &'static NodePlan,
        origin: Origin<SinkStage>,
    ) -> Called<SinkStage> {
        match (self.ends.outputs.get(plan.name), origin) {
            (Some(Output::Console), _) => Ok(Box::new(Console::default())),
            (Some(Output::File(path)), _) => Ok(Box::new(File::of(path.clone()))),
            (None, Origin::Builtin(stage)) => Ok(stage),
            (None, Origin::Component(artifact)) => {
                let component = self.component(artifact)?;
                let stage = ComponentSink::instantiate(&self.instantiator, &component, flow.name, plan)?;
                Ok(Box::new(stage))
            }
        }
    }
}
