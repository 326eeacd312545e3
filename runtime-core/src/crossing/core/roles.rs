//! The roles, implemented by a stage in a shell.

use super::{CoreStage, entry, result};
use crate::buffer::Element;
use crate::buffer::{BufferError, BufferId, BufferPool, ContentType};
use crate::context::RunContext;
use crate::demand::Demand;
use crate::error::{Cause, ResourceMisuse};
use crate::layout::outcome;
use crate::stage::{Aggregator, Called, Filter, Payload, Processor, Pulled, Router, Sink, Source, Stage as _, Taken};

impl Source for CoreStage {
    fn pull(&mut self, cx: &mut RunContext) -> Called<Pulled> {
        let outcome = self.call(cx, 0, |store, member| entry(&member.entries.pull).call(store, ()))?;
        Ok(match result(cx.pool(), self.node, outcome) {
            Some(payload) => Pulled::Element(payload),
            None => Pulled::Exhausted,
        })
    }

    fn notify(&mut self, cx: &mut RunContext, signal: Demand) -> Called<()> {
        let signal = match signal {
            Demand::Ready => 0,
            Demand::Pause => 1,
        };
        let called = self.call(cx, 0, |store, member| {
            entry(&member.entries.notify)
                .call(store, signal)
                .map(|()| outcome::EMITTED)
        });
        called.map(|_| ())
    }
}

impl Processor for CoreStage {
    fn process(&mut self, cx: &mut RunContext, input: Element) -> Called<Option<Payload>> {
        let outcome = self.call_with(cx, input)?;
        Ok(result(cx.pool(), self.node, outcome))
    }
}

impl Filter for CoreStage {
    fn evaluate(&mut self, cx: &mut RunContext, input: Element) -> Called<bool> {
        Ok(self.call_with(cx, input)? == outcome::EMITTED)
    }
}

impl Router for CoreStage {
    fn route(&mut self, cx: &mut RunContext, input: Element) -> Called<Vec<String>> {
        let called = self.call_with(cx, input);
        // A call may have named ports before it failed; they must not show up in the next one.
        let ports = std::mem::take(&mut self.held.borrow().store.data_mut().ports);
        called.map(|_| ports)
    }
}

impl Aggregator for CoreStage {
    fn ingest(&mut self, cx: &mut RunContext, input: Element) -> Called<Option<Payload>> {
        let outcome = self.call_with(cx, input)?;
        Ok(result(cx.pool(), self.node, outcome))
    }

    fn flush(&mut self, cx: &mut RunContext) -> Called<Vec<Payload>> {
        let called = self.call(cx, 0, |store, member| entry(&member.entries.flush).call(store, ()));
        let results = std::mem::take(&mut self.held.borrow().store.data_mut().results);
        called?;
        let mut accepted = Vec::with_capacity(results.len());
        let mut is_refused = false;
        for (buffer, named) in results {
            let payload = accept(cx.pool(), self.node, buffer, named);
            is_refused |= payload.is_none();
            accepted.extend(payload);
        }
        if !is_refused {
            return Ok(accepted);
        }
        // All or nothing: some of the results would be mistaken for all of them.
        for payload in accepted {
            let released = cx.pool().release(payload.buffer);
            released.expect("invariant: the buffer was just taken over");
        }
        Err(refused())
    }
}

impl Sink for CoreStage {
    fn push(&mut self, cx: &mut RunContext, input: Element) -> Called<Taken> {
        let demand = match self.call_with(cx, input)? {
            outcome::PAUSED => Demand::Pause,
            _ => Demand::Ready,
        };
        Ok(Taken::Delivered(demand))
    }

    fn complete(&mut self, cx: &mut RunContext) -> Called<()> {
        if self.is_dead() {
            return Ok(());
        }
        let called = self.call(cx, 0, |store, member| entry(&member.entries.complete).call(store, ()));
        called.map(|_| ())
    }
}

/// Takes ownership of one of several results; `None` where the flow cannot hold its content type.
fn accept(pool: &mut BufferPool, node: usize, buffer: BufferId, named: Option<ContentType>) -> Option<Payload> {
    pool.begin_call(node);
    let own = pool.content_type(buffer);
    let own = own.expect("invariant: glue has taken it from a stage that had it");
    let payload = named.map(|named| {
        let name = pool.content_types.name(named).to_owned();
        pool.count_metadata(node, &name);
        pool.take_over(buffer).expect("invariant: the stage owned it");
        let content_type = if named == ContentType::EMPTY { own } else { named };
        Payload { buffer, content_type }
    });
    if payload.is_none() {
        pool.drop_owned(buffer).expect("invariant: the stage owned it");
    }
    pool.end_call();
    payload
}

/// The cause for a result with a content type for which the flow has no room.
pub(super) fn refused() -> Cause {
    let misuse = ResourceMisuse {
        function: "output-element",
        error: BufferError::ContentType,
    };
    Cause::Misuse(misuse.code(), misuse.to_string())
}
