//! The part of the compiler's taxonomy of capabilities that the attribute needs: names, and the interfaces that need
//! them. Without dependencies, since the test that compares the two includes this file.

/// A name for capabilities. The capabilities of every component need no declaration and are left out.
pub(crate) struct Name {
    /// The key in `[capabilities.required]` and `[capabilities.optional]`.
    pub(crate) key: &'static str,
    /// The text of a grant, without scope.
    pub(crate) grant: &'static str,
    /// Keys of the single capabilities that it stands for.
    pub(crate) members: &'static [&'static str],
}

/// Keys of the capabilities that this version of the runtime implements.
const PROVIDED: &[&str] = &[
    "wasi-clocks",
    "wasi-wall-clock",
    "wasi-monotonic-clock",
    "wasi-random",
    "wasi-random-insecure",
];

const fn name(key: &'static str, grant: &'static str, members: &'static [&'static str]) -> Name {
    Name { key, grant, members }
}

/// Every name for capabilities of WASI.
pub(crate) const NAMES: &[Name] = &[
    name(
        "wasi-filesystem",
        "wasi:filesystem",
        &["wasi-filesystem-read", "wasi-filesystem-write"],
    ),
    name(
        "wasi-filesystem-read",
        "wasi:filesystem/read",
        &["wasi-filesystem-read"],
    ),
    name(
        "wasi-filesystem-write",
        "wasi:filesystem/write",
        &["wasi-filesystem-write"],
    ),
    name(
        "wasi-network-egress",
        "wasi:sockets/egress",
        &["wasi-tcp-connect", "wasi-udp", "wasi-http-outgoing"],
    ),
    name(
        "wasi-network-ingress",
        "wasi:sockets/ingress",
        &["wasi-tcp-listen", "wasi-udp"],
    ),
    name("wasi-tcp-connect", "wasi:sockets/tcp-connect", &["wasi-tcp-connect"]),
    name("wasi-tcp-listen", "wasi:sockets/tcp-listen", &["wasi-tcp-listen"]),
    name("wasi-udp", "wasi:sockets/udp", &["wasi-udp"]),
    name(
        "wasi-http-outgoing",
        "wasi:http/outgoing-handler",
        &["wasi-http-outgoing"],
    ),
    name(
        "wasi-clocks",
        "wasi:clocks",
        &["wasi-wall-clock", "wasi-monotonic-clock"],
    ),
    name("wasi-wall-clock", "wasi:clocks/wall-clock", &["wasi-wall-clock"]),
    name(
        "wasi-monotonic-clock",
        "wasi:clocks/monotonic-clock",
        &["wasi-monotonic-clock"],
    ),
    name("wasi-random", "wasi:random/random", &["wasi-random"]),
    name(
        "wasi-random-insecure",
        "wasi:random/insecure",
        &["wasi-random-insecure"],
    ),
    name("wasi-environment", "wasi:cli/environment", &["wasi-environment"]),
];

/// Every interface that needs a capability, with the keys of which one is enough.
pub(crate) const INTERFACES: &[(&str, &[&str])] = &[
    (
        "wasi:filesystem/preopens",
        &["wasi-filesystem-read", "wasi-filesystem-write"],
    ),
    (
        "wasi:sockets/tcp-create-socket",
        &["wasi-tcp-connect", "wasi-tcp-listen"],
    ),
    ("wasi:sockets/udp-create-socket", &["wasi-udp"]),
    ("wasi:sockets/tcp", &["wasi-tcp-connect", "wasi-tcp-listen"]),
    ("wasi:sockets/udp", &["wasi-udp"]),
    ("wasi:sockets/ip-name-lookup", &["wasi-tcp-connect", "wasi-udp"]),
    ("wasi:http/outgoing-handler", &["wasi-http-outgoing"]),
    ("wasi:clocks/wall-clock", &["wasi-wall-clock"]),
    ("wasi:clocks/monotonic-clock", &["wasi-monotonic-clock"]),
    ("wasi:random/random", &["wasi-random"]),
    ("wasi:random/insecure", &["wasi-random-insecure"]),
    ("wasi:cli/environment", &["wasi-environment"]),
];

impl Name {
    /// The name in a declaration or in a call of `has`: a key, or a grant with or without scope. `torvync check` checks
    /// the scope.
    pub(crate) fn of(text: &str) -> Option<&'static Name> {
        let is_grant = |name: &Name| {
            let scope = text.strip_prefix(name.grant);
            scope.is_some_and(|scope| scope.is_empty() || scope.starts_with(':'))
        };
        NAMES.iter().find(|name| name.key == text || is_grant(name))
    }
}

/// Whether this version of the runtime implements the capabilities that `key` names.
pub(crate) fn is_provided(key: &str) -> bool {
    PROVIDED.contains(&key)
}

/// The key for exactly these capabilities; if there is none, the key for the first of them.
pub(crate) fn key_of(members: &'static [&'static str]) -> &'static str {
    let exact = NAMES.iter().find(|name| name.members == members);
    exact.map_or(members[0], |name| name.key)
}
