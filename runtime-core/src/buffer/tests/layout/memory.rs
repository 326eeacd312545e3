//! The control words, and what of the memory can be reached and is in use.

use std::os::unix::fs::FileExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;

use super::*;
use crate::buffer::memory::Address;

#[test]
fn control_words_are_where_glue_looks() {
    for mut pool in both(1, 0) {
        pool.set_wall_ns(1 << 40);
        pool.set_sequence(1 << 41);
        pool.set_deadline_ns(1 << 42);
        assert_eq!(
            [16, 24, 32].map(|address| pool.memory.u64(address)),
            [1 << 40, 1 << 41, 1 << 42]
        );
        pool.memory.atomic_u32(control::STAGE).store(3, Ordering::Relaxed);
        pool.set_limit_ms(1000);
        let watched = |pool: &BufferPool| [4, 8].map(|address| pool.memory.atomic_u32(address).load(Ordering::Relaxed));
        assert_eq!(watched(&pool), [3, 1000]);
        pool.leave_stage();
        assert_eq!(watched(&pool), [0, 1000]);
    }
}

#[test]
fn another_thread_sees_the_watched_words() {
    let pool = shared_pool(1, 0);
    let words = pool.memory().watched_words();
    pool.memory().atomic_u32(control::CALL).store(5, Ordering::Relaxed);
    let watchdog = std::thread::spawn(move || {
        let call = words.atomic_u32(control::CALL).load(Ordering::Relaxed);
        words.atomic_u32(control::HALT).store(call, Ordering::Relaxed);
    });
    watchdog.join().unwrap();
    assert_eq!(pool.memory().atomic_u32(control::HALT).load(Ordering::Relaxed), 5);
    let alone = super::pool(1, 0);
    alone
        .memory()
        .watched_words()
        .atomic_u32(control::HALT)
        .store(1, Ordering::Relaxed);
    assert_eq!(alone.memory().atomic_u32(control::HALT).load(Ordering::Relaxed), 0);
}

#[test]
#[should_panic(expected = "invariant: an address is in the memory, and after the watched words")]
fn watched_words_are_atomic_only() {
    let _ = pool(1, 0).memory().u32(control::LIMIT_MS);
}

/// Reads `len` bytes at an address. Returns whether that was possible.
fn can_be_read(memory: &ExchangeMemory, address: impl Address, len: u32) -> bool {
    catch_unwind(AssertUnwindSafe(|| memory.bytes(address, len).len())).is_ok()
}

#[test]
fn the_last_bytes_can_be_reached_and_none_behind() {
    let pages = node::FIRST / 0x1_0000 + 1;
    let end = pages * 0x1_0000;
    let mut memory = ExchangeMemory::own(pages).expect("there is memory");
    memory.set_u64(end - 8, u64::MAX);
    assert_eq!((memory.u32(end - 4), memory.bytes(end - 1, 1)), (u32::MAX, &[0xff][..]));
    for (address, len) in [
        (end - 3, 4),
        (end, 1),
        (u32::MAX, 4),
        (end - 16, u32::MAX),
        (control::STAGE, 4),
    ] {
        assert!(!can_be_read(&memory, address, len), "{len} bytes at {address:#x}");
    }
}

#[test]
fn the_fixed_part_ends_before_the_nodes() {
    let memory = ExchangeMemory::own(node::FIRST / 0x1_0000 + 1).expect("there is memory");
    for (address, len, can) in [
        (control::WALL_NS, 8, true),
        (node::FIRST - 4, 4, true),
        (node::FIRST - 3, 4, false),
        (node::FIRST, 1, false),
        (control::HALT, 4, false),
        (u32::MAX, 4, false),
    ] {
        assert_eq!(
            can_be_read(&memory, Fixed(address), len),
            can,
            "{len} bytes at {address:#x}"
        );
    }
    let last = Slot::new(slot::COUNT - 1).field(slot::SIZE - 4);
    assert!(can_be_read(&memory, last, 4), "{last:?}");
}

#[test]
#[should_panic(expected = "invariant: a memory has the parts that every memory has")]
fn a_memory_has_the_fixed_part() {
    let _ = ExchangeMemory::own(node::FIRST / 0x1_0000 - 1);
}

/// Number of a pool's system pages that are in memory: those with bit 63 of their entry in Linux's `pagemap`.
fn touched_pages(pool: &BufferPool) -> usize {
    const PAGE: u64 = 4096;
    let first = pool.memory.bytes(control::WALL_NS, 1).as_ptr() as u64 / PAGE;
    let (_, end) = pool.tiers[3].unused();
    let mut entries = vec![0; (u64::from(end) / PAGE * 8) as usize];
    let pagemap = std::fs::File::open("/proc/self/pagemap").unwrap();
    pagemap.read_exact_at(&mut entries, first * 8).unwrap();
    entries.chunks_exact(8).filter(|entry| entry[7] & 0x80 != 0).count()
}

#[test]
fn a_large_pool_takes_what_is_used_of_it() {
    for mut pool in both(1000, 0) {
        let (_, end) = pool.tiers[3].unused();
        assert!(end > 1000 << 20);
        let before = touched_pages(&pool);
        assert!(
            before <= 4,
            "{before} pages for the control page, the names and the blocks of two nodes"
        );
        let id = in_transit(&mut pool, &[1; 256]);
        pool.release(id).unwrap();
        let after = touched_pages(&pool);
        assert!(
            (before + 1..=before + 3).contains(&after),
            "{after} pages, and {before} before one entry and one buffer were touched"
        );
    }
}
