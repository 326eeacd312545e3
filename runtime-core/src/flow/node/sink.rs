//! A sink as a node of the flow.
//!
//! Elements that a sink holds are neither delivered nor lost; they are counted once the sink confirms them. Where a
//! failed delivery ends the flow, the sink may hold any number of elements, and the node only counts them. Under any
//! other error policy the node keeps the element, and the sink holds one at a time.

use super::{Place, impl_base, impl_node, release};
use crate::buffer::BufferPool;
use crate::buffer::Element;
use crate::clock::Time;
use crate::context::RunContext;
use crate::crossing::core::Counts;
use crate::crossing::{Make, Setup};
use crate::demand::Demand;
use crate::error::{Category, Cause, Failure, Operation};
use crate::event::Event;
use crate::flow::ends;
use crate::flow::link::{Fused, Link};
use crate::flow::policy::action;
use crate::layout::outcome;
use crate::plan::FlowPlan;
use crate::policy::{ErrorAction, LastResort};
use crate::stage::{Called, Sink, SinkStage, Taken, Trouble};
use crate::stream::Stream;

/// A node whose stage is a sink.
pub struct SinkNode {
    place: Place<SinkStage>,
    paused_until: Time,
    /// Whether the sink may hold many elements, because a failed delivery ends the flow.
    holds_many: bool,
    /// Number of elements that the sink holds.
    held: u64,
    /// The held element, where the sink holds one at a time.
    kept: Option<Element>,
    /// The held element, if it could not be delivered, with the cause.
    returned: Option<(Element, Cause)>,
    /// Whether the sink has no room for now.
    is_full: bool,
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
        origin: impl Make<SinkStage>,
    ) -> Result<Self, Failure> {
        let plan = &flow.nodes[position];
        let stage = ends::sink(setup, flow, position, origin);
        let on_write_error = action(&plan.policies.on_error, Category::Internal);
        Ok(Self {
            place: Place::new(flow, position, setup.ends().component(plan), stage)?,
            paused_until: Time::START,
            holds_many: on_write_error == ErrorAction::Now(LastResort::Terminate),
            held: 0,
            kept: None,
            returned: None,
            is_full: false,
        })
    }

    /// Whether the sink accepts a waiting element, or a held one came back.
    #[inline]
    #[must_use]
    pub fn is_ready(&mut self, cx: &mut RunContext, streams: &[Stream]) -> bool {
        if self.is_full && !self.makes_room(cx) {
            return self.returned.is_some() && self.place.outputs_accept(cx, streams);
        }
        self.place.has_work(cx, streams, self.paused_until) && self.place.outputs_accept(cx, streams)
    }

    /// Checks again whether a full sink has room.
    #[cold]
    fn makes_room(&mut self, cx: &mut RunContext) -> bool {
        if self.kept.is_some() {
            self.look(cx);
        }
        self.is_full = self.returned.is_some() || self.kept.is_some() || !self.place.stage.has_room();
        if self.is_full && self.returned.is_none() {
            cx.await_sink();
        }
        !self.is_full
    }

    /// Delivers one element.
    ///
    /// # Errors
    /// When the sink failed, and its error policy ends the flow.
    #[inline]
    pub fn run(&mut self, cx: &mut RunContext, streams: &mut [Stream]) -> Result<(), Failure> {
        if self.returned.is_some() {
            return self.decide(cx, streams);
        }
        self.run_one(cx, streams)
    }

    fn settle(
        &mut self,
        cx: &mut RunContext,
        streams: &mut [Stream],
        input: Element,
        taken: Called<Taken>,
    ) -> Result<(), Failure> {
        match taken {
            Ok(Taken::Delivered(demand)) => {
                self.place.succeeded(cx);
                release(cx, input);
                self.place.stats.delivered += 1;
                if demand == Demand::Pause {
                    cx.disturb();
                    self.paused_until = cx.now().after(cx.sink_pause);
                    cx.note(Event::SinkPaused {
                        node: self.place.plan.name,
                        duration: cx.sink_pause,
                    });
                }
                Ok(())
            }
            Ok(Taken::Held { has_news, has_room }) if self.holds_many => {
                release(cx, input);
                self.hold(cx);
                self.is_full = !has_room;
                if self.is_full {
                    cx.disturb();
                }
                if has_news { self.confirm_held(cx) } else { Ok(()) }
            }
            Ok(Taken::Held { .. }) => {
                cx.disturb();
                self.hold(cx);
                self.kept = Some(input);
                self.is_full = true;
                self.place.stage.flush();
                self.look(cx);
                match self.returned {
                    Some(_) => self.decide(cx, streams),
                    None => Ok(()),
                }
            }
            Err(cause) => self.place.failed(cx, streams, Operation::Push, Some(input), cause),
        }
    }

    fn hold(&mut self, cx: &mut RunContext) {
        self.held += 1;
        cx.hold();
    }

    /// Counts `elements` fewer held elements.
    fn let_go(&mut self, cx: &mut RunContext, elements: u64) {
        self.held -= elements;
        cx.let_go(elements);
    }

    /// Counts the delivered elements of many held ones, and those that cannot be delivered.
    fn confirm_held(&mut self, cx: &mut RunContext) -> Result<(), Failure> {
        let confirmed = self.place.stage.confirm();
        self.let_go(cx, confirmed.arrived);
        self.place.stats.delivered += confirmed.arrived;
        let Some(Trouble { element, lost, cause }) = confirmed.trouble else {
            return Ok(());
        };
        self.let_go(cx, lost);
        self.place.stats.failed += lost;
        let failure = self.place.failure(Operation::Push, element, cause);
        self.place.note_failure(cx, &failure);
        Err(failure)
    }

    /// Checks the one held element.
    fn look(&mut self, cx: &mut RunContext) {
        let confirmed = self.place.stage.confirm();
        if confirmed.arrived == 0 && confirmed.trouble.is_none() {
            return;
        }
        let Some(element) = self.kept.take() else { return };
        self.let_go(cx, 1);
        self.is_full = false;
        match confirmed.trouble {
            Some(trouble) => {
                self.is_full = true;
                self.returned = Some((element, trouble.cause));
            }
            None => {
                self.place.succeeded(cx);
                release(cx, element);
                self.place.stats.delivered += 1;
            }
        }
    }

    /// Applies the error policy to the element that came back.
    fn decide(&mut self, cx: &mut RunContext, streams: &mut [Stream]) -> Result<(), Failure> {
        self.is_full = false;
        match self.returned.take() {
            Some((element, cause)) => self.place.failed(cx, streams, Operation::Push, Some(element), cause),
            None => Ok(()),
        }
    }

    fn complete(&mut self, cx: &mut RunContext) -> Result<(), Failure> {
        self.place.stats.calls += 1;
        let completed = self.place.stage.complete(cx);
        completed.map_err(|cause| self.place.report(cx, Operation::Complete, cause))
    }
}

impl Link for SinkNode {
    impl_base!(Push);

    #[inline]
    fn handle(
        &mut self,
        cx: &mut RunContext,
        streams: &mut [Stream],
        input: Element,
    ) -> Result<Option<Element>, Failure> {
        let taken = self.place.stage.push(cx, input);
        self.settle(cx, streams, input, taken).map(|()| None)
    }

    fn is_clear(&self, cx: &mut RunContext, streams: &[Stream]) -> bool {
        !self.is_full && self.place.is_clear(cx, streams, self.paused_until)
    }
}

impl Fused for SinkNode {
    fn count(&mut self, _: &BufferPool, counts: Counts) {
        self.place.count(Counts { emitted: 0, ..counts });
        self.place.stats.delivered += counts.emitted;
    }

    fn conclude(
        &mut self,
        cx: &mut RunContext,
        streams: &mut [Stream],
        input: Element,
        came_to: Called<u32>,
    ) -> Result<Option<Element>, Failure> {
        let taken = came_to.map(|outcome| match outcome {
            outcome::PAUSED => Taken::Delivered(Demand::Pause),
            _ => Taken::Delivered(Demand::Ready),
        });
        self.settle(cx, streams, input, taken).map(|()| None)
    }
}

impl_node!(SinkNode, {
    fn is_open(&mut self, cx: &mut RunContext) -> Result<bool, Failure> {
        let open = self.place.stage.is_open();
        open.map_err(|cause| self.place.report(cx, Operation::Init, cause))
    }

    fn flush(&mut self) {
        if self.held > 0 {
            self.place.stage.flush();
        }
    }

    fn confirm(&mut self, cx: &mut RunContext) -> Result<(), Failure> {
        match (self.held, self.holds_many) {
            (0, _) => Ok(()),
            (_, true) => self.confirm_held(cx),
            (_, false) => {
                self.look(cx);
                Ok(())
            }
        }
    }

    fn finish(&mut self, cx: &mut RunContext) -> Result<(), Failure> {
        self.complete(cx)
    }

    fn rescue(&mut self, cx: &mut RunContext) -> Result<(), Failure> {
        self.complete(cx)
    }

    fn abandon(&mut self, cx: &mut RunContext) {
        let arrived = self.place.stage.withdraw();
        let lost = self.held - arrived;
        self.let_go(cx, self.held);
        self.place.stats.delivered += arrived;
        self.place.stats.failed += lost;
        let kept = self.kept.take();
        if let Some(element) = kept.or_else(|| self.returned.take().map(|(element, _)| element)) {
            self.place.stats.failed += u64::from(arrived + lost == 0);
            release(cx, element);
        }
        self.place.abandon(cx);
    }
});
