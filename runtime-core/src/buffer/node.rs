//! The blocks of a flow's nodes in the memory: bytes owned and their limit, handles, and copies counted.

use super::BufferPool;
use super::map::Map;
use super::memory::ExchangeMemory;
use crate::account::{Copies, CopyStats, FIXED_METADATA_BYTES};
use crate::layout::{handle, node, slot};
use crate::plan::{NodePlan, PoolPlan};

/// The number by which the memory names a node as an owner.
#[inline]
pub(super) fn owner(node: usize) -> u32 {
    u32::try_from(node).unwrap_or(slot::FLOW)
}

/// Writes the blocks of all `nodes`. `on_core` says for each whether it has handles.
pub(super) fn write_blocks(
    memory: &mut ExchangeMemory,
    map: &Map,
    plan: &PoolPlan,
    nodes: &[NodePlan],
    on_core: impl Fn(usize) -> bool,
) {
    let mut handles = map.handles;
    for (position, node) in nodes.iter().enumerate() {
        let block = block(owner(position));
        memory.set_u64(block + node::BUDGET_BYTES, node.limits.buffer_budget_bytes);
        let largest = node.limits.max_buffer_bytes.min(plan.max_buffer_bytes);
        memory.set_u64(block + node::MAX_BUFFER_BYTES, largest);
        memory.set_u32(block + node::POSITION, owner(position));
        if on_core(position) {
            memory.set_u32(block + node::HANDLES, handles);
            handles += handle::TABLE_BYTES;
        }
        reset_handles(memory, block);
    }
}

/// Address of the block of an owner.
#[inline]
fn block(owner: u32) -> u32 {
    node::FIRST + owner * node::SIZE
}

/// Marks all handles as unused. Old entries of the table stay: nothing reads beyond the first unused handle.
fn reset_handles(memory: &mut ExchangeMemory, block: u32) {
    memory.set_u32(block + node::FREE_HANDLE, 0);
    memory.set_u32(block + node::UNUSED_HANDLE, 1);
    memory.set_u32(block + node::BORROWS, 0);
    memory.set_u32(block + node::MAY_LEAVE, 1);
}

impl BufferPool {
    /// Address of a node's block in the memory.
    #[inline]
    #[must_use]
    pub fn node_base(&self, node: usize) -> u32 {
        self.block_of(owner(node))
            .expect("invariant: this is the position of a node")
    }

    /// Address of the block of an owner; `None` if the owner is no node.
    #[inline]
    pub(super) fn block_of(&self, owner: u32) -> Option<u32> {
        (owner < self.nodes).then(|| block(owner))
    }

    /// Clears the handles of a node whose stage was restarted.
    pub fn reset_handles(&mut self, node: usize) {
        let block = self.node_base(node);
        reset_handles(&mut self.memory, block);
    }

    /// The copies of a stage up to now, on whichever call path.
    #[must_use]
    pub fn copies(&self, node: usize) -> CopyStats {
        let block = self.node_base(node);
        let copies = |reason: u32| Copies {
            count: self.memory.u64(block + reason),
            bytes: self.memory.u64(block + reason + 8),
        };
        CopyStats {
            read: copies(node::READ),
            write: copies(node::WRITTEN),
            metadata: copies(node::METADATA),
            host_serialize: copies(node::MADE),
        }
    }

    /// Counts a payload, or a part of it, that the stage being called has read.
    pub(crate) fn count_read(&mut self, bytes: usize) {
        self.count_copy(self.current, node::READ, bytes);
    }

    /// Counts a payload part that was written for the stage being called.
    pub(crate) fn count_write(&mut self, bytes: usize) {
        self.count_copy(self.current, node::WRITTEN, bytes);
    }

    /// Counts a payload part that the runtime wrote for a stage.
    pub fn count_written(&mut self, node: usize, bytes: usize) {
        self.count_copy(owner(node), node::WRITTEN, bytes);
    }

    /// Counts a payload that a built-in has made.
    pub(crate) fn count_made(&mut self, node: usize, bytes: usize) {
        self.count_copy(owner(node), node::MADE, bytes);
    }

    /// Counts the metadata of an element on its way to or from a stage that names this content type.
    pub(crate) fn count_metadata(&mut self, node: usize, content_type: &str) {
        self.count_copy(owner(node), node::METADATA, FIXED_METADATA_BYTES + content_type.len());
    }

    /// Adds copies that were counted in another pool, for the same stage.
    pub(crate) fn add_copies(&mut self, node: usize, copies: CopyStats) {
        let block = self.node_base(node);
        let reasons = [
            (node::READ, copies.read),
            (node::WRITTEN, copies.write),
            (node::METADATA, copies.metadata),
            (node::MADE, copies.host_serialize),
        ];
        for (reason, copies) in reasons {
            self.memory.add_both(block + reason, [copies.count, copies.bytes]);
        }
    }

    fn count_copy(&mut self, owner: u32, reason: u32, bytes: usize) {
        if let Some(block) = self.block_of(owner) {
            self.memory.add_both(block + reason, [1, bytes as u64]);
        }
    }
}
