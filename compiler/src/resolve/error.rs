//! Errors about unknown names.

use crate::diag::{Code, Diagnostic, listed, suggest};
use crate::source::Span;

/// A name that no component, node or flow has.
pub(super) enum UnknownName {
    Component {
        name: String,
        used: Span,
        known: Vec<String>,
    },
    Node {
        name: String,
        used: Span,
        flow: String,
        known: Vec<String>,
    },
    Flow {
        name: String,
        known: Vec<String>,
    },
}

impl From<UnknownName> for Diagnostic {
    fn from(error: UnknownName) -> Self {
        match error {
            UnknownName::Component { name, used, known } => {
                let diagnostic = Diagnostic::error(Code::ComponentNotFound, format!("there is no component `{name}`"))
                    .primary(used, "not declared by any `[[component]]`");
                match suggest(&name, &known) {
                    Some(near) => diagnostic.meant(&near, used, format!("\"{near}\"")),
                    None => diagnostic
                        .note(listed("declared components", &known))
                        .help(format!("declare it: `[[component]]` with `name = \"{name}\"`")),
                }
            }
            UnknownName::Node {
                name,
                used,
                flow,
                known,
            } => {
                let diagnostic =
                    Diagnostic::error(Code::TopologyInvalid, format!("flow `{flow}` has no node `{name}`"))
                        .primary(used, "no such node");
                match suggest(&name, &known) {
                    Some(near) => diagnostic.meant(&near, used, format!("\"{near}\"")),
                    None => diagnostic.note(listed("nodes", &known)),
                }
            }
            UnknownName::Flow { name, known } => {
                let diagnostic = Diagnostic::error(Code::InvalidOption, format!("the project has no flow `{name}`"))
                    .note(listed("flows", &known));
                match suggest(&name, &known) {
                    Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
                    None => diagnostic,
                }
            }
        }
    }
}
