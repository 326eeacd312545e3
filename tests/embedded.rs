//! Machine code that was made a moment ago, as if an executable had it in its data.

use std::error::Error;

use torvyn_runtime_core::engine::{Artifact, PageAligned};

/// Room for machine code.
const ROOM: usize = 1 << 20;

/// Embeds what an engine of this process has precompiled, for as long as the process lives.
#[expect(unsafe_code, reason = "only who made machine code can promise what it is")]
pub(crate) fn artifact(name: &str, made: &[u8]) -> Result<&'static Artifact, Box<dyn Error>> {
    let code: &mut PageAligned<ROOM> = Box::leak(zeroed());
    let room = code.0.get_mut(..made.len()).ok_or("the machine code is too long")?;
    room.copy_from_slice(made);
    let name = format!("{name}-{:p}", code.0.as_ptr());
    // SAFETY: what was just precompiled; of the zeros behind it none of its headers knows.
    let artifact = unsafe { Artifact::new(Box::leak(name.into_boxed_str()), code) };
    Ok(Box::leak(Box::new(artifact)))
}

/// Zeroed pages that were never touched.
#[expect(
    unsafe_code,
    reason = "a megabyte does not fit on the stack of a thread, and only what is used is to be touched"
)]
fn zeroed() -> Box<PageAligned<ROOM>> {
    // SAFETY: zeros are valid bytes.
    unsafe { Box::new_zeroed().assume_init() }
}
