//! The contents of buffers: written while a buffer is mutable, read once it is not.

use super::slots::{Slot, State};
use super::{BufferError, BufferId, BufferPool, ContentType};
use crate::layout::{slot, tier};

impl BufferPool {
    /// Writes `bytes` at `offset`; the contents grow up to the capacity.
    ///
    /// # Errors
    /// [`BufferError::Stale`]; [`BufferError::OutOfBounds`] for an offset beyond the contents;
    /// [`BufferError::CapacityExceeded`]. The contents are then unchanged.
    pub fn write(&mut self, id: BufferId, offset: u64, bytes: &[u8]) -> Result<(), BufferError> {
        let slot = self.find(id, State::Draft)?;
        let len = self.get(slot, slot::LEN);
        match u32::try_from(offset) {
            Ok(offset) if offset <= len => self.put(slot, offset, bytes),
            Ok(_) | Err(_) => Err(BufferError::OutOfBounds),
        }
    }

    /// Appends `bytes` to the contents.
    ///
    /// # Errors
    /// As [`BufferPool::write`].
    pub fn append(&mut self, id: BufferId, bytes: &[u8]) -> Result<(), BufferError> {
        let slot = self.find(id, State::Draft)?;
        self.put(slot, self.get(slot, slot::LEN), bytes)
    }

    /// Writes `bytes` at an offset within or at the end of the contents.
    #[inline]
    fn put(&mut self, slot: Slot, start: u32, bytes: &[u8]) -> Result<(), BufferError> {
        let end = u32::try_from(bytes.len()).ok().and_then(|len| start.checked_add(len));
        let capacity = self.get(slot, slot::CAPACITY);
        let end = end
            .filter(|end| *end <= capacity)
            .ok_or(BufferError::CapacityExceeded)?;
        self.copy_in(slot, start, bytes);
        self.set(slot, slot::LEN, self.get(slot, slot::LEN).max(end));
        Ok(())
    }

    /// Copies bytes into a buffer, within its capacity.
    #[inline]
    pub(super) fn copy_in(&mut self, slot: Slot, start: u32, bytes: &[u8]) {
        match self.get(slot, slot::TIER) {
            tier::COUNT => self.heap[slot.index()][start as usize..][..bytes.len()].copy_from_slice(bytes),
            _ => self.memory.write(self.get(slot, slot::ADDRESS) + start, bytes),
        }
    }

    /// Length and capacity in bytes of a mutable buffer.
    ///
    /// # Errors
    /// [`BufferError::Stale`].
    pub fn extent(&self, id: BufferId) -> Result<(u64, u64), BufferError> {
        let slot = self.find(id, State::Draft)?;
        let (len, capacity) = (self.get(slot, slot::LEN), self.get(slot, slot::CAPACITY));
        Ok((len.into(), capacity.into()))
    }

    /// Sets the content type of a mutable buffer.
    ///
    /// # Errors
    /// [`BufferError::Stale`], [`BufferError::ContentType`].
    pub fn set_content_type(&mut self, id: BufferId, content_type: &str) -> Result<(), BufferError> {
        let slot = self.find(id, State::Draft)?;
        let content_type = self.content_types.intern(content_type)?;
        self.set(slot, slot::CONTENT_TYPE, content_type.number());
        Ok(())
    }

    /// The contents of an immutable buffer.
    ///
    /// # Errors
    /// [`BufferError::Stale`].
    pub fn contents(&self, id: BufferId) -> Result<&[u8], BufferError> {
        Ok(self.bytes(self.find_immutable(id)?))
    }

    /// The content type of an immutable buffer.
    ///
    /// # Errors
    /// [`BufferError::Stale`].
    pub fn content_type(&self, id: BufferId) -> Result<ContentType, BufferError> {
        let slot = self.find_immutable(id)?;
        Ok(ContentType::from_number(self.get(slot, slot::CONTENT_TYPE)))
    }

    /// The contents of a buffer.
    #[inline]
    pub(super) fn bytes(&self, slot: Slot) -> &[u8] {
        let len = self.get(slot, slot::LEN);
        match self.get(slot, slot::TIER) {
            tier::COUNT => &self.heap[slot.index()][..len as usize],
            _ => self.memory.bytes(self.get(slot, slot::ADDRESS), len),
        }
    }
}
