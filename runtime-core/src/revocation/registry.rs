//! The areas of memory whose faults matter, in a form that a signal handler can read: it must not wait, and may find any
//! other thread in the middle of a change.

use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering};

/// A list of areas. Entries are used again, never freed.
pub(super) struct Registry<T: 'static> {
    first: Entry<T>,
}

/// An area, or room for one. Only its owner changes it.
pub(super) struct Entry<T: 'static> {
    is_taken: AtomicBool,
    /// Counts changes; odd during one.
    version: AtomicUsize,
    start: AtomicUsize,
    bytes: AtomicUsize,
    value: AtomicPtr<T>,
    next: OnceLock<&'static Entry<T>>,
}

impl<T> Registry<T> {
    pub(super) const fn new() -> Self {
        Self { first: Entry::new() }
    }

    /// Takes an entry, of an empty area.
    pub(super) fn take(&'static self) -> &'static Entry<T> {
        let mut entry = &self.first;
        while entry.is_taken.swap(true, Ordering::Acquire) {
            entry = entry.next.get_or_init(|| Box::leak(Box::new(Entry::new())));
        }
        entry
    }

    /// The area around an address: its start, its length and its value. An area that another thread changes just now is
    /// left out: it is none that the calling thread accesses.
    pub(super) fn find(&self, address: usize) -> Option<(usize, usize, *const T)> {
        let mut entry = Some(&self.first);
        while let Some(looked_at) = entry {
            if let Some(area) = looked_at.area()
                && address.wrapping_sub(area.0) < area.1
            {
                return Some(area);
            }
            entry = looked_at.next.get().copied();
        }
        None
    }
}

impl<T> Entry<T> {
    const fn new() -> Self {
        Self {
            is_taken: AtomicBool::new(false),
            version: AtomicUsize::new(0),
            start: AtomicUsize::new(0),
            bytes: AtomicUsize::new(0),
            value: AtomicPtr::new(ptr::null_mut()),
            next: OnceLock::new(),
        }
    }

    /// Makes the entry that of another area.
    pub(super) fn set(&self, start: usize, bytes: usize, value: *const T) {
        self.version.fetch_add(1, Ordering::SeqCst);
        self.start.store(start, Ordering::SeqCst);
        self.bytes.store(bytes, Ordering::SeqCst);
        self.value.store(value.cast_mut(), Ordering::SeqCst);
        self.version.fetch_add(1, Ordering::SeqCst);
    }

    /// Gives the entry back.
    pub(super) fn free(&self) {
        self.set(0, 0, ptr::null());
        self.is_taken.store(false, Ordering::Release);
    }

    /// Start, length and value, if they belong together.
    fn area(&self) -> Option<(usize, usize, *const T)> {
        let before = self.version.load(Ordering::SeqCst);
        let area = (
            self.start.load(Ordering::SeqCst),
            self.bytes.load(Ordering::SeqCst),
            self.value.load(Ordering::SeqCst).cast_const(),
        );
        let after = self.version.load(Ordering::SeqCst);
        (before == after && before.is_multiple_of(2)).then_some(area)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_belongs_to_the_area_around_it() {
        static REGISTRY: Registry<u8> = Registry::new();
        static VALUE: u8 = 7;
        let [first, second] = [(); 2].map(|()| REGISTRY.take());
        first.set(100, 10, &raw const VALUE);
        second.set(200, 10, ptr::null());
        assert_eq!(REGISTRY.find(100), Some((100, 10, &raw const VALUE)));
        assert_eq!(REGISTRY.find(109).map(|(start, ..)| start), Some(100));
        assert_eq!(REGISTRY.find(205).map(|(start, ..)| start), Some(200));
        assert_eq!([99, 110, 210].map(|address| REGISTRY.find(address)), [None; 3]);
        first.free();
        assert_eq!(REGISTRY.find(100), None);
        assert!(ptr::eq(REGISTRY.take(), first), "entries are used again");
    }

    #[test]
    fn what_is_read_belongs_together() {
        static REGISTRY: Registry<u8> = Registry::new();
        let entry = REGISTRY.take();
        std::thread::scope(|scope| {
            let writer = scope.spawn(|| {
                for number in 0..100_000 {
                    match number % 2 {
                        0 => entry.set(1000, 10, ptr::null()),
                        _ => entry.set(2000, 1000, ptr::null()),
                    }
                }
            });
            while !writer.is_finished() {
                assert_eq!(REGISTRY.find(1500), None);
            }
        });
    }
}
