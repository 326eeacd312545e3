//! The bytes of a flow's exchange memory (see [`crate::layout`]) and the one way to them: by address, checked, and
//! little-endian.
//!
//! Three touch these bytes. One driver works on a flow at a time, through [`ExchangeMemory`], whose borrows keep its
//! reads and writes apart. Glue runs only inside of calls that this driver makes on its own thread; they take the whole
//! run context, so that no reference into the memory is left. The watchdog's thread knows the watched words and no
//! others, and everybody accesses those atomically.

#![expect(
    unsafe_code,
    reason = "WebAssembly code works on these bytes too, so they are only reachable through a raw pointer"
)]

use std::cell::UnsafeCell;
use std::ptr::{NonNull, copy_nonoverlapping, null_mut};
use std::slice;
use std::sync::atomic::AtomicU32;

use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous, munmap};
use wasmtime::error::Context as _;
use wasmtime::{Engine, MemoryType, Result, SharedMemory};

use crate::layout::{PAGE_BYTES, control};

/// Most pages there are: one less than 32-bit addresses reach, so that the length is a `u32` as well.
pub(super) const MOST_PAGES: u32 = 65_535;

/// Length of the watched words, which come first: `INTERRUPT`, `CALL`, `STAGE`, `LIMIT_MS` and `HALT`.
const WATCHED_BYTES: u32 = control::WALL_NS;

const _: () = assert!(
    control::INTERRUPT < WATCHED_BYTES
        && control::CALL < WATCHED_BYTES
        && control::STAGE < WATCHED_BYTES
        && control::LIMIT_MS < WATCHED_BYTES
        && control::HALT < WATCHED_BYTES
);

/// The memory that a flow's buffers live in.
///
/// Accesses outside of it are a panic: addresses come from the runtime and from the glue, never from guests.
#[derive(Debug)]
pub struct ExchangeMemory {
    /// Where address 0 is; aligned to a page of the system.
    base: NonNull<u8>,
    /// Bytes behind the watched words.
    unwatched: u64,
    /// What else keeps the bytes; nothing where they are this value's own.
    shared: Option<SharedMemory>,
}

// SAFETY: the bytes belong to no thread, and a `SharedMemory` can be moved. Who moves `self` leaves no reference to it
// behind; others that know the watched words use atomics.
unsafe impl Send for ExchangeMemory {}

impl ExchangeMemory {
    /// A memory for the runtime alone. The system provides its pages, zeroed, when they are touched.
    ///
    /// # Errors
    /// When the system has no memory of that size.
    pub(super) fn own(pages: u32) -> Result<Self> {
        let bytes = u64::from(pages) * PAGE_BYTES;
        Ok(Self {
            base: map(usize::try_from(bytes).expect("invariant: it is smaller than 4 GiB"))?,
            unwatched: bytes - u64::from(WATCHED_BYTES),
            shared: None,
        })
    }

    /// A memory that core modules can import.
    ///
    /// # Errors
    /// When the system has no memory of that size, or `engine` no shared memory.
    pub(super) fn importable(engine: &Engine, pages: u32) -> Result<Self> {
        Ok(Self::of(SharedMemory::new(engine, MemoryType::shared(pages, pages))?))
    }

    /// Access to a memory whose length is fixed. Each byte may be written through one `ExchangeMemory` only.
    pub(super) fn of(memory: SharedMemory) -> Self {
        let bytes = memory.data();
        Self {
            base: base(bytes),
            unwatched: bytes.len() as u64 - u64::from(WATCHED_BYTES),
            shared: Some(memory),
        }
    }

    /// What shells import; nothing where the memory is for the runtime alone.
    #[must_use]
    pub fn shared(&self) -> Option<&SharedMemory> {
        self.shared.as_ref()
    }

    /// The watched words, for the watchdog's thread; nothing where the memory is for the runtime alone.
    #[must_use]
    pub fn watched_words(&self) -> Option<WatchedWords> {
        self.shared.clone().map(WatchedWords)
    }

    /// Where `len` bytes are that the watchdog does not know.
    #[inline]
    fn at(&self, address: u32, len: u64) -> *mut u8 {
        // The addresses of watched words wrap around, to far beyond the end.
        let behind_watched = u64::from(address.wrapping_sub(WATCHED_BYTES));
        assert!(
            behind_watched + len <= self.unwatched,
            "invariant: an address is in the memory, and behind the watched words"
        );
        // SAFETY: just checked. The sum does not wrap: a `len` is at most `isize::MAX`, since slices have it.
        unsafe { self.base.as_ptr().add(address as usize) }
    }

    /// The value at an address.
    #[inline]
    #[must_use]
    pub fn u32(&self, address: u32) -> u32 {
        let at = self.at(address, 4).cast::<u32>();
        // SAFETY: in bounds; initialised, since pages begin zeroed; `&self` keeps this side from writing, glue does not
        // run, the watchdog does not know the place. Alignment does not matter.
        u32::from_le(unsafe { at.read_unaligned() })
    }

    /// Sets the value at an address.
    #[inline]
    pub fn set_u32(&mut self, address: u32, value: u32) {
        let at = self.at(address, 4).cast::<u32>();
        // SAFETY: in bounds; `&mut self` keeps this side from holding references, the rest is as for reading.
        unsafe { at.write_unaligned(value.to_le()) }
    }

    /// The value at an address.
    #[inline]
    #[must_use]
    pub fn u64(&self, address: u32) -> u64 {
        let at = self.at(address, 8).cast::<u64>();
        // SAFETY: as in `u32`.
        u64::from_le(unsafe { at.read_unaligned() })
    }

    /// Sets the value at an address.
    #[inline]
    pub fn set_u64(&mut self, address: u32, value: u64) {
        let at = self.at(address, 8).cast::<u64>();
        // SAFETY: as in `set_u32`.
        unsafe { at.write_unaligned(value.to_le()) }
    }

    /// Adds to the value at an address.
    #[inline]
    pub fn add(&mut self, address: u32, more: u64) {
        self.set_u64(address, self.u64(address) + more);
    }

    /// `len` bytes from an address on.
    #[inline]
    #[must_use]
    pub fn bytes(&self, address: u32, len: u32) -> &[u8] {
        let at = self.at(address, len.into());
        // SAFETY: as in `u32`, for as long as `self` is borrowed.
        unsafe { slice::from_raw_parts(at, len as usize) }
    }

    /// Copies bytes to an address.
    #[inline]
    pub fn write(&mut self, address: u32, bytes: &[u8]) {
        let at = self.at(address, bytes.len() as u64);
        // SAFETY: as in `set_u32`; so `bytes`, being a reference, is not of this memory.
        unsafe { copy_nonoverlapping(bytes.as_ptr(), at, bytes.len()) }
    }

    /// A watched word; the value in it is little-endian.
    #[inline]
    #[must_use]
    pub fn atomic_u32(&self, address: u32) -> &AtomicU32 {
        // SAFETY: the bytes stay for as long as `self` is borrowed.
        unsafe { watched_word(self.base, address) }
    }
}

impl Drop for ExchangeMemory {
    fn drop(&mut self) {
        if self.shared.is_none() {
            let len = self.unwatched + u64::from(WATCHED_BYTES);
            // SAFETY: `map` made it with this length, and what was borrowed of it is given back. If the system refuses,
            // the pages stay.
            let _ = unsafe { munmap(self.base.as_ptr().cast(), len as usize) };
        }
    }
}

/// The watched words of one flow, for any thread.
#[derive(Clone, Debug)]
pub struct WatchedWords(SharedMemory);

impl WatchedWords {
    /// A watched word; the value in it is little-endian.
    #[must_use]
    pub fn atomic_u32(&self, address: u32) -> &AtomicU32 {
        // SAFETY: the memory lives for as long as `self` is borrowed.
        unsafe { watched_word(base(self.0.data()), address) }
    }
}

fn base(bytes: &[UnsafeCell<u8>]) -> NonNull<u8> {
    NonNull::from(bytes).cast()
}

/// # Safety
/// `base` is where an exchange memory begins, which outlives `'a`.
#[inline]
unsafe fn watched_word<'a>(base: NonNull<u8>, address: u32) -> &'a AtomicU32 {
    assert!(
        address < WATCHED_BYTES && address.is_multiple_of(4),
        "invariant: this is the address of a watched word"
    );
    // SAFETY: aligned, as the memory is, and in its first page; `ExchangeMemory::at` lets nobody else access it.
    unsafe { AtomicU32::from_ptr(base.as_ptr().add(address as usize).cast()) }
}

/// Zeroed pages of the system. The allocator is not asked: what it has at hand it zeroes, and so touches.
fn map(len: usize) -> Result<NonNull<u8>> {
    // SAFETY: the system chooses a place where nothing is.
    let base = unsafe { mmap_anonymous(null_mut(), len, ProtFlags::READ | ProtFlags::WRITE, MapFlags::PRIVATE) };
    let base = base.with_context(|| format!("{len} bytes for buffers"))?;
    Ok(NonNull::new(base.cast()).expect("invariant: nothing is mapped at 0"))
}
