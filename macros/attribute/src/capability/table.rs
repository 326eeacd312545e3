//! Which keys of the manifest declare what an interface gives: the compiler's taxonomy, for what can be seen without it.
//! Free of dependencies: the test that compares both reads this file too.

/// An interface, and the keys of `[capabilities.required]` and `[capabilities.optional]` that declare its use. The first
/// is the one that says just that.
pub(crate) const KEYS: &[(&str, &[&str])] = &[
    (
        "wasi:filesystem/preopens",
        &["wasi-filesystem", "wasi-filesystem-read", "wasi-filesystem-write"],
    ),
    (
        "wasi:sockets/tcp-create-socket",
        &[
            "wasi-tcp-connect",
            "wasi-tcp-listen",
            "wasi-network-egress",
            "wasi-network-ingress",
        ],
    ),
    (
        "wasi:sockets/udp-create-socket",
        &["wasi-udp", "wasi-network-egress", "wasi-network-ingress"],
    ),
    (
        "wasi:sockets/ip-name-lookup",
        &[
            "wasi-tcp-connect",
            "wasi-udp",
            "wasi-network-egress",
            "wasi-network-ingress",
        ],
    ),
    (
        "wasi:http/outgoing-handler",
        &["wasi-http-outgoing", "wasi-network-egress"],
    ),
    ("wasi:clocks/wall-clock", &["wasi-wall-clock", "wasi-clocks"]),
    ("wasi:clocks/monotonic-clock", &["wasi-monotonic-clock", "wasi-clocks"]),
    ("wasi:random/random", &["wasi-random"]),
    ("wasi:random/insecure", &["wasi-random-insecure"]),
    ("wasi:cli/environment", &["wasi-environment"]),
];
