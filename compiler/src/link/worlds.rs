//! What a component's world says against what its code is, where both are there: the code exports all of it, and takes no
//! other part in a flow.

use super::used_components;
use crate::contract::interface::{Interface, InterfaceName};
use crate::contract::{Binary, ContractSet, World, canonical};
use crate::diag::{Code, Diagnostic, Diagnostics, listed};
use crate::manifest::ast::ComponentRef;
use crate::resolve::ResolvedProject;
use crate::source::{Span, display_path};

/// Checks each component of the project once.
pub(super) fn check(diags: &mut Diagnostics, project: &ResolvedProject, contracts: &ContractSet) {
    for (component, used) in used_components(project) {
        let ComponentRef::Declared(name) = &component.reference else {
            continue;
        };
        if let (Some(world), Some(binary)) = (contracts.world(name), contracts.binary(&component.reference)) {
            check_component(diags, name, used, world, binary);
        }
    }
}

fn check_component(diags: &mut Diagnostics, component: &str, used: Span, world: &World, binary: &Binary) {
    let exports = &world.signature.exports;
    let missing: Vec<String> = without(exports, &binary.signature.exports);
    let roles = binary.signature.interfaces.iter();
    let further: Vec<Interface> = roles
        .filter(|role| !world.signature.interfaces.contains(role))
        .copied()
        .collect();
    if !missing.is_empty() || !further.is_empty() {
        diags.error(WorldError::Exports {
            component: component.to_owned(),
            code: display_path(&binary.path),
            missing: missing
                .into_iter()
                .map(|name| (world.items.get(&name).copied().unwrap_or(world.span), name))
                .collect(),
            further,
            exports: binary.signature.exports.clone(),
            world: world.span,
            used,
        });
        return;
    }
    // Toolchains add imports of WASI that no world names.
    let imports = without(&binary.signature.imports, &world.signature.imports).into_iter();
    let imports: Vec<String> = imports.filter(|import| !import.starts_with("wasi:")).collect();
    if !imports.is_empty() {
        diags.warn(WorldError::Imports {
            component: component.to_owned(),
            code: display_path(&binary.path),
            imports,
            world: world.span,
            used,
        });
    }
}

/// What of `names` has no counterpart in `others`.
fn without(names: &[String], others: &[String]) -> Vec<String> {
    let has = |name: &&String| !others.iter().any(|other| is_same(name, other));
    names.iter().filter(has).cloned().collect()
}

/// Whether two names mean the same interface, in versions that can stand for each other; none is any.
fn is_same(a: &str, b: &str) -> bool {
    let (Ok(one), Ok(other)) = (a.parse::<InterfaceName>(), b.parse::<InterfaceName>()) else {
        return a == b;
    };
    let fits = match (&one.version, &other.version) {
        (Some(one), Some(other)) => canonical::is_compatible(one, other) || canonical::is_compatible(other, one),
        (Some(_) | None, _) => true,
    };
    one.is_same_interface(&other) && fits
}

enum WorldError {
    Exports {
        component: String,
        code: String,
        /// Each with its place in the world.
        missing: Vec<(Span, String)>,
        further: Vec<Interface>,
        exports: Vec<String>,
        world: Span,
        used: Span,
    },
    Imports {
        component: String,
        code: String,
        imports: Vec<String>,
        world: Span,
        used: Span,
    },
}

impl From<WorldError> for Diagnostic {
    fn from(error: WorldError) -> Self {
        match error {
            WorldError::Exports {
                component,
                code,
                missing,
                further,
                exports,
                world,
                used,
            } => {
                let message = format!("the code of component `{component}` is not what its world says");
                let mut diagnostic = Diagnostic::error(Code::WorldNotKept, message);
                for (at, name) in &missing {
                    diagnostic = diagnostic.primary(*at, format!("the code does not export `{name}`"));
                }
                if missing.is_empty() {
                    diagnostic = diagnostic.primary(world, "this world");
                }
                let roles: Vec<&str> = further.iter().map(|interface| interface.role().as_str()).collect();
                let text = if roles.is_empty() {
                    "used here".to_owned()
                } else {
                    format!("its code is a {}", roles.join(" and a "))
                };
                diagnostic
                    .secondary(used, text)
                    .note(listed(&format!("`{code}` exports"), &exports))
                    .help("build the component for this world, or correct the world")
            }
            WorldError::Imports {
                component,
                code,
                imports,
                world,
                used,
            } => {
                let message = format!("the code of component `{component}` imports what its world does not");
                Diagnostic::warning(Code::WorldNotKept, message)
                    .primary(world, "this world")
                    .secondary(used, "used here")
                    .note(listed(&format!("`{code}` imports besides"), &imports))
                    .help(format!("add to the world: `import {};`", imports.join(";`, `import ")))
            }
        }
    }
}
