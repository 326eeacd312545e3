//! Imports of component binaries: each must be something the runtime provides, in a version it speaks.

use semver::Version;

use crate::contract::ContractSet;
use crate::contract::canonical::{self, PROVIDED_WASI};
use crate::contract::interface::InterfaceName;
use crate::diag::{Code, Diagnostic, Diagnostics, listed, suggest};
use crate::manifest::ast::ComponentRef;
use crate::resolve::{Implementation, ResolvedNode, ResolvedProject};
use crate::source::Span;

/// Checks each component of the project once, at its first use.
pub(super) fn check(diags: &mut Diagnostics, project: &ResolvedProject, contracts: &ContractSet) {
    let nodes: Vec<&ResolvedNode> = project.flows().iter().flat_map(|flow| &flow.nodes).collect();
    for (position, component) in project.components().iter().enumerate() {
        let Some(binary) = contracts.binary(&component.reference) else {
            continue;
        };
        let uses = |node: &&&ResolvedNode| match node.implementation.map(|implementation| implementation.value) {
            Some(Implementation::Component(id)) => id.position() == position,
            Some(Implementation::Builtin(_)) | None => false,
        };
        let Some(used) = nodes.iter().find(uses).and_then(|node| node.implementation) else {
            continue;
        };
        for import in &binary.signature.imports {
            check_import(diags, &component.reference, import, used.span);
        }
        for export in &binary.signature.exports {
            check_export(diags, &component.reference, export, used.span);
        }
    }
}

fn check_import(diags: &mut Diagnostics, component: &ComponentRef, import: &str, used: Span) {
    let Ok(name) = import.parse::<InterfaceName>() else {
        diags.error(ImportError::unknown(component, import, used));
        return;
    };
    let provided = if name.package.starts_with("wasi:") {
        is_wasi(&name)
    } else {
        canonical::IMPORTS
            .iter()
            .any(|path| *path == format!("{}/{}", name.package, name.interface))
    };
    if !provided {
        diags.error(ImportError::unknown(component, import, used));
    } else if !name.package.starts_with("wasi:") {
        check_version(diags, component, &name, used);
    }
}

fn check_export(diags: &mut Diagnostics, component: &ComponentRef, export: &str, used: Span) {
    if let Ok(name) = export.parse::<InterfaceName>()
        && canonical::EXPORTS
            .iter()
            .any(|path| *path == format!("{}/{}", name.package, name.interface))
    {
        check_version(diags, component, &name, used);
    }
}

fn check_version(diags: &mut Diagnostics, component: &ComponentRef, name: &InterfaceName, used: Span) {
    let speaks = canonical::version();
    let compatible = name
        .version
        .as_ref()
        .is_none_or(|version| canonical::is_compatible(version, &speaks));
    if !compatible {
        diags.error(ImportError::Version {
            component: component.to_string(),
            name: name.to_string(),
            speaks,
            used,
        });
    }
}

fn is_wasi(name: &InterfaceName) -> bool {
    let version = name.version.as_ref();
    PROVIDED_WASI.contains(&name.package.as_str())
        && version.is_some_and(|version| version.major == 0 && version.minor == 2)
}

enum ImportError {
    Unknown {
        component: String,
        import: String,
        used: Span,
    },
    Version {
        component: String,
        name: String,
        speaks: Version,
        used: Span,
    },
}

impl ImportError {
    fn unknown(component: &ComponentRef, import: &str, used: Span) -> Self {
        Self::Unknown {
            component: component.to_string(),
            import: import.to_owned(),
            used,
        }
    }
}

impl From<ImportError> for Diagnostic {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::Unknown {
                component,
                import,
                used,
            } => {
                let diagnostic = Diagnostic::error(
                    Code::ImportUnknown,
                    format!("component `{component}` imports `{import}`, which the runtime does not provide"),
                )
                .primary(used, "can't be instantiated");
                let path = import.split('@').next().unwrap_or(&import);
                match suggest(path, &canonical::IMPORTS).filter(|near| near != path) {
                    Some(near) => diagnostic.help(format!("did the component mean `{near}`?")),
                    None => diagnostic
                        .note(listed("provided", &canonical::IMPORTS))
                        .note(listed("provided, in version 0.2", &PROVIDED_WASI)),
                }
            }
            ImportError::Version {
                component,
                name,
                speaks,
                used,
            } => Diagnostic::error(
                Code::VersionMismatch,
                format!("component `{component}` uses `{name}`; the runtime speaks version {speaks}"),
            )
            .primary(used, "built against other contracts")
            .help("build the component against the contracts of this version"),
        }
    }
}
