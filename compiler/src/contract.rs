//! Contracts: what each component of a project imports and exports.
//!
//! In: the `wit/` folders of the declared components, and their binaries when there are any. Out: a [`ContractSet`].
//! Afterwards every WIT file is resolved, and the signature of each binary that exists is known.

pub mod canonical;
pub mod compat;
pub mod component;
mod deprecated;
mod deviation;
pub mod document;
mod error;
pub mod interface;
pub mod need;
mod router;
mod set;
mod wit;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::anatomy::reach::Reach;
use crate::diag::{Checked, Code, Diagnostic, Diagnostics};
use crate::guest::BinaryFile;
use crate::manifest;
use crate::manifest::ast::Manifest;
use crate::source::files::{Entry, Files};
use crate::source::{SourceMap, display_path};

pub use canonical::canonical;
pub use deprecated::Deprecated;
use document::Contract;
use error::{ContractError, binary_message};
use need::Need;
pub use set::{Binary, ContractSet, Signature, World};
pub use torvyn_runtime_core::capability;

const MANIFEST: &str = "Torvyn.toml";

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
        if display_path(&folder) != display_path(root)
            && files.list(&folder).is_ok_and(|entries| has_manifest(&entries))
        {
            let own = manifest::load(diags, sources, files, &folder.join(MANIFEST));
            if let Some(own) = own {
                check_version(diags, &own);
                contracts.declared.insert(name, own.capabilities);
            }
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
    if path
        .extension()
        .is_some_and(|extension| extension == "wasm" || extension == "wat")
    {
        let bytes = files.read(path).map_err(|error| {
            let unreadable = Diagnostic::error(Code::IoFailed, format!("`{shown}` can't be read: {error}"));
            diags.error(unreadable);
        });
        let bytes = bytes.ok()?;
        let contract = component::binary_form(&bytes)
            .and_then(|bytes| Contract::of_binary(&bytes))
            .map_err(|error| diags.error(binary_message(&shown, error)));
        return Some(contract.ok()?.printed(sources, &format!("{shown} (its contract)")));
    }
    let before = diags.errors();
    let contract = wit::contract(diags, &mut wit::Packages::new(sources, files), path);
    if contract.is_none() && diags.errors() == before {
        diags.error(ContractError::Nothing { path: shown });
    }
    contract
}

/// Makes two contracts comparable: beside a component, a contract stands for its only world, and imports of WASI that it
/// does not name do not count: toolchains add them.
///
/// # Errors
/// When the contract has none or several; reported.
pub fn align(diags: &mut Diagnostics, old: (&Path, &mut Contract), new: (&Path, &mut Contract)) -> Checked<()> {
    let ((path, contract), (component, binary)) = match (old.1.world, new.1.world) {
        (None, Some(_)) => (old, new),
        (Some(_), None) => (new, old),
        (None, None) | (Some(_), Some(_)) => return Ok(()),
    };
    contract.choose_world().map_err(|worlds| {
        diags.error(ContractError::NotOneWorld {
            path: display_path(path),
            worlds,
            component: display_path(component),
        })
    })?;
    binary.leave_out_wasi(&contract.signature().imports);
    Ok(())
}

/// Reads component binaries and adds them to `contracts`.
///
/// Returns the paths where there is none.
pub fn load_binaries(
    diags: &mut Diagnostics,
    sources: &mut SourceMap,
    files: &dyn Files,
    contracts: &mut ContractSet,
    binaries: &[BinaryFile],
) -> Vec<PathBuf> {
    let mut missing = Vec::new();
    for file in binaries {
        let (path, used) = (&file.path, file.named_by);
        match files.read(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                diags.error(ContractError::BinaryMissing {
                    path: path.clone(),
                    used,
                    is_prebuilt: file.is_prebuilt,
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
            Ok(bytes) => match component::binary_form(&bytes)
                .and_then(|bytes| Contract::of_binary(&bytes).map(|contract| (bytes, contract)))
            {
                Ok((bytes, contract)) => {
                    let signature = contract.signature();
                    let binary = Binary {
                        path: path.clone(),
                        needs: needs(&bytes, &signature.imports),
                        ports: router::ports(&bytes),
                        signature,
                        contract: Arc::new(contract),
                    };
                    contracts.binaries.insert(file.reference.clone(), binary);
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
        Ok(Reach::Known(reached)) => need::needs_of_reach(&reached),
        Ok(Reach::Unknown) | Err(_) => need::needs_of_imports(imports, true),
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
