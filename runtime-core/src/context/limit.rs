//! Sequence numbers of the elements that sources emit, and the limit on their number, which replicas may share.

use super::{Drain, RunContext};
use crate::replica::Standing;

impl RunContext {
    /// Reserves elements for this turn from a limit that replicas share.
    pub(crate) fn draw(&mut self) {
        if !self.replica.shares_limit() || self.drain.is_some() {
            return;
        }
        match self.replica.draw() {
            Some(part) => {
                self.remaining = part;
                self.drawn += part;
            }
            None => self.drain = Some(Drain::Limit),
        }
    }

    /// Returns the elements not used in this turn. Those of pulls under way stay reserved.
    pub(crate) fn settle(&mut self) -> Standing {
        if !self.replica.shares_limit() {
            return Standing::Enough;
        }
        let unused = std::mem::take(&mut self.remaining);
        let emitted = self.drawn - self.reserved - unused;
        self.drawn = self.reserved;
        let is_short = unused == 0 && self.drain.is_none();
        let standing = self.replica.settle(emitted, unused, is_short);
        if standing == Standing::Spent && self.drain.is_none() {
            self.drain = Some(Drain::Limit);
        }
        standing
    }

    /// Whether the last emitted element was the last one allowed. Under a shared limit this is known only at the end of
    /// the turn.
    fn is_last(&self) -> bool {
        self.remaining == 0 && self.reserved == 0 && self.drain.is_none() && !self.replica.shares_limit()
    }

    /// Whether a source may be pulled for one more element.
    #[inline]
    #[must_use]
    pub fn wants_elements(&self) -> bool {
        self.drain.is_none() && self.remaining > 0
    }

    /// Counts the element of a pull under way against the limit.
    pub(crate) fn reserve(&mut self) {
        self.remaining -= 1;
        self.reserved += 1;
    }

    /// Returns the reservation of a pull that gave no element.
    pub(crate) fn give_back_reservation(&mut self) {
        self.remaining += 1;
        self.reserved -= 1;
    }

    /// The sequence number of the next element.
    #[must_use]
    pub fn next_sequence(&self) -> u64 {
        self.next_sequence
    }

    /// Gives a new element its sequence number. [`RunContext::reserve`] has counted it against the limit.
    pub(crate) fn count_emitted(&mut self) -> u64 {
        let sequence = self.next_sequence;
        self.next_sequence += 1;
        self.reserved -= 1;
        if self.is_last() {
            self.drain = Some(Drain::Limit);
        }
        sequence
    }

    /// Number of elements that a source may still emit, including the one that it has `reserved`.
    pub(crate) fn left_for(&self, reserved: bool) -> u64 {
        self.remaining.saturating_add(u64::from(reserved))
    }

    /// Gives `count` new elements the next sequence numbers. `reserved`: whether one of them was counted against the
    /// limit before; cleared if there is such an element.
    pub(crate) fn count_many_emitted(&mut self, count: u64, reserved: &mut bool) {
        let from_reservation = u64::from(count > 0 && *reserved);
        self.reserved -= from_reservation;
        self.remaining -= count - from_reservation;
        self.next_sequence += count;
        *reserved &= count == 0;
        if count > 0 && self.is_last() {
            self.drain = Some(Drain::Limit);
        }
    }
}
