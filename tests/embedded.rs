//! Machine code made in this process, in the form in which executables embed it.

use std::error::Error;

use torvyn_runtime_core::engine::{Artifact, PageAligned};

/// Bytes for machine code.
const ROOM: usize = 1 << 20;

/// Embeds code precompiled by an engine of this process, for the life of the process.
#[expect(unsafe_code, reason = "only the maker of machine code can vouch for it")]
pub(crate) fn artifact(name: &str, made: &[u8]) -> Result<&'static Artifact, Box<dyn Error>> {
    let code: &mut PageAligned<ROOM> = Box::leak(zeroed());
    let room = code.0.get_mut(..made.len()).ok_or("the machine code is too long")?;
    room.copy_from_slice(made);
    let name = format!("{name}-{:p}", code.0.as_ptr());
    // SAFETY: the caller passes output of `precompile_component` or `precompile_module`, copied unchanged to the front
    // of `code`; wasmtime reads only as far as its headers say, so the zeros after it are never executed.
    let artifact = unsafe { Artifact::new(Box::leak(name.into_boxed_str()), code) };
    Ok(Box::leak(Box::new(artifact)))
}

/// Zeroed pages that were never touched.
#[expect(
    unsafe_code,
    reason = "a megabyte does not fit on the stack of a thread, and only what is used is to be touched"
)]
fn zeroed() -> Box<PageAligned<ROOM>> {
    // SAFETY: `PageAligned` is an array of `u8`, for which all zeros are valid.
    unsafe { Box::new_zeroed().assume_init() }
}
