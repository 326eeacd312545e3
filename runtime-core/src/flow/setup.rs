//! Makes the stages of a flow, with its ends replaced where the command line asks for it.

use std::collections::BTreeMap;
use std::sync::Arc;

use wasmtime::Engine;
use wasmtime::component::Component;

use super::apart::Apart;
use crate::builtin::{Console, File, Generator, Lines};
use crate::clock::ClockKind;
use crate::context::RunContext;
use crate::control::Control;
use crate::crossing::component::{ComponentSink, ComponentSource, ComponentStage, Exports, Instantiator, Making};
use crate::engine::{self, Artifact};
use crate::error::Cause;
use crate::executor::Waker;
use crate::host::CopyStats;
use crate::plan::{FlowPlan, NodePlan, Role};
use crate::stage::{Called, Demand, Pulled, Sink, Source, Stage, Supply};

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

    /// Whether a node is a source that wants to know about pressure downstream: built-in ones do not.
    #[must_use]
    pub fn hears_pressure(&self, node: &'static NodePlan) -> bool {
        node.role == Role::Source && !self.component(node).starts_with("builtin:")
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

/// Components by artifact: several nodes, of several flows, may use one.
#[derive(Default)]
pub struct Loaded(BTreeMap<&'static str, Component>);

impl Loaded {
    fn component(&mut self, engine: &Engine, artifact: &'static Artifact) -> Called<Component> {
        if let Some(component) = self.0.get(artifact.name) {
            return Ok(component.clone());
        }
        let loaded = engine::load(engine, artifact);
        let component = loaded.map_err(|error| Cause::Instantiation(format!("{error:#}")))?;
        self.0.insert(artifact.name, component.clone());
        Ok(component)
    }
}

/// What the stages of a flow are made from.
pub struct Setup<'a> {
    /// The engine of all components.
    pub engine: &'a Engine,
    /// The imports of all components.
    pub instantiator: &'a Arc<Instantiator>,
    /// Components loaded so far.
    pub loaded: &'a mut Loaded,
    /// The ends that are replaced.
    pub ends: &'a Ends,
    /// Signals.
    pub control: &'a Arc<Control>,
    /// Wakes the flow.
    pub waker: Waker,
    /// The flow's time.
    pub clock: ClockKind,
}

impl Setup<'_> {
    pub(super) fn ends(&self) -> &Ends {
        self.ends
    }

    /// Makes the component that is the stage of a node.
    pub(super) fn instantiate<G: Exports>(
        &mut self,
        flow: &'static FlowPlan,
        position: usize,
        artifact: &'static Artifact,
    ) -> Called<ComponentStage<G>> {
        let component = self.loaded.component(self.engine, artifact)?;
        ComponentStage::instantiate(Making::new(self.instantiator, &component, flow, position)?)
    }

    pub(super) fn source(
        &mut self,
        flow: &'static FlowPlan,
        position: usize,
        origin: Origin<SourceStage>,
    ) -> Called<SourceStage> {
        let plan = &flow.nodes[position];
        match (self.ends.inputs.get(plan.name), origin) {
            (Some(Input::Generator), _) => Ok(Box::new(Generator::default())),
            (Some(Input::Lines(path)), _) => Ok(Box::new(Lines::of(path.clone()))),
            (None, Origin::Builtin(stage)) => Ok(stage),
            (None, Origin::Component(artifact)) => {
                let stage: ComponentSource = self.instantiate(flow, position, artifact)?;
                match plan.own_thread {
                    true => Ok(Box::new(Apart::start(self, flow, plan, stage)?)),
                    false => Ok(Box::new(stage)),
                }
            }
        }
    }

    pub(super) fn sink(
        &mut self,
        flow: &'static FlowPlan,
        position: usize,
        origin: Origin<SinkStage>,
    ) -> Called<SinkStage> {
        let plan = &flow.nodes[position];
        match (self.ends.outputs.get(plan.name), origin) {
            (Some(Output::Console), _) => Ok(Box::new(Console::default())),
            (Some(Output::File(path)), _) => Ok(Box::new(File::of(path.clone()))),
            (None, Origin::Builtin(stage)) => Ok(stage),
            (None, Origin::Component(artifact)) => {
                let stage: ComponentSink = self.instantiate(flow, position, artifact)?;
                Ok(Box::new(stage))
            }
        }
    }
}
