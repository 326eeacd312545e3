//! The model's reactions to successful calls: where elements go, and what is counted.

use serde_json::json;

use crate::guest::Reply;
use crate::model::{Element, Failure, Fault, MS, Run, SINK_PAUSE_MS};
use crate::shape::Role;

/// Consequence of a successful call.
pub(crate) enum Effect {
    /// The element goes to these streams.
    Emit(Element, Vec<usize>),
    Exhausted,
    Absorbed,
    Filtered,
    Delivered {
        pause: bool,
    },
}

impl Run<'_> {
    /// The consequence of a reply, or the reason why the call counts as failed.
    pub(crate) fn effect(&self, at: usize, input: Option<&Element>, reply: Reply) -> Result<Effect, Fault> {
        let passed_on = || input.cloned().expect("only sources have no input");
        match reply {
            Reply::Element(output) => {
                let sequence = input.map_or(self.next_sequence, |input| input.sequence);
                self.emission(at, output.numbered(sequence), &["output"])
            }
            Reply::Nothing if self.nodes[at].role == Role::Source => Ok(Effect::Exhausted),
            Reply::Nothing => Ok(Effect::Absorbed),
            Reply::Verdict(true) => self.emission(at, passed_on(), &["output"]),
            Reply::Verdict(false) => Ok(Effect::Filtered),
            Reply::Ports(ports) if ports.is_empty() => Ok(Effect::Filtered),
            Reply::Ports(ports) => self.emission(at, passed_on(), &ports),
            Reply::Taken { pause } => Ok(Effect::Delivered { pause }),
        }
    }

    fn emission(&self, at: usize, element: Element, ports: &[&str]) -> Result<Effect, Fault> {
        let streams = self.streams_for(at, &element, ports)?;
        Ok(Effect::Emit(element, streams))
    }

    /// The streams of `ports`, if each accepts the element.
    pub(crate) fn streams_for(&self, at: usize, element: &Element, ports: &[&str]) -> Result<Vec<usize>, Fault> {
        let streams = self.nodes[at].streams_of(ports).ok_or(Fault::UnknownPort)?;
        let takes = |stream: &usize| {
            let most = self.shape.edges[*stream].max_element_bytes;
            most.is_none_or(|most| element.payload.len() <= most)
        };
        match streams.iter().all(takes) {
            true => Ok(streams),
            false => Err(Fault::TooLarge),
        }
    }

    pub(crate) fn apply(&mut self, at: usize, effect: Effect) -> Result<(), Failure> {
        let node = &mut self.nodes[at];
        match effect {
            Effect::Emit(element, streams) => {
                if node.role == Role::Source {
                    self.next_sequence += 1;
                    self.draining |= self.limit == Some(self.next_sequence);
                }
                let operation = node.role.operation();
                return self.emit(at, operation, &element, &streams);
            }
            Effect::Exhausted => node.exhausted = true,
            Effect::Absorbed => node.counters.absorbed += 1,
            Effect::Filtered => node.counters.filtered += 1,
            Effect::Delivered { pause } => {
                node.counters.delivered += 1;
                if pause {
                    node.paused_until = self.now + SINK_PAUSE_MS * MS;
                    self.tell("sink-paused", at, json!({ "duration_ns": SINK_PAUSE_MS * MS }));
                }
            }
        }
        Ok(())
    }

    pub(crate) fn emit(
        &mut self,
        at: usize,
        operation: &'static str,
        element: &Element,
        to: &[usize],
    ) -> Result<(), Failure> {
        self.nodes[at].counters.out += 1;
        self.push(at, operation, element, to)
    }
}
