//! Signal handling inherited from the parent process.

#[expect(unsafe_code, reason = "only the C library reports inherited handlers")]
mod c {
    unsafe extern "C" {
        pub(super) fn signal(number: i32, handler: usize) -> usize;
    }
}

/// Values of `SIG_DFL` and `SIG_IGN`, the same on every Unix.
const DEFAULT: usize = 0;
const IGNORE: usize = 1;

/// Whether a signal was ignored when the process started. Must be called before a handler is installed.
#[expect(unsafe_code, reason = "a function of the C library")]
pub(super) fn is_ignored(signal: i32) -> bool {
    // SAFETY: this is `signal` of the C library, whose handlers are passed as addresses. `DEFAULT` is no address but
    // `SIG_DFL`, so no code of this process will run as a handler.
    let before = unsafe { c::signal(signal, DEFAULT) };
    if before == IGNORE {
        // SAFETY: as above, with `SIG_IGN`.
        unsafe { c::signal(signal, IGNORE) };
    }
    before == IGNORE
}
