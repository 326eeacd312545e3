//! The end of a run of the model: the rest of aggregators, the completion of sinks, the remaining elements.

use serde_json::json;

use crate::guest::Output;
use crate::model::{Failure, Run};
use crate::shape::Role;

impl Run<'_> {
    /// After the sources have ended: `flush` and `complete`, in topological order.
    pub(crate) fn end(&mut self) -> Result<(), Failure> {
        self.draining = true;
        self.event("state", json!({ "state": "draining" }));
        for at in self.topological.clone() {
            match self.nodes[at].role {
                Role::Aggregator => {
                    let results = self.nodes[at].guest.flush();
                    self.nodes[at].counters.flushed += results.len() as u64;
                    self.nodes[at].results.extend(results);
                    self.work()?;
                }
                Role::Sink => self.complete(at),
                Role::Source | Role::Processor | Role::Filter | Role::Router => {}
            }
        }
        Ok(())
    }

    /// Emits a result of `flush`. One that is too large is reported, as a failure of `flush`; the next ones follow.
    pub(crate) fn emit_result(&mut self, at: usize, result: Output) -> Result<(), Failure> {
        let element = result.numbered(self.nodes[at].last_sequence);
        match self.streams_for(at, &element, &["output"]) {
            Ok(streams) => self.emit(at, "flush", &element, &streams),
            Err(fault) => {
                let failure = self.call_failed(at, "flush", None, fault);
                self.nodes[at].counters.failed += 1;
                self.failures.push(failure);
                Ok(())
            }
        }
    }

    /// Completes a sink: no further element will come.
    fn complete(&mut self, at: usize) {
        let node = &mut self.nodes[at];
        if node.alive && !node.completed {
            node.guest.complete(&mut self.lines);
        }
        node.completed = true;
    }

    /// Actions at every end of a flow.
    pub(crate) fn close(&mut self) {
        for at in self.topological.clone() {
            if self.nodes[at].role == Role::Sink {
                self.complete(at);
            }
        }
        for node in &mut self.nodes {
            node.counters.failed += u64::from(node.in_hand.is_some()) + node.results.len() as u64;
        }
        for stream in &mut self.streams {
            stream.end(self.now);
        }
        let state = self.state();
        self.event("state", json!({ "state": state }));
    }
}
