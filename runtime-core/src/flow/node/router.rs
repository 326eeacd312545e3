//! A router as a node of the flow.

use super::{Place, impl_new, impl_node, release};
use crate::buffer::Element;
use crate::context::RunContext;
use crate::error::{Cause, Failure, Operation};
use crate::stage::{Called, Payload, Router};
use crate::stream::Stream;

/// A node whose stage is a router.
pub struct RouterNode<S> {
    place: Place<S>,
    /// Streams of the ports that the current element goes to; kept to reuse the allocation.
    targets: Vec<&'static usize>,
}

impl_new!(RouterNode: Router { targets: Vec::new() });

impl<S: Router> RouterNode<S> {
    /// Whether an element waits and every port has room, since the element may go to any of them.
    #[inline]
    #[must_use]
    pub fn is_ready(&mut self, cx: &mut RunContext, streams: &[Stream]) -> bool {
        self.place.is_ready(cx, streams)
    }

    /// Routes one element, which keeps its buffer.
    ///
    /// # Errors
    /// When the router failed, and its error policy ends the flow.
    #[inline]
    pub fn run(&mut self, cx: &mut RunContext, streams: &mut [Stream]) -> Result<(), Failure> {
        let input = self.place.take(cx, streams);
        let routed = self.place.stage.route(cx, input);
        match routed.and_then(|ports| self.find_targets(cx, streams, input, &ports)) {
            Ok(()) if self.targets.is_empty() => {
                self.place.succeeded(cx);
                release(cx, input);
                self.place.stats.filtered += 1;
                Ok(())
            }
            Ok(()) => {
                self.place.succeeded(cx);
                self.place.stats.emitted += 1;
                let targets = self.targets.iter().copied();
                self.place.put(cx, streams, Operation::Route, input, targets)
            }
            Err(cause) => self.place.failed(cx, streams, Operation::Route, Some(input), cause),
        }
    }

    /// The streams of the named ports, each port once and in the order of the plan.
    fn find_targets(
        &mut self,
        cx: &mut RunContext,
        streams: &[Stream],
        input: Element,
        ports: &[String],
    ) -> Called<()> {
        self.targets.clear();
        let known = self.place.plan.outputs;
        let shares_ports = cx.shares_ports_of(self.place.position);
        if let Some(unknown) = ports.iter().find(|port| known.iter().all(|known| known.name != **port)) {
            return Err(Cause::UnknownPort(unknown.clone()));
        }
        let named = known.iter().enumerate();
        let named = named.filter(|(_, known)| ports.iter().any(|port| port == known.name));
        let own = named.filter(|(number, _)| !shares_ports || cx.replica.has_port(*number));
        self.targets.extend(own.flat_map(|(_, port)| port.streams));
        let passing = Payload {
            buffer: input.payload,
            content_type: input.content_type,
        };
        self.place
            .fits_streams(cx, streams, passing, self.targets.iter().copied())
    }
}

impl_node!(RouterNode<S: Router>, {
    fn abandon(&mut self, cx: &mut RunContext) {
        self.place.abandon(cx);
    }
});
