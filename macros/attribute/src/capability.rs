//! Capabilities that a component needs, as far as its `impl` block and its WIT tell.

use proc_macro::{TokenStream, TokenTree};

use crate::item::{is_punct, is_word, place};
use crate::manifest::Project;
use crate::mistake::Place;
use crate::wit;

/// A capability that is needed.
pub(crate) struct Use {
    /// Such as `wasi:clocks/wall-clock`.
    pub(crate) capability: String,
    /// The token to point at.
    pub(crate) at: Place,
    /// File and position, when that token is not in Rust.
    pub(crate) place: Option<String>,
}

/// Every `capabilities::has("wasi:…")` in some code.
pub(crate) fn uses(code: TokenStream) -> Vec<Use> {
    let tokens: Vec<TokenTree> = code.into_iter().collect();
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let TokenTree::Group(group) = token else {
            continue;
        };
        match (&tokens[..at], group.stream().into_iter().collect::<Vec<_>>().as_slice()) {
            ([.., module, colon, _, has], [TokenTree::Literal(literal)])
                if is_word(module, "capabilities") && is_punct(colon, ':') && is_word(has, "has") =>
            {
                let text = literal.to_string();
                let capability = text.trim_matches('"').to_owned();
                found.push(Use {
                    capability,
                    at: (literal.span(), literal.span()),
                    place: None,
                });
            }
            _ => found.extend(uses(group.stream())),
        }
    }
    found
}

/// Every `wasi:` interface that the component's WIT imports.
pub(crate) fn imports(project: &Project) -> impl Iterator<Item = Use> {
    project.wit.iter().flat_map(|(name, text)| {
        let imports = wit::imports(text);
        imports.into_iter().map(move |(capability, position)| Use {
            capability,
            at: place(&[]),
            place: Some(format!("{name}:{position}")),
        })
    })
}

/// The key in `[capabilities]` that declares a capability; `None` for what needs no declaration.
pub(crate) fn key(capability: &str) -> Option<String> {
    let (package, interface) = parts(capability)?;
    Some(match (package, interface) {
        // Streams and their errors come with whatever opens them.
        ("io", _) => return None,
        ("filesystem", write) if write.starts_with("write") => "wasi-filesystem-write".to_owned(),
        ("filesystem", _) => "wasi-filesystem-read".to_owned(),
        ("sockets" | "http", _) => "wasi-network-egress".to_owned(),
        (package, _) => format!("wasi-{package}"),
    })
}

/// Whether a key in `[capabilities]` declares a capability: its own key, or one of its domain where the capability does
/// not tell reading from writing.
pub(crate) fn declares(declared: &str, capability: &str) -> bool {
    let Some((package, interface)) = parts(capability) else {
        return true;
    };
    let domain = declared.split('-').take(2).collect::<Vec<_>>().join("-");
    match (package, interface) {
        ("filesystem", verb) if verb.starts_with("read") || verb.starts_with("write") => {
            declared == domain || key(capability).as_deref() == Some(declared)
        }
        ("sockets" | "http", _) if domain == "wasi-network" => true,
        (package, _) => domain.strip_prefix("wasi-") == Some(package),
    }
}

/// Package and interface of `wasi:PACKAGE/INTERFACE@VERSION`.
fn parts(capability: &str) -> Option<(&str, &str)> {
    let path = capability.split('@').next()?.strip_prefix("wasi:")?;
    Some(path.split_once('/').unwrap_or((path, "")))
}

#[cfg(test)]
mod tests {
    use super::{declares, key};

    #[test]
    fn capabilities_have_keys() {
        let keys = [
            ("wasi:clocks/wall-clock", Some("wasi-clocks")),
            ("wasi:clocks/wall-clock@0.2.3", Some("wasi-clocks")),
            ("wasi:filesystem/read:/data/input", Some("wasi-filesystem-read")),
            ("wasi:filesystem/write:/data", Some("wasi-filesystem-write")),
            ("wasi:sockets/tcp", Some("wasi-network-egress")),
            ("wasi:io/streams", None),
            ("torvyn:streaming/types", None),
        ];
        for (capability, expected) in keys {
            assert_eq!(key(capability).as_deref(), expected, "{capability}");
            assert!(expected.is_none_or(|key| declares(key, capability)), "{capability}");
        }
    }

    #[test]
    fn a_key_declares_what_is_in_its_domain() {
        assert!(declares("wasi-filesystem-write", "wasi:filesystem/preopens@0.2.3"));
        assert!(!declares("wasi-filesystem-read", "wasi:filesystem/write:/data"));
        assert!(declares("wasi-filesystem", "wasi:filesystem/write:/data"));
        assert!(declares("wasi-sockets", "wasi:sockets/tcp"));
        assert!(!declares("wasi-clocks", "wasi:random/random"));
    }
}
