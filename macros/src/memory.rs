//! Memory that is kept from one call to the next, so that a call allocates nothing once there is enough of it.
//!
//! In a call with an element, the runtime passes two values of unknown length: the content type, and the payload if the
//! component reads it. For the memory of each it calls `cabi_realloc` of the component, which is in `realloc.rs`.

pub(crate) mod realloc;

use std::cell::Cell;
use std::ptr;

use crate::bindings::torvyn::streaming::types::Buffer;

/// The most bytes of memory that are kept: a payload of that size takes far longer to copy than to allocate, and the
/// component may need the memory for something else until the next one comes.
const KEPT_BYTES: usize = 64 * 1024;

thread_local! {
    /// The vector for the result of the import that is being called; null if the result owns its memory.
    static RESULT: Cell<*mut Vec<u8>> = const { Cell::new(ptr::null_mut()) };
    /// The memory of the last element's content type, for one of the same length.
    static CONTENT_TYPE: Cell<Option<Box<[u8]>>> = const { Cell::new(None) };
}

/// The memory of a vector, between two uses.
pub(crate) struct Kept(Cell<Vec<u8>>);

impl Kept {
    /// No memory yet.
    pub(crate) const fn new() -> Self {
        Kept(Cell::new(Vec::new()))
    }

    /// Takes the memory, as an empty vector.
    pub(crate) fn take(&self) -> Vec<u8> {
        let mut memory = self.0.take();
        memory.clear();
        memory
    }

    /// Keeps the memory, unless there is too much of it.
    pub(crate) fn keep(&self, memory: Vec<u8>) {
        if memory.capacity() <= KEPT_BYTES {
            self.0.set(memory);
        }
    }
}

/// Keeps the memory of an element's content type.
pub(crate) fn keep_content_type(text: String) {
    CONTENT_TYPE.set(Some(text.into_boxed_str().into_boxed_bytes()));
}

/// Copies the contents of a buffer to an empty vector, which grows as needed.
#[expect(unsafe_code, reason = "the generated function does not take memory for its result")]
pub(crate) fn read_all(buffer: &Buffer, mut memory: Vec<u8>) -> Vec<u8> {
    let mut list = [0_usize; 2];
    RESULT.set(&raw mut memory);
    // SAFETY: the import stores a list, which is an address and a length, at the address that it gets.
    unsafe { import::read_all(buffer.handle().cast_signed(), list.as_mut_ptr().cast()) };
    RESULT.set(ptr::null_mut());
    let [at, len] = list;
    assert!(
        len == 0 || (at == memory.as_ptr().addr() && len <= memory.capacity()),
        "invariant: the runtime writes a list to the memory that `cabi_realloc` returns for it"
    );
    // SAFETY: as was just checked, the vector has the memory that the runtime wrote `len` bytes to.
    unsafe { memory.set_len(len) };
    memory
}

#[expect(unsafe_code, reason = "an import is a foreign function")]
#[cfg(target_arch = "wasm32")]
mod import {
    #[link(wasm_import_module = "torvyn:streaming/types@0.1.0")]
    unsafe extern "C" {
        #[link_name = "[method]buffer.read-all"]
        pub(super) fn read_all(buffer: i32, list: *mut u8);
    }
}

#[expect(unsafe_code, reason = "the import is unsafe to call, and so is what stands for it")]
#[cfg(not(target_arch = "wasm32"))]
mod import {
    pub(super) unsafe fn read_all(_buffer: i32, _list: *mut u8) {
        unreachable!("there is no runtime")
    }
}
