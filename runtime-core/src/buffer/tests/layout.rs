//! The state in the memory after the runtime's operations, and the runtime's use of state written by glue.

mod blocks;
mod memory;
mod names;

use super::*;
use crate::layout::{node, scratch, state};

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
