//! Standard output, to which consoles write lines and components print: in the order in which they do.

use std::sync::{PoisonError, Weak};

use super::Shared;
use crate::sync::{Arc, Mutex, MutexGuard};

/// The consoles of the process.
static CONSOLES: Mutex<Vec<Weak<Shared>>> = Mutex::new(Vec::new());

pub(super) fn add(console: &Arc<Shared>) {
    let mut consoles = consoles();
    consoles.retain(|known| known.strong_count() > 0);
    consoles.push(Arc::downgrade(console));
}

/// Prints for a component, behind the lines that consoles hold.
pub(crate) fn print<T>(print: impl FnOnce() -> T) -> T {
    let consoles: Vec<Arc<Shared>> = consoles().iter().filter_map(Weak::upgrade).collect();
    for console in &consoles {
        console.drain();
    }
    // All of them have the same place.
    let place = consoles.first().and_then(|console| console.place.get());
    let _turn = place.map(|place| place.end());
    print()
}

fn consoles() -> MutexGuard<'static, Vec<Weak<Shared>>> {
    // Nothing that holds the lock panics half-way.
    CONSOLES.lock().unwrap_or_else(PoisonError::into_inner)
}
