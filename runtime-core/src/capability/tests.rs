use super::*;

fn covers(grant: &str, request: &str) -> bool {
    let grant: Grant = grant.parse().expect("a grant");
    let request: Request = request.parse().expect("a request");
    request
        .entry
        .members
        .iter()
        .all(|member| grant.covers(*member, &request.scope))
}

#[test]
fn a_broader_grant_covers_a_narrower_request_and_never_the_reverse() {
    let pairs = [
        ("wasi:filesystem/read", "wasi:filesystem/read:/data"),
        ("wasi:filesystem/read:/data", "wasi:filesystem/read:/data/input"),
        ("wasi:filesystem:/data", "wasi:filesystem/write:/data/out"),
        ("wasi:clocks", "wasi:clocks/wall-clock"),
        ("wasi:sockets/egress", "wasi:sockets/tcp-connect:example.org:443"),
        (
            "wasi:sockets/tcp-connect:*.example.org:400-500",
            "wasi:sockets/tcp-connect:api.example.org:443",
        ),
        ("wasi:sockets/tcp-connect:*", "wasi:sockets/tcp-connect:example.org"),
        ("wasi:cli/environment:APP_*", "wasi:cli/environment:APP_HOME"),
    ];
    for (broad, narrow) in pairs {
        assert!(covers(broad, narrow), "{broad} covers {narrow}");
        assert!(!covers(narrow, broad), "{narrow} does not cover {broad}");
    }
}

#[test]
fn neighbours_do_not_cover_each_other() {
    let pairs = [
        ("wasi:filesystem/read:/data", "wasi:filesystem/read:/database"),
        ("wasi:filesystem/read:/data", "wasi:filesystem/write:/data"),
        (
            "wasi:sockets/tcp-connect:example.org",
            "wasi:sockets/tcp-connect:badexample.org",
        ),
        (
            "wasi:sockets/tcp-connect:*.example.org",
            "wasi:sockets/tcp-connect:example.org",
        ),
        ("wasi:clocks/wall-clock", "wasi:clocks/monotonic-clock"),
    ];
    for (a, b) in pairs {
        assert!(!covers(a, b) && !covers(b, a), "{a}, {b}");
    }
}

#[test]
fn a_key_leaves_the_scope_to_the_grant() {
    assert!(covers("wasi:filesystem/read:/data/input", "wasi-filesystem-read"));
    assert!(!covers("wasi:clocks/wall-clock", "wasi-clocks"));
    let request: Request = "wasi-clocks".parse().expect("a request");
    assert_eq!(request.scope, Wanted::Somewhere);
}

#[test]
fn a_component_has_what_its_grants_cover_together() {
    let grants = ["wasi:clocks", "wasi:filesystem/read", "wasi:filesystem/write:/data"];
    for asked in [
        "wasi:clocks",
        "wasi:clocks/wall-clock",
        "wasi-clocks",
        "wasi:filesystem:/data/out",
        "wasi:filesystem/read:/etc",
        "wasi:cli/stdout",
    ] {
        assert!(has(&grants, asked), "{asked}");
    }
    for asked in [
        "wasi:filesystem",
        "wasi:filesystem/write",
        "wasi:random",
        "torvyn:runtime/metrics",
        "wasi:clock",
        "",
    ] {
        assert!(!has(&grants, asked), "{asked}");
    }
}

#[test]
fn what_is_malformed_says_why() {
    let cases = [
        ("wasi:clocks/wall-clock:/x", "`wasi:clocks/wall-clock` has no scope"),
        (
            "wasi:filesystem/read:data",
            "expected an absolute path without `..` as its scope",
        ),
        (
            "wasi:filesystem/read:/data/../etc",
            "expected an absolute path without `..` as its scope",
        ),
        (
            "wasi:sockets/udp:host:99999",
            "expected `HOST`, `HOST:PORT` or `HOST:FIRST-LAST` as its scope",
        ),
        ("wasi:cli/environment:", "expected a name as its scope"),
        ("wasi:filesystem/reads", "no such capability"),
        ("", "no such capability"),
    ];
    for (text, expected) in cases {
        assert_eq!(text.parse::<Grant>().unwrap_err().to_string(), expected, "{text}");
    }
}

#[test]
fn every_permission_has_a_name_of_its_own() {
    for entry in ENTRIES {
        assert_eq!(
            ENTRIES.iter().filter(|other| other.key == entry.key).count(),
            1,
            "{}",
            entry.key
        );
        for member in entry.members {
            assert_eq!(member.entry().members, [*member]);
        }
        let grant: Grant = entry.grant.parse().expect("a grant");
        assert_eq!(grant.entry, entry);
    }
}
