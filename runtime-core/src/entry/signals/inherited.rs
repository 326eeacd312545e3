//! What the process was given by whoever started it.

#[expect(unsafe_code, reason = "the C library alone knows")]
mod c {
    unsafe extern "C" {
        pub(super) fn signal(number: i32, handler: usize) -> usize;
    }
}

/// Numbers that stand for handlers, on every Unix.
const DEFAULT: usize = 0;
const IGNORE: usize = 1;

/// Whether a signal was ignored when the process started. To be asked before a handler is there.
#[expect(unsafe_code, reason = "a function of the C library")]
pub(super) fn is_ignored(signal: i32) -> bool {
    // SAFETY: the number is that of a signal, and both handlers are such that run no code.
    let before = unsafe { c::signal(signal, DEFAULT) };
    if before == IGNORE {
        // SAFETY: as above.
        unsafe { c::signal(signal, IGNORE) };
    }
    before == IGNORE
}
