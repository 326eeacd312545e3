//! The capabilities that a manifest can name.

/// Every capability, with what it allows.
pub(crate) fn capabilities() -> &'static [(&'static str, &'static str)] {
    &[
        ("wasi-filesystem-read", "Reads files and folders."),
        ("wasi-filesystem-write", "Makes and changes files and folders."),
        ("wasi-network-egress", "Opens connections."),
        ("wasi-clocks", "Tells the time."),
        ("wasi-random", "Draws random numbers."),
    ]
}
