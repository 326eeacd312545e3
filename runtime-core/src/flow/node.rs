//! A stage with its place in the flow: which streams it takes from and puts into, and what it counted.

use std::time::Instant;

use super::Step;
use super::setup::{Origin, Setup, SinkStage, SourceStage};
use crate::context::RunContext;
use crate::crossing::component::{ComponentFilter, ComponentProcessor};
use crate::element::Element;
use crate::engine::Artifact;
use crate::error::{Cause, Failure, Operation};
use crate::host::CopyStats;
use crate::plan::{FlowPlan, NodePlan};
use crate::queue::Stream;
use crate::stage::{Called, Demand, Filter, Payload, Processor, Pulled, Stage};

/// What became of a node's elements.
#[derive(Clone, Copy, Debug, Default)]
pub struct NodeStats {
    /// Elements taken in.
    pub received: u64,
    /// Elements put out; with several streams from a port, still one.
    pub emitted: u64,
    /// Elements a filter rejected.
    pub filtered: u64,
    /// Elements a processor consumed without a result.
    pub absorbed: u64,
    /// Elements a sink took.
    pub delivered: u64,
    /// Calls that failed.
    pub errors: u64,
}

/// What the driver does with every node, whatever its role.
pub trait Node {
    /// What the compiler decided.
    fn plan(&self) -> &'static NodePlan;

    /// Prepares the stage.
    ///
    /// # Errors
    /// Keeps the flow from starting.
    fn init(&mut self, cx: &mut RunContext, config: &str) -> Result<(), Failure>;

    /// Tells a sink that no further element will arrive.
    ///
    /// # Errors
    /// What the sink reports.
    fn complete(&mut self, _: &mut RunContext) -> Result<(), Failure> {
        Ok(())
    }

    /// Ends the stage.
    ///
    /// # Errors
    /// What the stage reports.
    fn teardown(&mut self, cx: &mut RunContext) -> Result<(), Failure>;

    /// What became of the elements so far.
    fn stats(&self) -> NodeStats;

    /// What was copied across the sandbox so far.
    fn copies(&self) -> CopyStats;
}

/// The part of a node that does not depend on its role.
struct Place<S> {
    plan: &'static NodePlan,
    /// What implements the node, for failures.
    component: &'static str,
    stage: S,
    stats: NodeStats,
    /// Which input is asked first: the one behind the last one used (round-robin merge).
    next_input: usize,
}

impl<S: Stage> Place<S> {
    fn new(plan: &'static NodePlan, component: &'static str, stage: Called<S>) -> Result<Self, Failure> {
        match stage {
            Ok(stage) => Ok(Self {
                plan,
                component,
                stage,
                stats: NodeStats::default(),
                next_input: 0,
            }),
            Err(cause) => Err(Failure {
                node: plan.name,
                component,
                operation: Operation::Instantiate,
                element: None,
                cause,
            }),
        }
    }

    fn fail(&mut self, operation: Operation, element: Option<u64>, cause: Cause) -> Failure {
        self.stats.errors += 1;
        Failure {
            node: self.plan.name,
            component: self.component,
            operation,
            element,
            cause,
        }
    }

    #[inline]
    fn has_input(&self, streams: &[Stream]) -> bool {
        self.plan.inputs.iter().any(|input| !streams[*input].is_empty())
    }

    #[inline]
    fn has_credit(&self, streams: &[Stream]) -> bool {
        self.plan.outputs.iter().all(|output| streams[*output].has_credit())
    }

    /// Takes an element from the next input that has one.
    #[inline]
    fn take(&mut self, streams: &mut [Stream]) -> Element {
        let inputs = self.plan.inputs;
        loop {
            let input = inputs[self.next_input];
            self.next_input = if self.next_input + 1 == inputs.len() {
                0
            } else {
                self.next_input + 1
            };
            if let Some(element) = streams[input].pop() {
                self.stats.received += 1;
                return element;
            }
        }
    }

    /// Puts an element into every stream that leaves the node: they share its buffer.
    #[inline]
    fn emit(&mut self, cx: &mut RunContext, streams: &mut [Stream], element: Element) {
        self.stats.emitted += 1;
        let outputs = self.plan.outputs;
        if outputs.len() > 1 {
            let more = u32::try_from(outputs.len() - 1).expect("invariant: fewer than 2^32 streams");
            cx.pool()
                .retain(element.payload, more)
                .expect("invariant: the element holds its buffer");
        }
        for output in outputs {
            streams[*output].push(element);
        }
    }

    fn init(&mut self, cx: &mut RunContext, config: &str) -> Result<(), Failure> {
        self.stage
            .init(cx, config)
            .map_err(|cause| self.fail(Operation::Init, None, cause))
    }

    fn teardown(&mut self, cx: &mut RunContext) -> Result<(), Failure> {
        self.stage
            .teardown(cx)
            .map_err(|cause| self.fail(Operation::Teardown, None, cause))
    }
}

/// Ends the node's claim on the buffer of an element it handled.
fn release(cx: &mut RunContext, element: Element) {
    cx.pool()
        .release(element.payload)
        .expect("invariant: the element holds its buffer");
}

macro_rules! node {
    ($name:ident, { $($complete:tt)* }) => {
        impl Node for $name {
            fn plan(&self) -> &'static NodePlan {
                self.place.plan
            }

            fn init(&mut self, cx: &mut RunContext, config: &str) -> Result<(), Failure> {
                self.place.init(cx, config)
            }

            $($complete)*

            fn teardown(&mut self, cx: &mut RunContext) -> Result<(), Failure> {
                self.place.teardown(cx)
            }

            fn stats(&self) -> NodeStats {
                self.place.stats
            }

            fn copies(&self) -> CopyStats {
                self.place.stage.copies()
            }
        }
    };
}

/// A source in its place.
pub struct SourceNode {
    place: Place<SourceStage>,
    exhausted: bool,
}

impl SourceNode {
    /// Makes the stage of node `position`.
    ///
    /// # Errors
    /// When its component can't be instantiated.
    pub fn new(
        setup: &mut Setup<'_>,
        flow: &'static FlowPlan,
        position: usize,
        origin: Origin<SourceStage>,
    ) -> Result<Self, Failure> {
        let plan = &flow.nodes[position];
        Ok(Self {
            place: Place::new(plan, setup.ends().component(plan), setup.source(flow, plan, origin))?,
            exhausted: false,
        })
    }

    /// Whether the source may be pulled.
    #[inline]
    #[must_use]
    pub fn is_ready(&self, cx: &RunContext, streams: &[Stream]) -> bool {
        !self.exhausted && !cx.is_draining() && self.place.has_credit(streams)
    }

    /// Pulls one element.
    ///
    /// # Errors
    /// When the source failed.
    #[inline]
    pub fn run(&mut self, cx: &mut RunContext, streams: &mut [Stream]) -> Result<Step, Failure> {
        match self.place.stage.pull(cx) {
            Ok(Pulled::Element(payload)) => {
                let sequence = cx.count_emitted();
                let Payload { buffer, content_type } = payload;
                let element = Element {
                    sequence,
                    timestamp_ns: cx.now_ns(),
                    content_type,
                    payload: buffer,
                };
                self.place.emit(cx, streams, element);
            }
            Ok(Pulled::Exhausted) => self.exhausted = true,
            Ok(Pulled::Interrupted) => cx.drain(),
            Err(cause) => return Err(self.place.fail(Operation::Pull, Some(cx.next_sequence()), cause)),
        }
        Ok(Step::Ran)
    }
}

node!(SourceNode, {});

/// A processor in its place.
pub struct ProcessorNode {
    place: Place<ComponentProcessor>,
}

impl ProcessorNode {
    /// Makes the stage of node `position`.
    ///
    /// # Errors
    /// When its component can't be instantiated.
    pub fn new(
        setup: &mut Setup<'_>,
        flow: &'static FlowPlan,
        position: usize,
        artifact: &'static Artifact,
    ) -> Result<Self, Failure> {
        let plan = &flow.nodes[position];
        let stage = setup
            .component(artifact)
            .and_then(|component| ComponentProcessor::instantiate(setup.instantiator(), &component, flow.name, plan));
        Ok(Self {
            place: Place::new(plan, plan.component, stage)?,
        })
    }

    /// Whether an element waits and its result has room.
    #[inline]
    #[must_use]
    pub fn is_ready(&self, streams: &[Stream]) -> bool {
        self.place.has_input(streams) && self.place.has_credit(streams)
    }

    /// Handles one element.
    ///
    /// # Errors
    /// When the processor failed.
    #[inline]
    pub fn run(&mut self, cx: &mut RunContext, streams: &mut [Stream]) -> Result<Step, Failure> {
        let input = self.place.take(streams);
        let result = self.place.stage.process(cx, input);
        release(cx, input);
        match result {
            Ok(Some(Payload { buffer, content_type })) => {
                self.place.emit(
                    cx,
                    streams,
                    Element {
                        payload: buffer,
                        content_type,
                        ..input
                    },
                );
            }
            Ok(None) => self.place.stats.absorbed += 1,
            Err(cause) => return Err(self.place.fail(Operation::Process, Some(input.sequence), cause)),
        }
        Ok(Step::Ran)
    }
}

node!(ProcessorNode, {});

/// A filter in its place.
pub struct FilterNode {
    place: Place<ComponentFilter>,
}

impl FilterNode {
    /// Makes the stage of node `position`.
    ///
    /// # Errors
    /// When its component can't be instantiated.
    pub fn new(
        setup: &mut Setup<'_>,
        flow: &'static FlowPlan,
        position: usize,
        artifact: &'static Artifact,
    ) -> Result<Self, Failure> {
        let plan = &flow.nodes[position];
        let stage = setup
            .component(artifact)
            .and_then(|component| ComponentFilter::instantiate(setup.instantiator(), &component, flow.name, plan));
        Ok(Self {
            place: Place::new(plan, plan.component, stage)?,
        })
    }

    /// Whether an element waits and has room behind the filter.
    #[inline]
    #[must_use]
    pub fn is_ready(&self, streams: &[Stream]) -> bool {
        self.place.has_input(streams) && self.place.has_credit(streams)
    }

    /// Judges one element; one that passes keeps its buffer.
    ///
    /// # Errors
    /// When the filter failed.
    #[inline]
    pub fn run(&mut self, cx: &mut RunContext, streams: &mut [Stream]) -> Result<Step, Failure> {
        let input = self.place.take(streams);
        match self.place.stage.evaluate(cx, input) {
            Ok(true) => self.place.emit(cx, streams, input),
            Ok(false) => {
                release(cx, input);
                self.place.stats.filtered += 1;
            }
            Err(cause) => {
                release(cx, input);
                return Err(self.place.fail(Operation::Evaluate, Some(input.sequence), cause));
            }
        }
        Ok(Step::Ran)
    }
}

node!(FilterNode, {});

/// A sink in its place.
pub struct SinkNode {
    place: Place<SinkStage>,
    paused_until: Option<Instant>,
}

impl SinkNode {
    /// Makes the stage of node `position`.
    ///
    /// # Errors
    /// When its component can't be instantiated.
    pub fn new(
        setup: &mut Setup<'_>,
        flow: &'static FlowPlan,
        position: usize,
        origin: Origin<SinkStage>,
    ) -> Result<Self, Failure> {
        let plan = &flow.nodes[position];
        Ok(Self {
            place: Place::new(plan, setup.ends().component(plan), setup.sink(flow, plan, origin))?,
            paused_until: None,
        })
    }

    /// Whether an element waits and the sink wants it.
    #[inline]
    #[must_use]
    pub fn is_ready(&self, cx: &RunContext, streams: &[Stream]) -> bool {
        self.place.has_input(streams) && self.paused_until.is_none_or(|until| until <= cx.now())
    }

    /// Until when the sink keeps an element waiting.
    #[must_use]
    pub fn pause(&self, streams: &[Stream]) -> Option<Instant> {
        self.paused_until.filter(|_| self.place.has_input(streams))
    }

    /// Delivers one element.
    ///
    /// # Errors
    /// When the sink failed.
    #[inline]
    pub fn run(&mut self, cx: &mut RunContext, streams: &mut [Stream]) -> Result<Step, Failure> {
        let input = self.place.take(streams);
        let result = self.place.stage.push(cx, input);
        release(cx, input);
        self.paused_until = match result {
            Ok(Demand::Ready) => None,
            Ok(Demand::Pause) => Some(Instant::now() + cx.sink_pause),
            Err(cause) => return Err(self.place.fail(Operation::Push, Some(input.sequence), cause)),
        };
        self.place.stats.delivered += 1;
        Ok(Step::Ran)
    }
}

node!(SinkNode, {
    fn complete(&mut self, cx: &mut RunContext) -> Result<(), Failure> {
        self.place
            .stage
            .complete(cx)
            .map_err(|cause| self.place.fail(Operation::Complete, None, cause))
    }
});
