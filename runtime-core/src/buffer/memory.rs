//! The bytes of a flow's exchange memory (see [`crate::layout`]), accessed by checked address, in little-endian order.
//!
//! Three parties access these bytes:
//!
//! - The driver that works on the flow, through the one [`ExchangeMemory`] of its run context. A flow has one driver at
//!   a time, and the borrows of `ExchangeMemory` keep its reads and writes apart.
//! - Glue, only inside calls that this driver makes, on the driver's thread. Such a call takes `&mut RunContext`, which
//!   owns the memory, so no reference into the memory exists during the call.
//! - The watchdog's thread, through [`WatchedWords`]. It reaches the watched words and nothing else. Rust accesses these
//!   words only atomically; glue uses aligned 32-bit instructions, which do not tear (WebAssembly threads proposal).

#![expect(
    unsafe_code,
    reason = "WebAssembly code works on these bytes too, so they are only reachable through a raw pointer"
)]

use std::cell::UnsafeCell;
use std::ptr::{NonNull, copy_nonoverlapping, null_mut};
use std::slice;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;

use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous, munmap};
use wasmtime::error::Context as _;
use wasmtime::{Engine, MemoryType, Result, SharedMemory};

use crate::layout::{PAGE_BYTES, control, node};

/// Most pages of a memory: one less than 32-bit addresses reach, so that its length in bytes fits in a `u32`.
pub(super) const MOST_PAGES: u32 = 65_535;

/// Bytes of the watched words, which come first: `CALL`, `STAGE`, `LIMIT_MS` and `HALT`.
const WATCHED_BYTES: u32 = control::WALL_NS;

const _: () = assert!(
    control::CALL < WATCHED_BYTES
        && control::STAGE < WATCHED_BYTES
        && control::LIMIT_MS < WATCHED_BYTES
        && control::HALT < WATCHED_BYTES
);

/// Bytes that every memory has: those before the blocks of the nodes.
const FIXED_BYTES: u32 = node::FIRST;

/// An address in an exchange memory.
pub trait Address: Copy {
    /// The address as a number.
    fn number(self) -> u32;

    /// Whether `len` bytes from there on are in `memory`, after the watched words.
    fn holds(self, len: u64, memory: &ExchangeMemory) -> bool;
}

impl Address for u32 {
    #[inline]
    fn number(self) -> u32 {
        self
    }

    #[inline]
    fn holds(self, len: u64, memory: &ExchangeMemory) -> bool {
        // Addresses of watched words wrap around to values far beyond the end.
        let behind_watched = u64::from(self.wrapping_sub(WATCHED_BYTES));
        behind_watched + len <= memory.unwatched
    }
}

/// An address in the part that every memory has. For those known at compile time, and those of slots, the check is known
/// as well, so that none is left.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fixed(pub(super) u32);

impl Address for Fixed {
    #[inline]
    fn number(self) -> u32 {
        self.0
    }

    #[inline]
    fn holds(self, len: u64, _: &ExchangeMemory) -> bool {
        self.0 >= WATCHED_BYTES && u64::from(self.0) + len <= FIXED_BYTES.into()
    }
}

/// The memory that holds a flow's buffers.
///
/// An access outside of it panics: addresses come from the runtime and from glue, never from guests.
#[derive(Debug)]
pub struct ExchangeMemory {
    /// Start of the memory, aligned to a system page.
    base: NonNull<u8>,
    /// Number of bytes after the watched words; with these at least [`FIXED_BYTES`].
    unwatched: u64,
    /// The owner of the bytes; `None` where they are a mapping of this value's own.
    shared: Option<SharedMemory>,
}

// SAFETY: `base` points into a mapping that `self` owns, or into `shared`, which is `Send`; neither is bound to a
// thread. To move `self`, no borrow of it may be alive. `WatchedWords` on other threads access only words that `at`
// rejects, and only atomically.
unsafe impl Send for ExchangeMemory {}

impl ExchangeMemory {
    /// A memory for the runtime alone. The system zeroes its pages on first touch.
    ///
    /// # Errors
    /// When the system has no memory of that size.
    pub(super) fn own(pages: u32) -> Result<Self> {
        let bytes = u64::from(pages) * PAGE_BYTES;
        Ok(Self {
            base: map(usize::try_from(bytes).expect("invariant: it is smaller than 4 GiB"))?,
            unwatched: unwatched(bytes),
            shared: None,
        })
    }

    /// A memory that core modules can import.
    ///
    /// # Errors
    /// When the system has no memory of that size, or `engine` supports no shared memory.
    pub(super) fn importable(engine: &Engine, pages: u32) -> Result<Self> {
        Ok(Self::of(SharedMemory::new(engine, MemoryType::shared(pages, pages))?))
    }

    /// Access to a shared memory of fixed length. Where several `ExchangeMemory` give access to one memory, each byte
    /// must be accessed through only one of them: the safety of the reads and writes below rests on it.
    pub(super) fn of(memory: SharedMemory) -> Self {
        let bytes = memory.data();
        Self {
            base: base(bytes),
            unwatched: unwatched(bytes.len() as u64),
            shared: Some(memory),
        }
    }

    /// The memory for shells to import; `None` where it is for the runtime alone.
    #[must_use]
    pub fn shared(&self) -> Option<&SharedMemory> {
        self.shared.as_ref()
    }

    /// The watched words, for the watchdog's thread. Where the memory is for the runtime alone, they are apart from it.
    #[must_use]
    pub fn watched_words(&self) -> WatchedWords {
        self.shared
            .clone()
            .map_or_else(WatchedWords::apart, |memory| WatchedWords(Words::Shared(memory)))
    }

    /// Pointer to `len` bytes outside the watched words. Panics if they are not all in the memory.
    #[inline]
    fn at(&self, address: impl Address, len: u64) -> *mut u8 {
        assert!(
            address.holds(len, self),
            "invariant: an address is in the memory, and after the watched words"
        );
        // SAFETY: the assertion puts all `len` bytes at `address` within the `WATCHED_BYTES + unwatched` bytes at
        // `base`, which are at least `FIXED_BYTES` (`unwatched`). Its sums cannot overflow: their first terms are below
        // 2^32, and `len` is a constant, a `u32` or the length of a slice, which is at most `isize::MAX`.
        unsafe { self.base.as_ptr().add(address.number() as usize) }
    }

    /// The value at an address.
    #[inline]
    #[must_use]
    pub fn u32(&self, address: impl Address) -> u32 {
        let at = self.at(address, 4).cast::<u32>();
        // SAFETY: `at` has checked the bounds; the bytes are initialised, since pages start zeroed; `read_unaligned`
        // needs no alignment. Nothing writes meanwhile: the driver would need `&mut self`, glue runs only while `self`
        // is mutably borrowed, and the watchdog reaches only watched words, which `at` rejects (see the module's
        // documentation).
        u32::from_le(unsafe { at.read_unaligned() })
    }

    /// Sets the value at an address.
    #[inline]
    pub fn set_u32(&mut self, address: impl Address, value: u32) {
        let at = self.at(address, 4).cast::<u32>();
        // SAFETY: `at` has checked the bounds. `&mut self` means that the driver has no reference into the memory; glue
        // and watchdog are excluded as in `u32`.
        unsafe { at.write_unaligned(value.to_le()) }
    }

    /// The value at an address.
    #[inline]
    #[must_use]
    pub fn u64(&self, address: impl Address) -> u64 {
        let at = self.at(address, 8).cast::<u64>();
        // SAFETY: as in `u32`.
        u64::from_le(unsafe { at.read_unaligned() })
    }

    /// Sets the value at an address.
    #[inline]
    pub fn set_u64(&mut self, address: impl Address, value: u64) {
        let at = self.at(address, 8).cast::<u64>();
        // SAFETY: as in `set_u32`.
        unsafe { at.write_unaligned(value.to_le()) }
    }

    /// Adds to the value at an address.
    #[inline]
    pub fn add(&mut self, address: impl Address, more: u64) {
        self.set_u64(address, self.u64(address) + more);
    }

    /// Adds to the two values at an address and behind it.
    #[inline]
    pub fn add_both(&mut self, address: impl Address, more: [u64; 2]) {
        let at = self.at(address, 16).cast::<[u64; 2]>();
        // SAFETY: as in `u32` and `set_u32`, for both values.
        let sums: [u64; 2] = unsafe { at.read_unaligned() };
        let sums = [0, 1].map(|value| (u64::from_le(sums[value]) + more[value]).to_le());
        // SAFETY: the same.
        unsafe { at.write_unaligned(sums) }
    }

    /// `len` bytes from an address on.
    #[inline]
    #[must_use]
    pub fn bytes(&self, address: impl Address, len: u32) -> &[u8] {
        let at = self.at(address, len.into());
        // SAFETY: as in `u32`; the result borrows `self`, so that all of it holds while the slice lives.
        unsafe { slice::from_raw_parts(at, len as usize) }
    }

    /// Copies bytes to an address.
    #[inline]
    pub fn write(&mut self, address: impl Address, bytes: &[u8]) {
        let at = self.at(address, bytes.len() as u64);
        // SAFETY: as in `set_u32`. `&mut self` means that no reference to the destination exists, so `bytes` cannot
        // overlap it.
        unsafe { copy_nonoverlapping(bytes.as_ptr(), at, bytes.len()) }
    }

    /// The watched word at an address; its value is little-endian.
    #[inline]
    #[must_use]
    pub fn atomic_u32(&self, address: u32) -> &AtomicU32 {
        // SAFETY: `base` is the start of this memory, which lives while `self` is borrowed.
        unsafe { watched_word(self.base, address) }
    }
}

impl Drop for ExchangeMemory {
    fn drop(&mut self) {
        if self.shared.is_none() {
            let len = self.unwatched + u64::from(WATCHED_BYTES);
            // SAFETY: without `shared`, `own` mapped exactly `len` bytes at `base`, and nobody else unmaps them.
            // References into them borrow `self`, so none is left. If the system refuses, the pages stay mapped.
            let _ = unsafe { munmap(self.base.as_ptr().cast(), len as usize) };
        }
    }
}

/// The watched words of one driver, accessible from any thread.
#[derive(Clone, Debug)]
pub struct WatchedWords(Words);

#[derive(Clone, Debug)]
enum Words {
    Shared(SharedMemory),
    Apart(Arc<[AtomicU32; WATCHED_BYTES as usize / size_of::<u32>()]>),
}

impl WatchedWords {
    /// Words that no shell can import.
    #[must_use]
    pub fn apart() -> Self {
        Self(Words::Apart(Arc::default()))
    }

    /// The watched word at an address; its value is little-endian.
    #[inline]
    #[must_use]
    pub fn atomic_u32(&self, address: u32) -> &AtomicU32 {
        match &self.0 {
            // SAFETY: `memory` keeps the memory alive while `self` is borrowed; `base` is its start.
            Words::Shared(memory) => unsafe { watched_word(base(memory.data()), address) },
            Words::Apart(words) => &words[address as usize / size_of::<u32>()],
        }
    }
}

/// Bytes after the watched words in a memory of so many bytes.
fn unwatched(bytes: u64) -> u64 {
    assert!(
        bytes >= FIXED_BYTES.into(),
        "invariant: a memory has the parts that every memory has"
    );
    bytes - u64::from(WATCHED_BYTES)
}

fn base(bytes: &[UnsafeCell<u8>]) -> NonNull<u8> {
    NonNull::from(bytes).cast()
}

/// The watched word at `address`, which may be any multiple of 4 below `WATCHED_BYTES`; panics otherwise.
///
/// # Safety
/// `base` is the start of an exchange memory that outlives `'a`.
#[inline]
unsafe fn watched_word<'a>(base: NonNull<u8>, address: u32) -> &'a AtomicU32 {
    assert!(
        address < WATCHED_BYTES && address.is_multiple_of(4),
        "invariant: this is the address of a watched word"
    );
    // SAFETY: the memory starts at a page boundary, and `address` is a multiple of 4: the word is aligned. It lies in the
    // first page, which every memory has. Rust has no other access to it, since `ExchangeMemory::at` rejects its address;
    // glue's aligned 32-bit accesses do not tear.
    unsafe { AtomicU32::from_ptr(base.as_ptr().add(address as usize).cast()) }
}

/// Zeroed pages from the system. An allocator might zero memory that it reuses, and thereby touch every page.
fn map(len: usize) -> Result<NonNull<u8>> {
    // SAFETY: without an address hint the system chooses an unused range, so no existing mapping changes.
    let base = unsafe { mmap_anonymous(null_mut(), len, ProtFlags::READ | ProtFlags::WRITE, MapFlags::PRIVATE) };
    let base = base.with_context(|| format!("{len} bytes for buffers"))?;
    Ok(NonNull::new(base.cast()).expect("invariant: nothing is mapped at 0"))
}
