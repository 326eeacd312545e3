//! References and renaming of nodes and components.

use std::ops::Range;

use torvync_compiler::manifest::is_name;

use crate::names::{self, Name, Named};
use crate::view::View;

/// Returns every occurrence of the name at `offset`.
pub(crate) fn references(view: View<'_>, offset: usize, with_declaration: bool) -> Vec<Range<usize>> {
    let Some(found) = names::at(view.syntax, offset) else {
        return Vec::new();
    };
    let all = names::all(view.syntax)
        .into_iter()
        .filter(|named| named.what == found.what);
    all.filter(|named| with_declaration || !named.is_declaration)
        .map(|named| named.span)
        .collect()
}

/// Returns the name at `offset`, if it is declared and so can be renamed.
pub(crate) fn prepare(view: View<'_>, offset: usize) -> Option<Named> {
    let found = names::at(view.syntax, offset)?;
    let is_declared = |named: &Named| named.is_declaration && named.what == found.what;
    names::all(view.syntax).iter().any(is_declared).then_some(found)
}

/// Returns the ranges to replace by the new name.
///
/// # Errors
/// When there is no name, or the new one is invalid or exists already; the error is a message.
pub(crate) fn rename(view: View<'_>, offset: usize, new: &str) -> Result<Vec<Range<usize>>, String> {
    let found = prepare(view, offset).ok_or("there is no name of a node or component here")?;
    if !is_name(new) {
        return Err(format!(
            "`{new}` can't be a name: letters, digits, `-` and `_`, starting with a letter"
        ));
    }
    let wanted = match &found.what {
        Name::Node { flow, .. } => Name::Node {
            flow: flow.clone(),
            name: new.to_owned(),
        },
        Name::Component(_) => Name::Component(new.to_owned()),
    };
    let all = names::all(view.syntax);
    if wanted != found.what && all.iter().any(|named| named.is_declaration && named.what == wanted) {
        return Err(format!("`{new}` already exists"));
    }
    Ok(all
        .into_iter()
        .filter(|named| named.what == found.what)
        .map(|named| named.span)
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::fixture::{FLOW, with};

    fn renamed(manifest: &str, new: &str) -> Result<String, String> {
        with(manifest, |view, offset| {
            let mut text = view.text.to_owned();
            for range in rename(view, offset, new)?.into_iter().rev() {
                text.replace_range(range, new);
            }
            Ok(text)
        })
    }

    #[test]
    fn a_node_is_renamed_everywhere_in_its_flow() {
        let more = "\n[flow.main.nodes.shout.limits]\nmax_memory = \"1MiB\"\n[flow.other]\nreplicas_by = \"shout\"\n\
                    [flow.other.nodes.shout]\ncomponent = \"upper\"\n";
        let text = format!("{FLOW}{more}");
        let result = renamed(&text.replacen("node = \"shout\"", "node = \"sh|out\"", 1), "loud").unwrap();
        let expected = FLOW.replace("shout", "loud") + &more.replacen("shout", "loud", 1);
        assert_eq!(result, expected);
    }

    #[test]
    fn a_component_is_renamed_with_its_grants() {
        let text = format!("{FLOW}\n[security.grants.upper]\ncapabilities = []\n");
        let result = renamed(
            &text.replacen("component = \"upper\"", "component = \"|upper\"", 1),
            "loud",
        )
        .unwrap();
        let expected = text
            .replace("\"upper\"\npath", "\"loud\"\npath")
            .replace("component = \"upper\"", "component = \"loud\"");
        assert_eq!(result, expected.replace("grants.upper", "grants.loud"));
    }

    #[test]
    fn names_that_can_not_be_are_refused() {
        let at = |new: &str| renamed(&FLOW.replacen("nodes.shout", "nodes.sh|out", 1), new);
        assert!(at("out").unwrap_err().contains("already"));
        assert!(at("a b").unwrap_err().contains("can't be a name"));
        assert!(renamed(&FLOW.replacen("[torvyn]", "[tor|vyn]", 1), "x").is_err());
    }

    #[test]
    fn references_with_and_without_the_declaration() {
        let text = FLOW.replacen("nodes.shout", "nodes.sh|out", 1);
        let count = |declaration| with(&text, |view, offset| references(view, offset, declaration).len());
        assert_eq!((count(true), count(false)), (3, 2));
    }
}
