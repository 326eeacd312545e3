//! What there is to say about built-in nodes and about the processing interfaces.

use torvync_compiler::contract;
use torvync_compiler::interface::Interface;

use crate::wit;

/// The built-in nodes, with what they do.
pub(crate) const ALL: [(&str, &str); 4] = [
    ("generator", "A source of `Hello, Torvyn! (n)`."),
    ("lines", "A source of the lines of a file, or of standard input."),
    ("console", "A sink that prints each payload as a line."),
    ("file", "A sink that appends each payload as a line to a file."),
];

/// The doc comment of an interface, from the contracts.
pub(crate) fn interface_doc(interface: Interface) -> String {
    declaration(interface).map(|(doc, _)| doc).unwrap_or_default()
}

/// The doc comment of an interface, and its functions as declared.
pub(crate) fn declaration(interface: Interface) -> Option<(String, Vec<String>)> {
    let name = interface.path().rsplit('/').next()?;
    contract::canonical().iter().find_map(|(_, text)| {
        let outline = wit::outline(text);
        let at = outline
            .items
            .iter()
            .position(|item| item.name == name && item.kind == wit::Kind::Interface)?;
        let functions = outline
            .items
            .iter()
            .filter(|item| item.parent == Some(at) && item.kind == wit::Kind::Function);
        let functions = functions.map(|item| wit::declaration(text, item));
        Some((outline.items[at].doc.clone(), functions.collect()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_interface_is_declared_in_the_contracts() {
        for interface in Interface::ALL {
            let (doc, functions) = declaration(interface).unwrap();
            assert!(!doc.is_empty() && !functions.is_empty(), "{interface:?}");
        }
    }
}
