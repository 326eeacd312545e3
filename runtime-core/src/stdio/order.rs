//! Order of output to standard output: lines held for it come before anything printed later.

use std::sync::{Mutex, MutexGuard, PoisonError, Weak};

use crate::sync::Arc;

/// A holder of lines for standard output.
pub(crate) trait Holder: Send + Sync {
    /// Writes the held lines.
    fn drain(&self);

    /// Runs `print` while no holder of the same file writes.
    fn in_turn(&self, print: &mut dyn FnMut());
}

/// The holders of the process. All of them write to the same place.
static HOLDERS: Mutex<Vec<Weak<dyn Holder>>> = Mutex::new(Vec::new());

/// Makes later printing wait until `holder` has written its lines.
pub(crate) fn add(holder: Weak<dyn Holder>) {
    let mut holders = holders();
    holders.retain(|known| known.strong_count() > 0);
    holders.push(holder);
}

/// Prints for a component, after the lines that are held.
pub(crate) fn print<T>(print: impl FnOnce() -> T) -> T {
    let holders: Vec<Arc<dyn Holder>> = holders().iter().filter_map(Weak::upgrade).collect();
    for holder in &holders {
        holder.drain();
    }
    let Some(holder) = holders.first() else { return print() };
    let (mut print, mut printed) = (Some(print), None);
    holder.in_turn(&mut || printed = print.take().map(|print| print()));
    printed.expect("invariant: a holder runs what it is given")
}

fn holders() -> MutexGuard<'static, Vec<Weak<dyn Holder>>> {
    // No code panics half-way while it holds the lock.
    HOLDERS.lock().unwrap_or_else(PoisonError::into_inner)
}
