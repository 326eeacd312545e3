//! The capabilities that a component needs, as far as its `impl` block and its WIT show.

use proc_macro::{TokenStream, TokenTree};

use crate::item::{is_punct, is_word, place};
use crate::manifest::Project;
use crate::mistake::Place;
use crate::wit;

mod table;

use table::{INTERFACES, key_of};

pub(crate) use table::{Name, is_provided};

/// A need for capabilities.
pub(crate) struct Use {
    /// Key that declares it.
    pub(crate) key: &'static str,
    /// Keys of the single capabilities needed.
    pub(crate) members: &'static [&'static str],
    /// Whether one of them suffices: an import does not show which one it is for.
    pub(crate) takes_one: bool,
    /// The token for the error.
    pub(crate) at: Place,
    /// File and position in it, when the need is not in Rust code.
    pub(crate) place: Option<String>,
}

/// Every `capabilities::has("wasi:…")` in some code. Unknown names are skipped: no declaration would help.
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
                let name = Name::of(literal.to_string().trim_matches('"'));
                found.extend(name.map(|name| Use {
                    key: name.key,
                    members: name.members,
                    takes_one: false,
                    at: (literal.span(), literal.span()),
                    place: None,
                }));
            }
            _ => found.extend(uses(group.stream())),
        }
    }
    found
}

/// The needs of the component's WIT imports, each once.
pub(crate) fn imports(project: &Project) -> Vec<Use> {
    let mut found: Vec<Use> = Vec::new();
    for (file, text) in &project.wit {
        for (import, position) in wit::imports(text) {
            let Some((_, members)) = INTERFACES.iter().find(|(interface, _)| *interface == import) else {
                continue;
            };
            if found.iter().all(|earlier| earlier.members != *members) {
                found.push(Use {
                    key: key_of(members),
                    members,
                    takes_one: true,
                    at: place(&[]),
                    place: Some(format!("{file}:{position}")),
                });
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::Name;

    #[test]
    fn names_are_keys_and_grants_with_and_without_scope() {
        let key = |text| Name::of(text).map(|name| name.key);
        for text in [
            "wasi-filesystem-read",
            "wasi:filesystem/read",
            "wasi:filesystem/read:/data/input",
        ] {
            assert_eq!(key(text), Some("wasi-filesystem-read"), "{text}");
        }
        assert_eq!(key("wasi:filesystem:/data"), Some("wasi-filesystem"));
        assert_eq!(key("wasi:sockets/udp:example.org:53"), Some("wasi-udp"));
        for nothing in [
            "wasi:io/streams",
            "wasi:cli/stdout",
            "wasi:filesystem/reads",
            "wasi-filesystem-read:/data",
            "torvyn:streaming/types",
            "text",
            "",
        ] {
            assert_eq!(key(nothing), None, "{nothing}");
        }
    }
}
