//! The component's `cabi_realloc`, which `export.rs` exports. The runtime calls it for memory.
#![expect(unsafe_code, reason = "the canonical ABI works with raw memory")]

use std::alloc::{self, Layout};
use std::ptr;

use super::{CONTENT_TYPE, RESULT};

/// Returns memory of `len` bytes.
///
/// # Safety
/// `align` is a power of two. If `old_len` is not 0, `old` is the address of so many bytes that this function returned
/// for the same `align`, but not for a list of bytes: the canonical ABI asks for the memory of those only once.
#[must_use]
pub unsafe fn realloc(old: *mut u8, old_len: usize, align: usize, len: usize) -> *mut u8 {
    if old_len == 0
        && align == 1
        && let Some(kept) = kept(len)
    {
        return kept;
    }
    // SAFETY: the caller keeps the same promise.
    unsafe { allocated(old, old_len, align, len) }
}

/// Returns memory for `len` bytes from what is kept, if there is any for them.
///
/// The memory of a result remains that of the vector. The memory of a content type is given away, and whoever gets it
/// frees it: it was allocated with exactly this length.
fn kept(len: usize) -> Option<*mut u8> {
    // SAFETY: `read_all` sets the pointer to a vector of its own, and does not touch that before it resets the pointer.
    if let Some(memory) = unsafe { RESULT.get().as_mut() } {
        memory.reserve(len);
        return Some(memory.as_mut_ptr());
    }
    let text = CONTENT_TYPE.take()?;
    if text.len() == len {
        return Some(Box::into_raw(text).cast());
    }
    CONTENT_TYPE.set(Some(text));
    None
}

/// Returns memory of `len` bytes from the allocator.
///
/// # Safety
/// As for [`realloc`].
#[cold]
unsafe fn allocated(old: *mut u8, old_len: usize, align: usize, len: usize) -> *mut u8 {
    if len == 0 {
        return ptr::without_provenance_mut(align);
    }
    // SAFETY: `align` is a power of two, and the address space of 32 bits has no lengths that a layout can't have.
    let layout = |len| unsafe { Layout::from_size_align_unchecked(len, align) };
    // SAFETY: no layout is empty. The old memory has this layout and was allocated by one of these two, or by a content
    // type with as many bytes.
    let memory = unsafe {
        match old_len {
            0 => alloc::alloc(layout(len)),
            _ => alloc::realloc(old, layout(old_len), len),
        }
    };
    if memory.is_null() {
        alloc::handle_alloc_error(layout(len));
    }
    memory
}

#[cfg(test)]
mod tests {
    use std::ptr;

    use super::super::{CONTENT_TYPE, RESULT, keep_content_type};
    use super::realloc;

    /// Asks for memory as the runtime does for a text or a list of bytes.
    fn asked(len: usize) -> *mut u8 {
        // SAFETY: there is no old memory.
        unsafe { realloc(ptr::null_mut(), 0, 1, len) }
    }

    /// The text in memory that was asked for, as the generated bindings take it.
    fn lifted(at: *mut u8, text: &str) -> String {
        // SAFETY: the memory has the length of the text, and nothing else owns it.
        unsafe {
            ptr::copy_nonoverlapping(text.as_ptr(), at, text.len());
            String::from_raw_parts(at, text.len(), text.len())
        }
    }

    #[test]
    fn a_content_type_gets_the_memory_of_the_last_one_of_its_length() {
        let first = lifted(asked(10), "text/plain");
        let at = first.as_ptr();
        keep_content_type(first);
        let longer = lifted(asked(16), "application/json");
        assert_ne!(longer.as_ptr(), at);
        let second = lifted(asked(10), "text/x-abc");
        assert_eq!(second.as_ptr(), at);
        assert_eq!(CONTENT_TYPE.take(), None);
    }

    #[test]
    fn a_result_is_written_to_the_memory_that_waits_for_it() {
        let mut memory = Vec::with_capacity(100);
        let at = memory.as_ptr();
        RESULT.set(&raw mut memory);
        assert_eq!(asked(100).cast_const(), at);
        let larger = asked(101);
        RESULT.set(ptr::null_mut());
        assert_eq!(larger.cast_const(), memory.as_ptr());
        assert!(memory.capacity() > 100);
    }

    #[test]
    fn memory_of_other_values_is_allocated_and_grows() {
        // SAFETY: the memory is asked for, grown and freed with the same alignment, and its lengths are those that were
        // asked for.
        unsafe {
            let at = realloc(ptr::null_mut(), 0, 8, 8).cast::<u64>();
            assert!(at.is_aligned());
            at.write(7);
            let at = realloc(at.cast(), 8, 8, 800);
            assert_eq!(at.cast::<u64>().read(), 7);
            drop(Vec::from_raw_parts(at.cast::<u64>(), 0, 100));
        }
        assert!(!asked(0).is_null());
    }
}
