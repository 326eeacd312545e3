//! Finds the role of each node, from its key `interface` and from the binary or world of its component, and checks that
//! these agree.

use torvyn_codegen::ir::Role;

use crate::contract::{ContractSet, canonical};
use crate::diag::{Checked, Code, Diagnostic, Diagnostics, Edit, listed};
use crate::interface::{Interface, InterfaceName};
use crate::manifest::ast::{ComponentRef, InterfaceRef};
use crate::resolve::{Implementation, ResolvedFlow, ResolvedNode, ResolvedProject};
use crate::source::{Span, Spanned};

/// Returns the interface of each node, in order of declaration; `None` if it is unknown or an error was reported.
pub(super) fn check(
    diags: &mut Diagnostics,
    project: &ResolvedProject,
    contracts: &ContractSet,
    flow: &ResolvedFlow,
) -> Vec<Option<Interface>> {
    flow.nodes
        .iter()
        .map(|node| check_node(diags, project, contracts, node))
        .collect()
}

/// Returns implementation and role of each node, once all binaries are read: a node of unknown role is an error.
pub(super) fn require(
    diags: &mut Diagnostics,
    flow: &ResolvedFlow,
    interfaces: &[Option<Interface>],
) -> Checked<Vec<(Implementation, Role)>> {
    let mut stages = Vec::new();
    for (node, interface) in flow.nodes.iter().zip(interfaces) {
        match (node.implementation, interface.map(Interface::role)) {
            (Some(implementation), Some(role)) => stages.push((implementation.value, role)),
            (Some(_) | None, Some(_) | None) => {
                if diags.barrier().is_ok() {
                    diags.error(RoleError::Unknown {
                        node: node.name.value.clone(),
                        at: node.name.span,
                    });
                }
            }
        }
    }
    diags.barrier().map(|()| stages)
}

fn check_node(
    diags: &mut Diagnostics,
    project: &ResolvedProject,
    contracts: &ContractSet,
    node: &ResolvedNode,
) -> Option<Interface> {
    let implementation = node.implementation?;
    match implementation.value {
        Implementation::Builtin(builtin) => {
            let provided = Interface::of_role(builtin.role());
            check_builtin(diags, node, builtin.as_str(), provided).ok()
        }
        Implementation::Component(id) => check_component(
            diags,
            contracts,
            node,
            &project.component(id).reference,
            implementation.span,
        )
        .ok()?,
    }
}

fn check_builtin(
    diags: &mut Diagnostics,
    node: &ResolvedNode,
    builtin: &str,
    provided: Interface,
) -> Checked<Interface> {
    match &node.interface {
        Some(written) if written.value.interface != provided => Err(diags.error(RoleError::NotExported {
            written: written.clone(),
            exporter: format!("`builtin:{builtin}`"),
            exports: vec![provided.path().to_owned()],
            declared: None,
        })),
        Some(written) => check_runtime_version(diags, written).map(|()| provided),
        None => Ok(provided),
    }
}

/// Checks the version that a node expects of a built-in, or of an unknown component, against the runtime's contracts.
fn check_runtime_version(diags: &mut Diagnostics, written: &Spanned<InterfaceRef>) -> Checked<()> {
    let export = format!("{}@{}", written.value.interface.path(), canonical::version());
    check_version(diags, written, "the runtime has", &[export])
}

fn check_component(
    diags: &mut Diagnostics,
    contracts: &ContractSet,
    node: &ResolvedNode,
    component: &ComponentRef,
    used: Span,
) -> Checked<Option<Interface>> {
    let Some(signature) = contracts.signature(component) else {
        let Some(written) = &node.interface else {
            return Ok(None);
        };
        return check_runtime_version(diags, written).map(|()| Some(written.value.interface));
    };
    let declared = match component {
        ComponentRef::Declared(name) if contracts.binary(component).is_none() => {
            contracts.world(name).map(|world| world.span)
        }
        ComponentRef::Declared(_) | ComponentRef::File(_) | ComponentRef::Builtin(_) => None,
    };
    match (&node.interface, signature.interfaces.as_slice()) {
        (Some(written), interfaces) if interfaces.contains(&written.value.interface) => {
            check_version(diags, written, "the component exports", &signature.exports)?;
            Ok(Some(written.value.interface))
        }
        (Some(written), _) => Err(diags.error(RoleError::NotExported {
            written: written.clone(),
            exporter: format!("component `{component}`"),
            exports: signature.exports.clone(),
            declared,
        })),
        (None, [interface]) => Ok(Some(*interface)),
        (None, []) => Err(diags.error(RoleError::NothingExported {
            component: component.to_string(),
            exports: signature.exports.clone(),
            used,
        })),
        (None, several) => Err(diags.error(RoleError::Ambiguous {
            component: component.to_string(),
            interfaces: several.iter().map(|interface| interface.path().to_owned()).collect(),
            node: node.name.span,
        })),
    }
}

fn check_version(
    diags: &mut Diagnostics,
    written: &Spanned<InterfaceRef>,
    exporter: &'static str,
    exports: &[String],
) -> Checked<()> {
    let name = &written.value.name;
    let exported = exports.iter().filter_map(|export| export.parse::<InterfaceName>().ok());
    let found = exported
        .filter(|export| export.is_same_interface(name))
        .find_map(|export| export.version);
    match (&name.version, found) {
        (Some(expected), Some(found)) if !canonical::is_compatible(expected, &found) => {
            Err(diags.error(RoleError::Version {
                written: written.clone(),
                exporter,
                found,
            }))
        }
        (Some(_) | None, Some(_) | None) => Ok(()),
    }
}

/// Returns the only interface of a role among some exports; `None` if there is none, or several.
fn only_interface(exports: &[String]) -> Option<&'static str> {
    let names = exports.iter().filter_map(|export| export.parse::<InterfaceName>().ok());
    let mut own = names.filter_map(|name| Interface::find(&name));
    let only = own.next()?;
    own.next().is_none().then(|| only.path())
}

enum RoleError {
    Unknown {
        node: String,
        at: Span,
    },
    NotExported {
        written: Spanned<InterfaceRef>,
        exporter: String,
        exports: Vec<String>,
        declared: Option<Span>,
    },
    NothingExported {
        component: String,
        exports: Vec<String>,
        used: Span,
    },
    Ambiguous {
        component: String,
        interfaces: Vec<String>,
        node: Span,
    },
    Version {
        written: Spanned<InterfaceRef>,
        exporter: &'static str,
        found: semver::Version,
    },
}

impl From<RoleError> for Diagnostic {
    fn from(error: RoleError) -> Self {
        match error {
            RoleError::Unknown { node, at } => {
                Diagnostic::error(Code::MissingField, format!("the role of node `{node}` is unknown"))
                    .primary(at, "add `interface`")
            }
            RoleError::NotExported {
                written,
                exporter,
                exports,
                declared,
            } => {
                let name = written.value.name.to_string();
                let diagnostic = Diagnostic::error(
                    Code::InterfaceNotExported,
                    format!("{exporter} does not export `{name}`"),
                )
                .primary(written.span, "not exported");
                let diagnostic = match declared {
                    Some(world) => diagnostic.secondary(world, "the component's world"),
                    None => diagnostic,
                };
                let diagnostic = diagnostic.note(listed("exports", &exports));
                match only_interface(&exports) {
                    Some(own) => diagnostic.fix(
                        format!("Change it to `{own}`"),
                        vec![Edit {
                            span: written.span,
                            text: format!("\"{own}\""),
                        }],
                    ),
                    None => diagnostic,
                }
            }
            RoleError::NothingExported {
                component,
                exports,
                used,
            } => Diagnostic::error(
                Code::WorldIncomplete,
                format!("component `{component}` exports no interface that processes elements"),
            )
            .primary(used, "can't be a stage of a flow")
            .note(listed("exports", &exports))
            .help(format!("its world needs one of: {}", canonical::stage_exports())),
            RoleError::Ambiguous {
                component,
                interfaces,
                node,
            } => Diagnostic::error(
                Code::MissingField,
                format!("component `{component}` could have several roles in this flow"),
            )
            .primary(node, "add `interface` to this node")
            .note(listed("it exports", &interfaces)),
            RoleError::Version {
                written,
                exporter,
                found,
            } => {
                let name = &written.value.name;
                let message = format!("the node expects `{name}`, but {exporter} version {found}");
                Diagnostic::error(Code::VersionMismatch, message)
                    .primary(written.span, format!("expected version {found}"))
            }
        }
    }
}
