//! Linear memory that a component starts with. Its code may need more later; with less it can't be instantiated.

use wasmparser::{MemoryType, Parser, Payload};

/// Binary logarithm of the usual size of a page.
const PAGE: u32 = 16;

/// Returns the size of the largest memory of `binary` at the start, in bytes. A component may leave some of its
/// memories out, so their sum is no lower bound.
pub(super) fn at_start(binary: &[u8]) -> u64 {
    let mut largest = 0;
    for payload in Parser::new(0).parse_all(binary).map_while(Result::ok) {
        if let Payload::MemorySection(memories) = payload {
            let sizes = memories.into_iter().map_while(Result::ok).map(|memory| bytes(&memory));
            largest = sizes.fold(largest, u64::max);
        }
    }
    largest
}

fn bytes(memory: &MemoryType) -> u64 {
    let page = 1_u64.checked_shl(memory.page_size_log2.unwrap_or(PAGE));
    page.map_or(u64::MAX, |page| memory.initial.saturating_mul(page))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_memory_counts() {
        for (text, bytes) in [
            ("(module)", 0),
            ("(module (memory 2) (memory 17 20))", 17 << 16),
            ("(module (memory 3 3 (pagesize 1)))", 3),
            (
                "(component (core module (memory 1)) (component (core module (memory 5))))",
                5 << 16,
            ),
        ] {
            let binary = wat::parse_str(text).expect("valid text");
            assert_eq!(at_start(&binary), bytes, "{text}");
        }
    }
}
