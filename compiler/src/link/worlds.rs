//! Compares the world of a component with its code, if both are known: the code must have all exports of the world, and
//! no others that the runtime calls. Imports that the world lacks are a warning.

use super::used_components;
use crate::contract::{Binary, ContractSet, World, canonical};
use crate::diag::{Code, Diagnostic, Diagnostics, listed};
use crate::interface::{Interface, InterfaceName};
use crate::resolve::ResolvedProject;
use crate::source::{Span, display_path};

/// Checks each component whose world and code are both known, even if no flow uses it.
pub(super) fn check(diags: &mut Diagnostics, project: &ResolvedProject, contracts: &ContractSet) {
    let used = used_components(project);
    for (component, named_by, world, binary) in contracts.worlds_with_code() {
        let node = used.iter().find(|(found, _)| found.reference == *component);
        let at = node.map_or(named_by, |(_, used)| *used);
        check_component(diags, &component.to_string(), at, world, binary);
    }
}

fn check_component(diags: &mut Diagnostics, component: &str, used: Span, world: &World, binary: &Binary) {
    let exports = &world.signature.exports;
    let missing: Vec<String> = without(exports, &binary.signature.exports);
    let further: Vec<String> = without(&binary.signature.exports, exports)
        .into_iter()
        .filter(|name| is_called(name))
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
    // Toolchains add WASI imports that no world names.
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

/// Whether the runtime may call an export. Exports of other namespaces are the component's own affair.
fn is_called(export: &str) -> bool {
    export.starts_with("torvyn:")
}

/// Returns the `names` without a counterpart in `others`.
fn without(names: &[String], others: &[String]) -> Vec<String> {
    let has = |name: &&String| !others.iter().any(|other| is_same(name, other));
    names.iter().filter(has).cloned().collect()
}

/// Whether two names mean the same interface, and one version is compatible with the other; a missing one fits any.
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

/// Describes a component by its exports: `is a filter and a sink`, or `exports …`.
fn parts(exports: &[String]) -> String {
    let role = |name: &String| Interface::find(&name.parse::<InterfaceName>().ok()?);
    let roles: Option<Vec<String>> = exports
        .iter()
        .map(|name| role(name).map(|interface| format!("{} {}", article(interface), interface.role().as_str())))
        .collect();
    match roles {
        Some(roles) => format!("is {}", roles.join(" and ")),
        None => format!("exports {}", ticked(exports)),
    }
}

fn article(interface: Interface) -> &'static str {
    match interface {
        Interface::Aggregator => "an",
        Interface::Source | Interface::Processor | Interface::Filter | Interface::Router | Interface::Sink => "a",
    }
}

fn ticked(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(" and ")
}

enum WorldError {
    Exports {
        component: String,
        code: String,
        /// Each with its place in the world.
        missing: Vec<(Span, String)>,
        further: Vec<String>,
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
                let message = format!("the code of component `{component}` disagrees with its world");
                let mut diagnostic = Diagnostic::error(Code::WorldNotKept, message);
                for (at, name) in &missing {
                    diagnostic = diagnostic.primary(*at, format!("the code does not export `{name}`"));
                }
                if missing.is_empty() {
                    diagnostic = diagnostic.primary(world, format!("does not export {}", ticked(&further)));
                }
                let text = if further.is_empty() {
                    "used here".to_owned()
                } else {
                    format!("its code {}", parts(&further))
                };
                let help = if missing.is_empty() {
                    let added = format!("add to the world: `export {};`", further.join(";`, `export "));
                    format!("{added}; or build the component for this world")
                } else {
                    "build the component for this world, or correct the world".to_owned()
                };
                diagnostic
                    .secondary(used, text)
                    .note(listed(&format!("`{code}` exports"), &exports))
                    .help(help)
            }
            WorldError::Imports {
                component,
                code,
                imports,
                world,
                used,
            } => {
                let message = format!("the code of component `{component}` imports more than its world");
                Diagnostic::warning(Code::WorldNotKept, message)
                    .primary(world, "this world")
                    .secondary(used, "used here")
                    .note(listed(&format!("`{code}` also imports"), &imports))
                    .help(format!("add to the world: `import {};`", imports.join(";`, `import ")))
            }
        }
    }
}
