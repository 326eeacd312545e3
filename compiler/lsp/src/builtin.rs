//! Documentation of the processing interfaces, from the contracts.

use torvync_compiler::contract;
use torvync_compiler::interface::Interface;

use crate::wit;

/// Returns the doc comment of an interface; empty if it has none.
pub(crate) fn interface_doc(interface: Interface) -> String {
    declaration(interface).map(|(doc, _)| doc).unwrap_or_default()
}

/// Returns the doc comment of an interface, and its functions as declared.
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
