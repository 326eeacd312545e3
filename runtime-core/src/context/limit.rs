//! The elements that sources give: their numbers, and the limit on them, which replicas may share.

use super::{Drain, RunContext};
use crate::replica::Standing;

impl RunContext {
    /// Takes what the sources may give in this turn from a limit that replicas share.
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

    /// Hands back what the sources did not use of it. Elements on their way stay counted.
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

    /// Whether the element that was emitted last is the last one that the limit allows. Of a limit that replicas share, the
    /// end of the turn tells.
    fn is_last(&self) -> bool {
        self.remaining == 0 && self.reserved == 0 && self.drain.is_none() && !self.replica.shares_limit()
    }

    /// Whether a source may be pulled for one more element.
    #[inline]
    #[must_use]
    pub fn wants_elements(&self) -> bool {
        self.drain.is_none() && self.remaining > 0
    }

    /// Counts an element that is on its way against the limit.
    pub(crate) fn reserve(&mut self) {
        self.remaining -= 1;
        self.reserved += 1;
    }

    /// The element did not come.
    pub(crate) fn give_back_reservation(&mut self) {
        self.remaining += 1;
        self.reserved -= 1;
    }

    /// The sequence number of the next element.
    #[must_use]
    pub fn next_sequence(&self) -> u64 {
        self.next_sequence
    }

    /// Gives a new element its sequence number. It was counted against the limit by [`RunContext::reserve`].
    pub(crate) fn count_emitted(&mut self) -> u64 {
        let sequence = self.next_sequence;
        self.next_sequence += 1;
        self.reserved -= 1;
        if self.is_last() {
            self.drain = Some(Drain::Limit);
        }
        sequence
    }

    /// How many elements a source may still be asked for, with the one that it has a reservation for.
    pub(crate) fn left_for(&self, reserved: bool) -> u64 {
        self.remaining.saturating_add(u64::from(reserved))
    }

    /// Gives `count` new elements their sequence numbers: the next ones. `reserved`: whether one of them was counted
    /// against the limit before, which it is no longer if there is one.
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
