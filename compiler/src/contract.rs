//! Contracts: what each component of a project imports and exports.
//!
//! In: the `wit/` folders of the declared components, and their binaries when there are any. Out: a [`ContractSet`].
//! Afterwards every WIT file is resolved, and the signature of each binary that exists is known.

pub mod canonical;
pub mod capability;
pub mod component;
pub mod interface;
mod wit;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use semver::Version;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::anatomy::reach::Reach;
use crate::manifest;
use crate::manifest::ast::{CapabilitiesDecl, ComponentRef, Manifest};
use crate::source::files::{Entry, Files};
use crate::source::{SourceMap, Span, Spanned, display_path};

pub use canonical::canonical;
use capability::Need;
use component::BinaryError;
use interface::{Interface, InterfaceName};

const MANIFEST: &str = "Torvyn.toml";

/// What is known about the components of a project.
#[derive(Clone, Debug, Default)]
pub struct ContractSet {
    worlds: BTreeMap<String, World>,
    binaries: BTreeMap<ComponentRef, Binary>,
    /// What components with a manifest of their own say they need, by name.
    declared: BTreeMap<String, Arc<CapabilitiesDecl>>,
}

/// The world in a component's `wit/` folder.
#[derive(Clone, Debug)]
pub struct World {
    /// What it imports and exports.
    pub signature: Signature,
    /// Where it is declared.
    pub span: Span,
    /// Where each import and export is written, by name; what `include` brings in is not.
    pub items: BTreeMap<String, Span>,
}

/// A component binary that was read.
#[derive(Clone, Debug)]
pub struct Binary {
    /// Where it lies.
    pub path: PathBuf,
    /// What it imports and exports.
    pub signature: Signature,
    /// What its code needs.
    pub needs: Vec<Need>,
}

/// Imports and exports of a component.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signature {
    /// Names of the imports, sorted.
    pub imports: Vec<String>,
    /// Names of the exports, sorted.
    pub exports: Vec<String>,
    /// The processing interfaces among the exports.
    pub interfaces: Vec<Interface>,
    /// Whether `torvyn:streaming/lifecycle` is exported.
    pub lifecycle: bool,
}

impl Signature {
    /// The signature with these imports and exports.
    #[must_use]
    pub fn new(mut imports: Vec<String>, mut exports: Vec<String>) -> Self {
        imports.sort();
        exports.sort();
        let names: Vec<InterfaceName> = exports.iter().filter_map(|name| name.parse().ok()).collect();
        let has = |interface: Interface| names.iter().any(|name| Interface::find(name) == Some(interface));
        let interfaces = Interface::ALL.into_iter().filter(|interface| has(*interface)).collect();
        let lifecycle = names
            .iter()
            .any(|name| name.package == "torvyn:streaming" && name.interface == "lifecycle");
        Self {
            imports,
            exports,
            interfaces,
            lifecycle,
        }
    }
}

impl ContractSet {
    /// The world of a declared component; `None` when it has no `wit/` folder, or a broken one.
    #[must_use]
    pub fn world(&self, component: &str) -> Option<&World> {
        self.worlds.get(component)
    }

    /// The binary of a component, once [`load_binaries`] has read it.
    #[must_use]
    pub fn binary(&self, component: &ComponentRef) -> Option<&Binary> {
        self.binaries.get(component)
    }

    /// What a component says it needs in a manifest of its own.
    #[must_use]
    pub fn declared(&self, component: &ComponentRef) -> Option<&Arc<CapabilitiesDecl>> {
        match component {
            ComponentRef::Declared(name) => self.declared.get(name),
            ComponentRef::File(_) | ComponentRef::Builtin(_) => None,
        }
    }

    /// The best there is to know about a component: its binary, else its world.
    #[must_use]
    pub fn signature(&self, component: &ComponentRef) -> Option<&Signature> {
        let binary = self.binary(component).map(|binary| &binary.signature);
        binary.or_else(|| match component {
            ComponentRef::Declared(name) => self.world(name).map(|world| &world.signature),
            ComponentRef::File(_) | ComponentRef::Builtin(_) => None,
        })
    }
}

/// Reads the `wit/` folder of each declared component. `root` is the manifest's folder.
pub fn load(
    diags: &mut Diagnostics,
    sources: &mut SourceMap,
    files: &dyn Files,
    manifest: &Manifest,
    root: &Path,
) -> ContractSet {
    check_version(diags, manifest);
    let mut contracts = ContractSet::default();
    let mut own_manifests = Vec::new();
    let mut packages = wit::Packages::new(sources, files);
    for component in &manifest.components {
        let Some(path) = &component.path else { continue };
        let folder = root.join(&path.value);
        if files.list(&folder).is_err() {
            diags.error(ContractError::FolderMissing {
                folder,
                path: path.span,
            });
            continue;
        }
        if let Some(world) = wit::load(diags, &mut packages, &folder.join("wit")) {
            contracts.worlds.insert(component.name.value.clone(), world);
        }
        own_manifests.push((component.name.value.clone(), folder));
    }
    for (name, folder) in own_manifests {
        if folder != root.join("") && files.list(&folder).is_ok_and(|entries| has_manifest(&entries)) {
            let own = manifest::load(diags, sources, files, &folder.join(MANIFEST));
            contracts.declared.extend(own.map(|own| (name, own.capabilities)));
        }
    }
    contracts
}

fn has_manifest(entries: &[Entry]) -> bool {
    entries.iter().any(|entry| entry.name == MANIFEST && !entry.is_folder)
}

/// Reads component binaries and adds them to `contracts`.
///
/// Each reference comes with the path where its binary should lie. Returns the paths where there is none.
pub fn load_binaries(
    diags: &mut Diagnostics,
    files: &dyn Files,
    contracts: &mut ContractSet,
    binaries: &[(Spanned<ComponentRef>, PathBuf)],
) -> Vec<PathBuf> {
    let mut missing = Vec::new();
    for (reference, path) in binaries {
        let used = reference.span;
        match files.read(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let declared = matches!(reference.value, ComponentRef::Declared(_));
                diags.error(ContractError::BinaryMissing {
                    path: path.clone(),
                    used,
                    declared,
                });
                missing.push(path.clone());
            }
            Err(error) => {
                diags.error(ContractError::Unreadable {
                    path: path.clone(),
                    used,
                    reason: error.to_string(),
                });
            }
            Ok(bytes) => match component::signature(&bytes) {
                Ok(signature) => {
                    let binary = Binary {
                        path: path.clone(),
                        needs: needs(&bytes, &signature),
                        signature,
                    };
                    contracts.binaries.insert(reference.value.clone(), binary);
                }
                Err(error) => {
                    diags.error(ContractError::Binary {
                        path: path.clone(),
                        used,
                        error,
                    });
                }
            },
        }
    }
    missing
}

/// What the code of a component needs; where it can't be followed, what its imports are for.
fn needs(binary: &[u8], signature: &Signature) -> Vec<Need> {
    match Reach::of(binary) {
        Ok(Reach::Known(reached)) => capability::needs_of_reach(&reached),
        Ok(Reach::Unknown) | Err(_) => capability::needs_of_imports(&signature.imports),
    }
}

/// The contracts that the project says it targets must be the ones the runtime speaks.
fn check_version(diags: &mut Diagnostics, manifest: &Manifest) {
    let speaks = canonical::version();
    if let Some(targets) = &manifest.project.contract_version
        && !canonical::is_compatible(&targets.value, &speaks)
    {
        diags.error(ContractError::Version {
            targets: targets.clone(),
            speaks,
        });
    }
}

enum ContractError {
    Version {
        targets: Spanned<Version>,
        speaks: Version,
    },
    FolderMissing {
        folder: PathBuf,
        path: Span,
    },
    BinaryMissing {
        path: PathBuf,
        used: Span,
        declared: bool,
    },
    Unreadable {
        path: PathBuf,
        used: Span,
        reason: String,
    },
    Binary {
        path: PathBuf,
        used: Span,
        error: BinaryError,
    },
}

impl From<ContractError> for Diagnostic {
    fn from(error: ContractError) -> Self {
        match error {
            ContractError::Version { targets, speaks } => Diagnostic::error(
                Code::VersionMismatch,
                format!(
                    "the project targets contracts {}, the runtime speaks {speaks}",
                    targets.value
                ),
            )
            .primary(targets.span, format!("expected {speaks}")),
            ContractError::FolderMissing { folder, path } => Diagnostic::error(
                Code::ComponentNotFound,
                format!("there is no folder `{}`", display_path(&folder)),
            )
            .primary(path, "the source of the component should be here")
            .help("the path is relative to the folder of Torvyn.toml"),
            ContractError::BinaryMissing { path, used, declared } => {
                let shown = display_path(&path);
                Diagnostic::error(
                    Code::ComponentNotFound,
                    format!("there is no component binary `{shown}`"),
                )
                .primary(used, "needs this binary")
                .help(if declared {
                    "run `torvync build` first, or name the folder of the binaries with `--components`"
                } else {
                    "the path is relative to the folder of Torvyn.toml; build the component first"
                })
            }
            ContractError::Unreadable { path, used, reason } => Diagnostic::error(
                Code::IoFailed,
                format!("`{}` can't be read: {reason}", display_path(&path)),
            )
            .primary(used, "needs this file"),
            ContractError::Binary { path, used, error } => binary_diagnostic(&display_path(&path), used, error),
        }
    }
}

fn binary_diagnostic(path: &str, used: Span, error: BinaryError) -> Diagnostic {
    match error {
        BinaryError::NotWasm => {
            Diagnostic::error(Code::ComponentInvalid, format!("`{path}` is not a WebAssembly binary"))
                .primary(used, "needs a component")
                .note("a WebAssembly binary starts with the bytes `00 61 73 6d`")
        }
        BinaryError::Invalid(reason) => {
            Diagnostic::error(Code::ComponentInvalid, format!("`{path}` is not a valid component"))
                .primary(used, "needs a valid component")
                .note(reason)
                .help("build it again: the file may be truncated")
        }
        BinaryError::WitPackage => Diagnostic::error(Code::ComponentInvalid, format!("`{path}` holds WIT and no code"))
            .primary(used, "needs a component"),
        BinaryError::NoMetadata => Diagnostic::error(
            Code::NoWitMetadata,
            format!("`{path}` is a core module that does not say which world it implements"),
        )
        .primary(used, "needs a component")
        .help(
            "build for `wasm32-wasip2`, or add the metadata with \
             `wasm-tools component embed --world WORLD wit/ MODULE.wasm -o MODULE.wasm`",
        ),
    }
}
