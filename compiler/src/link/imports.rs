//! Checks of imports and exports: the runtime must provide each import, and support the versions of both.

use std::collections::{BTreeMap, BTreeSet};

use semver::Version;

use super::used_components;
use crate::contract::canonical::{self, UNSTABLE_WASI, WASI};
use crate::contract::{ContractSet, World};
use crate::diag::{Code, Diagnostic, Diagnostics, listed, suggest};
use crate::interface::InterfaceName;
use crate::manifest::ast::ComponentRef;
use crate::resolve::ResolvedProject;
use crate::source::Span;

/// Checks each component of the project once, at its first use.
pub(super) fn check(diags: &mut Diagnostics, project: &ResolvedProject, contracts: &ContractSet) {
    let spoken = versions_in_use(project, contracts);
    for (component, used) in used_components(project) {
        let Some(signature) = contracts.signature(&component.reference) else {
            continue;
        };
        let user = User {
            contracts,
            component: &component.reference,
            used,
            world: contracts.source(&component.reference),
            spoken: &spoken,
        };
        let mut old_packages = BTreeSet::new();
        for import in &signature.imports {
            user.check_import(diags, &mut old_packages, import);
        }
        for export in &signature.exports {
            user.check_export(diags, &mut old_packages, export);
        }
    }
}

/// Finds for each package a component that uses a supported version, and that version.
fn versions_in_use(project: &ResolvedProject, contracts: &ContractSet) -> BTreeMap<String, (String, Version)> {
    let speaks = canonical::version();
    let mut spoken = BTreeMap::new();
    for (component, _) in used_components(project) {
        let signature = contracts.signature(&component.reference);
        let names = signature
            .into_iter()
            .flat_map(|signature| signature.imports.iter().chain(&signature.exports));
        for name in names.filter_map(|name| name.parse::<InterfaceName>().ok()) {
            if let Some(version) = name
                .version
                .filter(|version| canonical::is_compatible(version, &speaks))
            {
                spoken
                    .entry(name.package)
                    .or_insert_with(|| (component.reference.to_string(), version));
            }
        }
    }
    spoken
}

/// A component whose imports and exports are checked.
struct User<'a> {
    contracts: &'a ContractSet,
    component: &'a ComponentRef,
    used: Span,
    /// Its world, if that is checked in place of a binary.
    world: Option<&'a World>,
    spoken: &'a BTreeMap<String, (String, Version)>,
}

impl User<'_> {
    /// Place of an import or export for a label: its line in the world, or else the use of the component.
    fn place(&self, item: &str) -> Span {
        let written = self.world.and_then(|world| world.items.get(item));
        written.copied().unwrap_or(self.used)
    }

    fn check_import(&self, diags: &mut Diagnostics, reported: &mut BTreeSet<String>, import: &str) {
        let Ok(name) = import.parse::<InterfaceName>() else {
            diags.error(self.unknown(import));
            return;
        };
        let is_wasi_package = name.package.starts_with("wasi:");
        let provided = if is_wasi_package {
            is_wasi(&name)
        } else {
            is_among(&name, &canonical::IMPORTS)
        };
        if !provided {
            diags.error(self.unknown(import));
        } else if is_wasi_package {
            self.check_functions(diags, import, &name);
        } else {
            self.check_version(diags, reported, import, &name);
        }
    }

    fn check_functions(&self, diags: &mut Diagnostics, import: &str, name: &InterfaceName) {
        for function in self.contracts.imported_functions(self.component, name) {
            if UNSTABLE_WASI.contains(&format!("{}/{}#{function}", name.package, name.interface).as_str()) {
                diags.error(ImportError::Unstable {
                    component: self.component.to_string(),
                    function: format!("{import}#{function}"),
                    used: self.used,
                });
            }
        }
    }

    fn check_export(&self, diags: &mut Diagnostics, reported: &mut BTreeSet<String>, export: &str) {
        if let Ok(name) = export.parse::<InterfaceName>()
            && is_among(&name, &canonical::EXPORTS)
        {
            self.check_version(diags, reported, export, &name);
        }
    }

    /// Checks the version of an import or export. Reports each package once, since its interfaces have one version.
    fn check_version(
        &self,
        diags: &mut Diagnostics,
        reported: &mut BTreeSet<String>,
        item: &str,
        name: &InterfaceName,
    ) {
        let speaks = canonical::version();
        let version = name.version.as_ref();
        if version.is_none_or(|version| canonical::is_compatible(version, &speaks)) {
            return;
        }
        // An import without a line in the world is a dependency of another interface, which is reported.
        if self.world.is_some_and(|world| !world.items.contains_key(item)) {
            return;
        }
        if !reported.insert(name.package.clone()) {
            return;
        }
        diags.error(ImportError::Version {
            component: self.component.to_string(),
            name: item.to_owned(),
            speaks,
            used: self.place(item),
            other: self.spoken.get(&name.package).cloned(),
        });
    }

    fn unknown(&self, import: &str) -> ImportError {
        ImportError::Unknown {
            component: self.component.to_string(),
            import: import.to_owned(),
            used: self.place(import),
        }
    }
}

fn is_among(name: &InterfaceName, paths: &[&str]) -> bool {
    paths
        .iter()
        .any(|path| *path == format!("{}/{}", name.package, name.interface))
}

fn is_wasi(name: &InterfaceName) -> bool {
    let is_release = |version: &Version| version.major == 0 && version.minor == 2 && version.pre.is_empty();
    wasi_package(&name.package).is_some_and(|interfaces| interfaces.contains(&name.interface.as_str()))
        && name.version.as_ref().is_some_and(is_release)
}

/// The interfaces of a WASI package that the runtime provides; `None` if it provides none.
fn wasi_package(package: &str) -> Option<&'static [&'static str]> {
    let found = WASI.iter().find(|(name, _)| *name == package)?;
    Some(found.1)
}

enum ImportError {
    Unknown {
        component: String,
        import: String,
        used: Span,
    },
    /// An unstable function of WASI.
    Unstable {
        component: String,
        function: String,
        used: Span,
    },
    Version {
        component: String,
        name: String,
        speaks: Version,
        used: Span,
        /// Another component, and the version it uses.
        other: Option<(String, Version)>,
    },
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
                let package = path.split('/').next().unwrap_or(path);
                if let Some(interfaces) = wasi_package(package) {
                    let paths: Vec<String> = interfaces.iter().map(|name| format!("{package}/{name}")).collect();
                    return diagnostic.note(listed("provided, in releases of 0.2", &paths));
                }
                match suggest(path, &canonical::IMPORTS).filter(|near| near != path) {
                    Some(near) => diagnostic.help(format!("did the component mean `{near}`?")),
                    None => diagnostic
                        .note(listed("provided", &canonical::IMPORTS))
                        .note(listed("provided, in version 0.2", &WASI.map(|(package, _)| package))),
                }
            }
            ImportError::Unstable {
                component,
                function,
                used,
            } => Diagnostic::error(
                Code::ImportUnknown,
                format!("component `{component}` imports `{function}`, which the runtime does not provide"),
            )
            .primary(used, "can't be instantiated")
            .note("this function is unstable in WASI 0.2")
            .help("build the component without WASI's unstable features"),
            ImportError::Version {
                component,
                name,
                speaks,
                used,
                other,
            } => {
                let message =
                    format!("component `{component}` uses `{name}`, but the runtime supports version {speaks}");
                let diagnostic = Diagnostic::error(Code::VersionMismatch, message)
                    .primary(used, "built against other contracts")
                    .help("build the component against the contracts of this version");
                match other {
                    Some((other, version)) => diagnostic.note(format!("component `{other}` uses version {version}")),
                    None => diagnostic,
                }
            }
        }
    }
}
