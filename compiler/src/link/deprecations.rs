//! Warnings about the use of deprecated items of contracts.

use super::used_components;
use crate::contract::{ContractSet, Deprecated, canonical};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::resolve::ResolvedProject;
use crate::source::Span;

/// Name of an interface in the tutorials, and the same interface's name in the contracts.
const ALIASED: (&str, &str) = ("torvyn:resources/buffer-ops", "torvyn:streaming/buffer-allocator");

/// Checks each component of the project once.
pub(super) fn check(diags: &mut Diagnostics, project: &ResolvedProject, contracts: &ContractSet) {
    for (component, used) in used_components(project) {
        let world = contracts.source(&component.reference);
        for deprecated in contracts.deprecated(&component.reference) {
            let written = world.and_then(|world| world.items.get(&deprecated.item));
            diags.warn(Deprecation {
                component: component.reference.to_string(),
                at: deprecated.at.or(written.copied()).unwrap_or(used),
                deprecated,
            });
        }
    }
}

struct Deprecation {
    component: String,
    at: Span,
    deprecated: Deprecated,
}

impl From<Deprecation> for Diagnostic {
    fn from(warning: Deprecation) -> Self {
        let Deprecation {
            component,
            at,
            deprecated: Deprecated { item, part, since, .. },
        } = warning;
        let what = match part {
            Some(part) => format!("`{part}` of `{item}`"),
            None => format!("`{item}`"),
        };
        let message = format!("component `{component}` uses {what}, which is deprecated since version {since}");
        let diagnostic = Diagnostic::warning(Code::DeprecatedContractVersion, message).primary(at, "deprecated");
        if item.starts_with(ALIASED.0) {
            return diagnostic.help(format!("use `{}@{}`: it is the same", ALIASED.1, canonical::version()));
        }
        diagnostic
    }
}
