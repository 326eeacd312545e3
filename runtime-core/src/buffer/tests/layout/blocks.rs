//! The blocks of nodes: limits, handle tables, counts of copies, the element of a chain.

use super::*;
use crate::buffer::Element;
use crate::layout::handle;

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
