//! The state in the memory after the runtime's operations, and the runtime's use of state written by glue.

use std::os::unix::fs::FileExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;

use super::*;
use crate::buffer::Element;
use crate::layout::{content_type, handle, node, scratch, state};

/// The words of a buffer's slot, from `ID` to `NEXT`.
fn entry(pool: &BufferPool, id: BufferId) -> [u32; 10] {
    let first = slot::FIRST + (id.rep() & 0xffff) * 64;
    std::array::from_fn(|word| pool.memory.u32(first + 4 * u32::try_from(word).unwrap()))
}

fn statistics(pool: &BufferPool) -> [u64; 4] {
    [64, 72, 80, 88].map(|address| pool.memory.u64(address))
}

/// The first word of a tier's free list: `FREE`.
fn free(pool: &BufferPool, tier: u32) -> u32 {
    pool.memory.u32(128 + 16 * tier + 4)
}

fn block_u32(pool: &BufferPool, node: usize, field: u32) -> u32 {
    pool.memory.u32(pool.node_base(node) + field)
}

#[test]
fn an_entry_tells_what_became_of_a_buffer() {
    for mut pool in both(2, 0) {
        pool.begin_call(0);
        let first = pool.allocate(1).unwrap();
        let id = pool.allocate(300).unwrap();
        let address = entry(&pool, id)[8];
        assert_eq!(address % 4096, 0);
        let [no_owner, no_type] = [slot::FLOW, 0];
        assert_eq!(
            entry(&pool, first),
            [0, state::DRAFT, 0, 1, 0, 256, no_type, 0, entry(&pool, first)[8], 0]
        );
        assert_eq!(
            entry(&pool, id),
            [1, state::DRAFT, 0, 1, 0, 4096, no_type, 1, address, 0]
        );

        pool.append(id, b"hello").unwrap();
        pool.set_content_type(id, "a/b").unwrap();
        assert_eq!(entry(&pool, id), [1, state::DRAFT, 0, 1, 5, 4096, 1, 1, address, 0]);
        assert_eq!(pool.memory.bytes(address, 5), b"hello");
        assert_eq!((held_bytes(&pool, 0), held_bytes(&pool, 1)), (256 + 4096, 0));

        let frozen = pool.freeze(id).unwrap();
        assert_eq!(frozen.rep(), 0x1_0001);
        assert_eq!(
            entry(&pool, frozen),
            [0x1_0001, state::OWNED, 0, 1, 5, 4096, 1, 1, address, 0]
        );
        pool.take_over(frozen).unwrap();
        pool.retain(frozen, 2).unwrap();
        assert_eq!(
            entry(&pool, frozen),
            [0x1_0001, state::TRANSIT, no_owner, 3, 5, 4096, 1, 1, address, 0]
        );
        assert_eq!(held_bytes(&pool, 0), 256);
        pool.lend(frozen).unwrap();
        assert_eq!(entry(&pool, frozen)[1], state::BORROWED);
        pool.end_loan(frozen).unwrap();
        for _ in 0..3 {
            pool.release(frozen).unwrap();
        }
        assert_eq!(entry(&pool, frozen)[..2], [0x2_0001, state::POOLED]);
        assert_eq!((free(&pool, 0), free(&pool, 1)), (0, 1 + 1));
        assert_eq!(statistics(&pool), [2, 1, 0, 2]);
    }
}

#[test]
fn what_came_back_last_is_taken_first() {
    for mut pool in both(3, 0) {
        let [a, b, c] = [(); 3].map(|()| pool.allocate(1).unwrap());
        for id in [b, a, c] {
            pool.drop_owned(id).unwrap();
        }
        assert_eq!(free(&pool, 0), 1 + 2);
        assert_eq!([c, a, b].map(|id| entry(&pool, id)[9]), [1, 1 + 1, 0]);
        let again = [(); 3].map(|()| pool.allocate(1).unwrap().rep());
        assert_eq!(
            again,
            [0x1_0002, 0x1_0000, 0x1_0001],
            "the next generation of `c`, `a`, `b`"
        );
        assert_eq!(free(&pool, 0), 0);
        assert_eq!(statistics(&pool), [6, 3, 3, 3]);
        assert_eq!(pool.allocate(1), Err(BufferError::Exhausted));
    }
}

/// Glue's work for `allocate`, `append` and `freeze`, word by word.
fn glue_makes_a_buffer(pool: &mut BufferPool, node: usize, contents: &[u8]) -> BufferId {
    let block = pool.node_base(node);
    let memory = &mut pool.memory;
    let position = memory.u32(tier::FIRST + tier::FREE) - 1;
    let entry = slot::FIRST + position * slot::SIZE;
    memory.set_u32(tier::FIRST + tier::FREE, memory.u32(entry + slot::NEXT));
    let held = memory.u64(block + node::HELD_BYTES) + u64::from(memory.u32(entry + slot::CAPACITY));
    memory.set_u64(block + node::HELD_BYTES, held);
    memory.add(statistics::ALLOCATED, 1);
    memory.add(statistics::REUSED, 1);
    let id = memory.u32(entry + slot::ID) + slot::GENERATION;
    memory.set_u32(entry + slot::ID, id);
    memory.set_u32(entry + slot::STATE, state::OWNED);
    memory.set_u32(entry + slot::OWNER, memory.u32(block + node::POSITION));
    memory.set_u32(entry + slot::REFS, 1);
    memory.set_u32(entry + slot::LEN, u32::try_from(contents.len()).unwrap());
    memory.set_u32(entry + slot::CONTENT_TYPE, 0);
    memory.write(memory.u32(entry + slot::ADDRESS), contents);
    BufferId::from_rep(id)
}

#[test]
fn what_glue_did_holds() {
    for mut pool in both(1, 0) {
        pool.begin_call(1);
        let used = pool.allocate(1).unwrap();
        pool.drop_owned(used).unwrap();
        let made = glue_makes_a_buffer(&mut pool, 1, b"from glue");
        assert_eq!(held_bytes(&pool, 1), 256);
        assert_eq!(pool.allocate(1), Err(BufferError::Exhausted), "glue took the only one");
        assert_eq!(pool.append(used, b"x"), Err(BufferError::Stale));
        assert_eq!(pool.contents(made), Ok(&b"from glue"[..]));
        pool.take_over(made).unwrap();
        assert_eq!(held_bytes(&pool, 1), 0);
        pool.release(made).unwrap();
        let stats = pool.stats();
        assert_eq!(
            (stats.allocated, stats.returned, stats.reused, pool.live()),
            (2, 2, 1, 0)
        );
    }
}

#[test]
fn generations_begin_again_after_the_last() {
    let mut pool = pool(1, 0);
    for _ in 0..0xffff {
        let id = pool.allocate(1).unwrap();
        pool.drop_owned(id).unwrap();
    }
    let last = pool.allocate(1).unwrap();
    assert_eq!(last.rep(), 0xffff_0000);
    assert_eq!(pool.freeze(last).unwrap().rep(), 0, "the slot stays the same");
}

#[test]
fn buffers_outside_have_no_address() {
    for mut pool in both(1, 1 << 20) {
        pool.begin_call(0);
        let pooled = pool.allocate(1).unwrap();
        let id = pool.allocate(1).unwrap();
        assert_eq!(entry(&pool, id), [1, state::DRAFT, 0, 1, 0, 256, 0, tier::COUNT, 0, 0]);

        pool.write_scratch(b"hello");
        pool.heap_write(id, 10, 5);
        pool.memory.set_u32(slot::FIRST + slot::SIZE + slot::LEN, 15);
        pool.write_scratch(b"?????");
        pool.heap_read(id, 11, 3);
        assert_eq!(pool.read_scratch(5), b"ell??");
        assert_eq!(pool.memory.bytes(scratch::FIRST, 5), b"ell??");
        let frozen = pool.freeze(id).unwrap();
        assert_eq!(pool.contents(frozen), Ok(&b"\0\0\0\0\0\0\0\0\0\0hello"[..]));

        pool.give_back_heap(frozen);
        assert_eq!(entry(&pool, frozen)[..3], [0x2_0001, state::POOLED, slot::FLOW]);
        assert_eq!((held_bytes(&pool, 0), free(&pool, 0)), (256, 0));
        let larger = pool.allocate(2 << 20);
        assert_eq!(larger, Err(BufferError::Exhausted), "the budget is 1 MiB");
        pool.drop_owned(pooled).unwrap();
        assert_eq!((statistics(&pool), pool.stats().fallback), ([2, 2, 0, 2], 1));
    }
}

#[test]
#[should_panic(expected = "invariant: glue writes within the capacity")]
fn a_write_outside_of_a_heap_buffer_is_a_bug() {
    let mut pool = pool(0, 256);
    let id = pool.allocate(1).unwrap();
    pool.heap_write(id, 255, 2);
}

#[test]
#[should_panic(expected = "invariant: glue names a buffer outside of the memory")]
fn a_pooled_buffer_is_not_outside() {
    let mut pool = pool(1, 256);
    let id = pool.allocate(1).unwrap();
    pool.give_back_heap(id);
}

#[test]
fn glue_allocates_for_the_stage_it_serves() {
    for mut pool in both(1, 0) {
        pool.begin_call(0);
        let id = pool.allocate_for(1, 1).unwrap();
        assert_eq!((entry(&pool, id)[2], held_bytes(&pool, 1)), (1, 256));
        assert_eq!(pool.allocate_for(1, 301), Err(BufferError::TooLarge(300)));
        let own = pool.allocate(257).unwrap();
        assert_eq!(
            entry(&pool, own)[2],
            0,
            "the call that goes on is still that of stage 0"
        );
    }
}

#[test]
fn blocks_have_the_limits_of_their_nodes() {
    for (mut pool, has_handles) in both(1, 0).into_iter().zip([false, true]) {
        let bases = [0, 1].map(|node| pool.node_base(node));
        assert_eq!(bases, [node::FIRST, node::FIRST + 256]);
        let limits = |node: usize| [8, 16].map(|field| pool.memory.u64(bases[node] + field));
        assert_eq!(
            limits(0),
            [u64::MAX >> 1, 2 << 20],
            "a buffer has at most what the plan says"
        );
        assert_eq!(limits(1), [600, 300]);
        assert_eq!([0, 1].map(|node| block_u32(&pool, node, node::POSITION)), [0, 1]);
        let tables = [0, 1].map(|node| block_u32(&pool, node, node::HANDLES));
        assert_eq!(tables, [0, if has_handles { bases[1] + 256 } else { 0 }]);
        check_handles(&mut pool);
    }
}

fn check_handles(pool: &mut BufferPool) {
    let fields = [node::FREE_HANDLE, node::UNUSED_HANDLE, node::BORROWS, node::MAY_LEAVE];
    let read = |pool: &BufferPool| fields.map(|field| block_u32(pool, 1, field));
    assert_eq!(read(pool), [0, 1, 0, 1]);
    for (field, value) in fields.into_iter().zip([7, 9, 2, 0]) {
        let base = pool.node_base(1);
        pool.memory.set_u32(base + field, value);
    }
    pool.reset_handles(1);
    assert_eq!(read(pool), [0, 1, 0, 1], "as before the first call");
}

#[test]
fn handle_tables_are_apart_from_the_tiers() {
    let pool = shared_pool(1, 0);
    let table = block_u32(&pool, 1, node::HANDLES);
    let (first, _) = pool.tiers[0].unused();
    assert!(table + handle::COUNT * handle::SIZE <= first);
}

#[test]
fn copies_are_what_glue_counted() {
    for mut pool in both(1, 0) {
        for (offset, value) in (0..).zip([1, 10, 2, 20, 3, 30_u64]) {
            let base = pool.node_base(1);
            pool.memory.set_u64(base + node::READ + 8 * offset, value);
        }
        let counts = |node| {
            pool.copies(node)
                .by_reason()
                .map(|(_, copies)| (copies.count, copies.bytes))
        };
        assert_eq!(counts(1), [(1, 10), (2, 20), (3, 30), (0, 0)]);
        assert_eq!(counts(0), [(0, 0); 4]);
    }
}

#[test]
fn what_the_runtime_copies_for_a_stage_is_added() {
    for mut pool in both(1, 0) {
        pool.count_written(1, 100);
        pool.count_written(1, 50);
        pool.count_metadata(1, "a/b");
        let counts = [80, 88, 96, 104].map(|field| pool.memory.u64(pool.node_base(1) + field));
        assert_eq!(counts, [2, 150, 1, 16 + 3]);
    }
}

#[test]
fn a_chain_finds_its_element_in_the_block_of_its_first_stage() {
    for mut pool in both(1, 0) {
        let block = pool.node_base(1);
        let element = Element {
            sequence: 1 << 40,
            timestamp_ns: 1 << 41,
            content_type: ContentType::from_number(7),
            payload: BufferId::from_rep(0x2_0003),
        };
        pool.set_chain_element(block, element);
        assert_eq!(
            [160, 168].map(|field| pool.memory.u64(block + field)),
            [1 << 40, 1 << 41]
        );
        assert_eq!([176, 180].map(|field| pool.memory.u32(block + field)), [0x2_0003, 7]);

        pool.memory.set_u64(block + node::CHAIN_ENDED, 5);
        let counter = block + node::CHAIN_ENDED;
        assert_eq!([pool.take_count(counter), pool.take_count(counter)], [5, 0]);
    }
}

#[test]
fn glue_reads_the_names_that_the_runtime_knows() {
    let mut pool = shared_pool(1, 0);
    let name_at = [48, 52].map(|address| pool.memory.u32(address));
    assert_eq!(pool.memory.bytes(name_at[0], name_at[1]), b"flow");

    let longest = "x".repeat(1024);
    let names = ["a/b", &longest, "c/d; e=f"];
    let numbers = names.map(|name| pool.content_types.intern(name).unwrap().number());
    assert_eq!(numbers, [1, 2, 3]);
    assert_eq!(pool.content_types.intern("a/b"), Ok(ContentType::from_number(1)));
    for (number, name) in numbers.into_iter().zip(names) {
        let at = [0, 4].map(|field| pool.memory.u32(0x1000 + 8 * number + field));
        assert_eq!(pool.memory.bytes(at[0], at[1]), name.as_bytes());
    }
}

#[test]
fn the_largest_content_types_have_room() {
    let mut pool = shared_pool(1, 0);
    for number in 1..content_type::COUNT {
        let name = format!("{number:01024}");
        assert_eq!(pool.content_types.intern(&name).unwrap().number(), number);
    }
    assert_eq!(pool.content_types.intern("one more"), Err(BufferError::ContentType));
    let last = content_type::FIRST + (content_type::COUNT - 1) * content_type::SIZE;
    let (at, length) = (pool.memory.u32(last), pool.memory.u32(last + 4));
    assert!(at + length <= node::FIRST, "before what comes next");
    assert_eq!(pool.memory.bytes(at, length), format!("{:01024}", 1023).as_bytes());
    assert_eq!(block_u32(&pool, 0, node::UNUSED_HANDLE), 1, "nothing was overwritten");
}

#[test]
fn control_words_are_where_glue_looks() {
    for mut pool in both(1, 0) {
        pool.set_wall_ns(1 << 40);
        pool.set_sequence(1 << 41);
        pool.set_deadline_ns(1 << 42);
        assert_eq!(
            [24, 32, 40].map(|address| pool.memory.u64(address)),
            [1 << 40, 1 << 41, 1 << 42]
        );
        pool.memory.atomic_u32(control::STAGE).store(3, Ordering::Relaxed);
        pool.set_limit_ms(1000);
        let watched =
            |pool: &BufferPool| [8, 12].map(|address| pool.memory.atomic_u32(address).load(Ordering::Relaxed));
        assert_eq!(watched(&pool), [3, 1000]);
        pool.leave_stage();
        assert_eq!(watched(&pool), [0, 1000]);
    }
}

#[test]
fn another_thread_sees_the_watched_words() {
    let pool = shared_pool(1, 0);
    let words = pool.memory().watched_words().expect("the memory is shared");
    pool.memory().atomic_u32(control::CALL).store(5, Ordering::Relaxed);
    let watchdog = std::thread::spawn(move || {
        let call = words.atomic_u32(control::CALL).load(Ordering::Relaxed);
        words.atomic_u32(control::INTERRUPT).store(call, Ordering::Relaxed);
    });
    watchdog.join().unwrap();
    assert_eq!(pool.memory().atomic_u32(control::INTERRUPT).load(Ordering::Relaxed), 5);
    assert!(super::pool(1, 0).memory().watched_words().is_none());
}

#[test]
#[should_panic(expected = "invariant: an address is in the memory, and after the watched words")]
fn watched_words_are_atomic_only() {
    let _ = pool(1, 0).memory().u32(control::LIMIT_MS);
}

#[test]
fn the_last_bytes_can_be_reached_and_none_behind() {
    let mut memory = ExchangeMemory::own(1).expect("there is memory");
    memory.set_u64(0xfff8, u64::MAX);
    assert_eq!((memory.u32(0xfffc), memory.bytes(0xffff, 1)), (u32::MAX, &[0xff][..]));
    for (address, len) in [(0xfffd, 4), (0x1_0000, 1), (u32::MAX, 4), (0xfff0, u32::MAX)] {
        let read = catch_unwind(AssertUnwindSafe(|| memory.bytes(address, len).len()));
        assert!(read.is_err(), "{len} bytes at {address:#x}");
    }
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
        assert!(after <= before + 3, "{after}: one entry and one buffer were touched");
    }
}
