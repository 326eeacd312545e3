//! The names in the memory: the flow and the content types.

use super::*;
use crate::layout::content_type;

#[test]
fn glue_reads_the_names_that_the_runtime_knows() {
    let mut pool = shared_pool(1, 0);
    let name_at = [40, 44].map(|address| pool.memory.u32(address));
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
