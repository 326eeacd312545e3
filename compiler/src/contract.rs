//! Contracts: what each component of a project imports and exports.
//!
//! In: the `wit/` folders of the declared components, and their binaries when there are any. Out: a [`ContractSet`].
//! Afterwards every WIT file is resolved, and the signature of each binary that exists is known.

pub mod canonical;
pub mod capability;
pub mod compat;
pub mod component;
mod deprecated;
mod deviation;
pub mod document;
pub mod interface;
mod router;
mod wit;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use semver::Version;

use crate::anatomy::reach::Reach;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::manifest;
use crate::manifest::ast::{CapabilitiesDecl, ComponentRef, Manifest};
use crate::source::files::{Entry, Files};
use crate::source::{SourceMap, Span, Spanned, display_path};

pub use canonical::canonical;
use capability::Need;
use compat::Difference;
use component::BinaryError;
pub use deprecated::Deprecated;
use deviation::deviations;
use document::Contract;
use interface::{Interface, InterfaceName};

const MANIFEST: &str = "Torvyn.toml";

/// The interface with the types that flow.
static TYPES: LazyLock<InterfaceName> = LazyLock::new(|| InterfaceName {
    package: "torvyn:streaming".into(),
    interface: "types".into(),
    version: None,
});

/// The types that flow.
const FLOWING: [&str; 4] = ["element-meta", "stream-element", "output-element", "buffer"];

/// What is known about the components of a project.
#[derive(Clone, Debug, Default)]
pub struct ContractSet {
    worlds: BTreeMap<String, World>,
    binaries: BTreeMap<ComponentRef, Binary>,
    /// What components with a manifest of their own say they need, by name.
    declared: BTreeMap<String, Arc<CapabilitiesDecl>>,
    /// Where components are not what the runtime expects; those that are have no entry.
    deviations: BTreeMap<ComponentRef, Vec<Difference>>,
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
    /// The whole contract.
    pub contract: Arc<Contract>,
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
    /// The output ports it says it has, sorted: a router may say.
    pub ports: Option<Vec<String>>,
    /// The whole contract.
    pub contract: Arc<Contract>,
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

    /// The world of a component, as long as there is no binary that says more.
    pub(crate) fn source(&self, component: &ComponentRef) -> Option<&World> {
        match component {
            ComponentRef::Declared(name) if self.binary(component).is_none() => self.world(name),
            ComponentRef::Declared(_) | ComponentRef::File(_) | ComponentRef::Builtin(_) => None,
        }
    }

    /// The contract of a component: its binary's, else its world's.
    fn contract(&self, component: &ComponentRef) -> Option<&Contract> {
        let binary = self.binary(component).map(|binary| &binary.contract);
        let contract = binary.or_else(|| match component {
            ComponentRef::Declared(name) => self.world(name).map(|world| &world.contract),
            ComponentRef::File(_) | ComponentRef::Builtin(_) => None,
        });
        contract.map(|contract| &**contract)
    }

    /// Where a component is not what the runtime expects.
    #[must_use]
    pub fn deviations(&self, component: &ComponentRef) -> &[Difference] {
        self.deviations.get(component).map(Vec::as_slice).unwrap_or_default()
    }

    /// What a component uses that its contract, or the runtime's, calls deprecated.
    #[must_use]
    pub fn deprecated(&self, component: &ComponentRef) -> Vec<Deprecated> {
        let (Some(contract), Some(signature)) = (self.contract(component), self.signature(component)) else {
            return Vec::new();
        };
        if let Some(world) = self.source(component) {
            let written: Vec<String> = world.items.keys().cloned().collect();
            return deprecated::deprecated(&written, contract);
        }
        let names: Vec<String> = signature.imports.iter().chain(&signature.exports).cloned().collect();
        deprecated::deprecated(&names, Contract::canonical())
    }

    /// How the elements that one component delivers differ from those that another takes.
    #[must_use]
    pub fn differences_between(&self, from: &ComponentRef, to: &ComponentRef) -> Vec<Difference> {
        if from == to || (self.deviations(from).is_empty() && self.deviations(to).is_empty()) {
            return Vec::new();
        }
        match (self.contract(from), self.contract(to)) {
            (Some(from), Some(to)) => compat::unequal_types(from, to, &FLOWING, &TYPES),
            (Some(_) | None, _) => Vec::new(),
        }
    }

    /// Compares each component with the runtime. When one is different, all get texts to point into.
    fn find_deviations(&mut self, sources: &mut SourceMap) {
        let references: Vec<ComponentRef> = self.references();
        let runtime = Contract::canonical();
        let differs = |reference: &ComponentRef| {
            let (contract, signature) = (self.contract(reference), self.signature(reference));
            let found = contract
                .zip(signature)
                .map(|(contract, signature)| deviations(contract, signature, runtime));
            found.is_some_and(|found| !found.is_empty())
        };
        let different: Vec<ComponentRef> = references.into_iter().filter(differs).collect();
        self.deviations.clear();
        if different.is_empty() {
            return;
        }
        for binary in self.binaries.values_mut() {
            let name = format!("{} (its contract)", display_path(&binary.path));
            binary.contract = Arc::new(binary.contract.printed(sources, &name));
        }
        let runtime = Contract::canonical_in(sources);
        for world in self.worlds.values_mut() {
            Arc::make_mut(&mut world.contract).add_texts_of(&runtime);
        }
        for reference in different {
            if let (Some(contract), Some(signature)) = (self.contract(&reference), self.signature(&reference)) {
                let found = deviations(contract, signature, &runtime);
                self.deviations.insert(reference, found);
            }
        }
    }

    /// Every component about which something is known.
    fn references(&self) -> Vec<ComponentRef> {
        let worlds = self.worlds.keys().map(|name| ComponentRef::Declared(name.clone()));
        let all: BTreeSet<ComponentRef> = worlds.chain(self.binaries.keys().cloned()).collect();
        all.into_iter().collect()
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
        packages.named_at(path.span);
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
    contracts.find_deviations(sources);
    contracts
}

fn has_manifest(entries: &[Entry]) -> bool {
    entries.iter().any(|entry| entry.name == MANIFEST && !entry.is_folder)
}

/// Reads one contract: a WIT folder, a `.wit` file or a component; `None` after an error.
pub fn read(diags: &mut Diagnostics, sources: &mut SourceMap, files: &dyn Files, path: &Path) -> Option<Contract> {
    let shown = display_path(path);
    if path.extension().is_some_and(|extension| extension == "wasm") {
        let bytes = files.read(path).map_err(|error| {
            let unreadable = Diagnostic::error(Code::IoFailed, format!("`{shown}` can't be read: {error}"));
            diags.error(unreadable);
        });
        let contract = Contract::of_binary(&bytes.ok()?).map_err(|error| diags.error(binary_message(&shown, error)));
        return Some(contract.ok()?.printed(sources, &format!("{shown} (its contract)")));
    }
    let before = diags.errors();
    let contract = wit::contract(diags, &mut wit::Packages::new(sources, files), path);
    if contract.is_none() && diags.errors() == before {
        diags.error(ContractError::Nothing { path: shown });
    }
    contract
}

/// Reads component binaries and adds them to `contracts`.
///
/// Each reference comes with the path where its binary should lie. Returns the paths where there is none.
pub fn load_binaries(
    diags: &mut Diagnostics,
    sources: &mut SourceMap,
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
            Ok(bytes) => match Contract::of_binary(&bytes) {
                Ok(contract) => {
                    let signature = contract.signature();
                    let binary = Binary {
                        path: path.clone(),
                        needs: needs(&bytes, &signature.imports),
                        ports: router::ports(&bytes),
                        signature,
                        contract: Arc::new(contract),
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
    contracts.find_deviations(sources);
    missing
}

/// What the code of a component needs; where it can't be followed, what its imports are for.
pub(crate) fn needs(binary: &[u8], imports: &[String]) -> Vec<Need> {
    match Reach::of(binary) {
        Ok(Reach::Known(reached)) => capability::needs_of_reach(&reached),
        Ok(Reach::Unknown) | Err(_) => capability::needs_of_imports(imports),
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
    Nothing {
        path: String,
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
            ContractError::Nothing { path } => {
                Diagnostic::error(Code::IoFailed, format!("there is no contract at `{path}`"))
                    .help("name a folder with `.wit` files, a `.wit` file or a component")
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
    let needed = match error {
        BinaryError::Invalid(_) => "needs a valid component",
        BinaryError::NotWasm | BinaryError::WitPackage | BinaryError::NoMetadata => "needs a component",
    };
    binary_message(path, error).primary(used, needed)
}

fn binary_message(path: &str, error: BinaryError) -> Diagnostic {
    match error {
        BinaryError::NotWasm => {
            Diagnostic::error(Code::ComponentInvalid, format!("`{path}` is not a WebAssembly binary"))
                .note("a WebAssembly binary starts with the bytes `00 61 73 6d`")
        }
        BinaryError::Invalid(reason) => {
            Diagnostic::error(Code::ComponentInvalid, format!("`{path}` is not a valid component"))
                .note(reason)
                .help("build it again: the file may be truncated")
        }
        BinaryError::WitPackage => Diagnostic::error(Code::ComponentInvalid, format!("`{path}` holds WIT and no code")),
        BinaryError::NoMetadata => Diagnostic::error(
            Code::NoWitMetadata,
            format!("`{path}` is a core module that does not say which world it implements"),
        )
        .help(
            "build for `wasm32-wasip2`, or add the metadata with \
             `wasm-tools component embed --world WORLD wit/ MODULE.wasm -o MODULE.wasm`",
        ),
    }
}
