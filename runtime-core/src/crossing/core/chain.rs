//! Shells whose members form a chain: elements pass all members without leaving the sandbox.

use super::shell::Shell;
use super::{SharedShell, entry};
use crate::buffer::Element;
use crate::buffer::{BufferId, BufferPool, ContentType};
use crate::context::RunContext;
use crate::layout::{chain, node, outcome};
use crate::stage::Called;

/// Counts of a chain's member since the last reading.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    /// Calls of the stage.
    pub(crate) calls: u64,
    /// Elements that the stage emitted, let pass or, as a sink, took.
    pub(crate) emitted: u64,
    /// Elements that ended at the stage as intended.
    pub(crate) ended: u64,
}

/// The end of a chain's run at one of its members.
pub(crate) struct Stop {
    /// Number of the member in the chain.
    pub(crate) member: usize,
    /// Outcome of its call.
    pub(crate) came_to: Called<u32>,
}

impl SharedShell {
    /// Takes up to `elements` elements through the chain, from its source. Returns the point at which it stopped early,
    /// if it did.
    pub(crate) fn pull(&self, cx: &mut RunContext, elements: u32) -> Option<Stop> {
        let (sequence, wall_ns) = (cx.next_sequence(), cx.wall_ns());
        cx.pool().set_sequence(sequence);
        cx.pool().set_wall_ns(wall_ns);
        self.run(cx, elements)
    }

    /// Takes an element through a chain without a source. Returns the point at which it stopped early, if it did.
    pub(crate) fn pass(&self, cx: &mut RunContext, element: Element) -> Option<Stop> {
        let mut shell = self.lock();
        let block = block(cx.pool(), &shell);
        cx.pool().set_chain_element(block, element);
        run(&mut shell, cx, 1)
    }

    fn run(&self, cx: &mut RunContext, elements: u32) -> Option<Stop> {
        run(&mut self.lock(), cx, elements)
    }

    /// The element that the chain is processing.
    pub(crate) fn element(&self, cx: &mut RunContext) -> Element {
        let pool = cx.pool();
        let block = block(pool, &self.lock());
        let memory = pool.memory();
        Element {
            sequence: memory.u64(block + chain::SEQUENCE),
            timestamp_ns: memory.u64(block + chain::TIMESTAMP_NS),
            content_type: ContentType::from_number(memory.u32(block + chain::CONTENT_TYPE)),
            payload: BufferId::from_rep(memory.u32(block + chain::BUFFER)),
        }
    }
}

fn block(pool: &BufferPool, shell: &Shell) -> u32 {
    pool.node_base(shell.members[0].node)
}

fn run(shell: &mut Shell, cx: &mut RunContext, elements: u32) -> Option<Stop> {
    let result = shell.enter(cx, (0, 0), |store, first| {
        entry(&first.entries.run).call(store, elements)
    });
    match result {
        Ok(outcome::DONE) => None,
        Ok(stopped) => {
            let member = (stopped >> 8) as usize;
            let came_to = shell.conclude(cx, member, Ok(stopped & 0xff));
            Some(Stop { member, came_to })
        }
        Err(error) => {
            let block = block(cx.pool(), shell);
            let member = cx.pool().memory().u32(block + chain::MEMBER) as usize;
            let came_to = shell.conclude(cx, member, Err(error));
            Some(Stop { member, came_to })
        }
    }
}

/// Counts of a node's stage in its chain since the last call.
pub(crate) fn take_counts(pool: &mut BufferPool, node: usize) -> Counts {
    let block = pool.node_base(node);
    let mut take = |counter: u32| pool.take_count(block + counter);
    Counts {
        calls: take(node::CHAIN_CALLS),
        emitted: take(node::CHAIN_EMITTED),
        ended: take(node::CHAIN_ENDED),
    }
}

/// Sequence number and timestamp of the last element that an aggregator took within a chain.
pub(crate) fn last_taken(pool: &BufferPool, node: usize) -> (u64, u64) {
    let block = pool.node_base(node);
    let memory = pool.memory();
    (
        memory.u64(block + node::LAST_SEQUENCE),
        memory.u64(block + node::LAST_TIMESTAMP_NS),
    )
}
