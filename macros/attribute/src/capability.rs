//! Capabilities that a component needs, as far as its `impl` block and its WIT tell.

use proc_macro::{TokenStream, TokenTree};

use crate::item::{is_punct, is_word, place};
use crate::manifest::Project;
use crate::mistake::Place;
use crate::wit;

mod table;

use table::KEYS;

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

/// The keys that declare a capability, as interface or as grant, the most fitting first. `None` for what needs no
/// declaration, or is not known.
pub(crate) fn keys(capability: &str) -> Option<Vec<&'static str>> {
    let path = capability.split('@').next()?;
    if let Some((_, keys)) = KEYS.iter().find(|(interface, _)| *interface == path) {
        return Some(keys.to_vec());
    }
    // A grant may have a scope behind it: `wasi:filesystem/read:/data`.
    let (domain, name) = path.strip_prefix("wasi:")?.split_once('/')?;
    let verb = name.split(':').next()?;
    match (domain, verb) {
        ("filesystem", "read") => Some(vec!["wasi-filesystem-read", "wasi-filesystem"]),
        ("filesystem", "write") => Some(vec!["wasi-filesystem-write", "wasi-filesystem"]),
        ("sockets", "tcp-connect") => Some(vec!["wasi-tcp-connect", "wasi-network-egress"]),
        ("sockets", "tcp-listen") => Some(vec!["wasi-tcp-listen", "wasi-network-ingress"]),
        ("sockets", "udp") => keys("wasi:sockets/udp-create-socket"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::keys;

    #[test]
    fn capabilities_are_interfaces_and_grants() {
        assert_eq!(
            keys("wasi:clocks/wall-clock@0.2.3"),
            Some(vec!["wasi-wall-clock", "wasi-clocks"])
        );
        let read = Some(vec!["wasi-filesystem-read", "wasi-filesystem"]);
        assert_eq!(keys("wasi:filesystem/read"), read);
        assert_eq!(keys("wasi:filesystem/read:/data/input"), read);
        for nothing in ["wasi:io/streams", "wasi:cli/stdout", "torvyn:streaming/types", "text"] {
            assert_eq!(keys(nothing), None, "{nothing}");
        }
    }
}
