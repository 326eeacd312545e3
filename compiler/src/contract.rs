//! Contracts: what each component of a project imports and exports.
//!
//! In: the `wit/` folders of the declared components, and their binaries if there are any. Out: a [`ContractSet`].
//! Afterwards every WIT file is resolved, and the signature of each existing binary is known.

mod binary;
pub mod canonical;
pub mod compat;
pub mod component;
mod deprecated;
mod deviation;
pub mod document;
mod error;
mod freshness;
mod memory;
pub mod need;
mod router;
mod set;
mod signature;
mod wit;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::{io, iter};

use crate::anatomy::reach::Reach;
use crate::cache::sha256;
use crate::diag::{Checked, Code, Diagnostic, Diagnostics};
use crate::manifest;
use crate::manifest::ast::{ComponentRef, Manifest};
use crate::source::files::{Entry, Files};
use crate::source::{SourceMap, display_path};

pub use binary::BinaryFile;
pub use canonical::canonical;
use component::BinaryError;
pub use deprecated::Deprecated;
use document::Contract;
use error::{ContractError, binary_message};
use freshness::{Freshness, freshness};
use need::Need;
pub use set::{Binary, ContractSet, Unread};
pub use signature::Signature;
pub use wit::World;

/// The most binaries that `understood` caches; one more empties the cache.
const MOST_KNOWN: usize = 128;

/// Reads the `wit/` folder of each declared component, and the component's own manifest if it has one. `root` is the
/// folder of the project's manifest.
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
        let names = names(files, &component.name.value, &folder);
        if let Some(world) = wit::load(diags, &mut packages, &folder.join("wit"), &names) {
            contracts.worlds.insert(component.name.value.clone(), world);
        }
        own_manifests.push((component.name.value.clone(), folder));
    }
    for (name, folder) in own_manifests {
        if display_path(&folder) != display_path(root)
            && files.list(&folder).is_ok_and(|entries| has_manifest(&entries))
        {
            let own = manifest::load(diags, sources, files, &folder.join(manifest::FILE_NAME));
            if let Some(own) = own {
                check_version(diags, &own);
                contracts.declared.insert(name, own.capabilities);
            }
        }
    }
    contracts.find_deviations(sources);
    contracts
}

/// Returns the names that a component's world may have: the component's own, and that of its cargo package.
fn names(files: &dyn Files, component: &str, folder: &Path) -> Vec<String> {
    let manifest = files.read(&folder.join("Cargo.toml")).ok();
    let table: Option<toml::Table> = manifest.and_then(|bytes| String::from_utf8(bytes).ok()?.parse().ok());
    let package = table.and_then(|table| Some(table.get("package")?.get("name")?.as_str()?.to_owned()));
    iter::once(component.to_owned()).chain(package).collect()
}

fn has_manifest(entries: &[Entry]) -> bool {
    entries
        .iter()
        .any(|entry| entry.name == manifest::FILE_NAME && !entry.is_folder)
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

/// Prepares a component and a WIT package for comparison: chooses the world of the component with this file name, and
/// removes the WASI imports that this world doesn't have from the component, since toolchains add them. Two contracts
/// of one kind stay as they are.
///
/// # Errors
/// When the package has no world, or several that it may be; reported.
pub fn align(diags: &mut Diagnostics, old: (&Path, &mut Contract), new: (&Path, &mut Contract)) -> Checked<()> {
    let ((path, contract), (component, binary)) = match (old.1.world, new.1.world) {
        (None, Some(_)) => (old, new),
        (Some(_), None) => (new, old),
        (None, None) | (Some(_), Some(_)) => return Ok(()),
    };
    let name = component.file_stem().unwrap_or_default().to_string_lossy();
    contract.choose_world(&name).map_err(|worlds| {
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
/// Returns the paths of missing binaries, which are reported as errors.
pub fn load_binaries(
    diags: &mut Diagnostics,
    sources: &mut SourceMap,
    files: &dyn Files,
    contracts: &mut ContractSet,
    binaries: &[BinaryFile],
) -> Vec<PathBuf> {
    let mut missing = Vec::new();
    for file in binaries {
        if let Some(Unread::Missing) = load_binary(diags, files, contracts, file) {
            diags.error(ContractError::missing(file));
            missing.push(file.path.clone());
        }
    }
    contracts.find_deviations(sources);
    missing
}

/// Reads the binaries that already exist, except those that are older than their sources. `folder` returns the source
/// folder of a component that has one; `made` lists the files that the project itself writes. Why a binary was not read
/// is kept for [`ContractSet::unread()`].
pub fn load_present(
    diags: &mut Diagnostics,
    sources: &mut SourceMap,
    files: &dyn Files,
    contracts: &mut ContractSet,
    binaries: &[BinaryFile],
    folder: impl Fn(&ComponentRef) -> Option<PathBuf>,
    made: &[PathBuf],
) {
    let mut absent = Vec::new();
    for file in binaries {
        let folder = folder(&file.reference).filter(|_| !file.is_prebuilt);
        let freshness = folder.map_or(Freshness::Fresh, |folder| freshness(files, &file.path, &folder, made));
        let unread = match freshness {
            Freshness::Fresh => load_binary(diags, files, contracts, file),
            Freshness::OlderThan(path) => Some(Unread::OlderThan(path)),
            Freshness::Unknown if files.read(&file.path).is_err() => Some(Unread::Missing),
            Freshness::Unknown => Some(Unread::AgeUnknown),
        };
        if unread == Some(Unread::Missing) && file.is_prebuilt {
            absent.push((file.path.clone(), file.named_by, file.meant.clone()));
        }
        if let Some(unread) = unread {
            contracts.unread.insert(file.reference.clone(), unread);
        }
    }
    if !absent.is_empty() {
        diags.warn(ContractError::Absent { binaries: absent });
    }
    contracts.find_deviations(sources);
}

/// Adds a binary to `contracts`, or returns why not. Reports an unreadable or invalid binary, but not a missing one.
fn load_binary(
    diags: &mut Diagnostics,
    files: &dyn Files,
    contracts: &mut ContractSet,
    file: &BinaryFile,
) -> Option<Unread> {
    let (path, used) = (&file.path, file.named_by);
    let bytes = match files.read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Some(Unread::Missing),
        Err(error) => {
            diags.error(ContractError::Unreadable {
                path: path.clone(),
                used,
                reason: error.to_string(),
            });
            return Some(Unread::Invalid);
        }
        Ok(bytes) => bytes,
    };
    match understood(&bytes) {
        Ok(binary) => {
            let binary = Binary {
                path: path.clone(),
                ..binary
            };
            contracts.binaries.insert(file.reference.clone(), binary);
            contracts.named_by.insert(file.reference.clone(), file.named_by);
            None
        }
        Err(error) => {
            diags.error(ContractError::Binary {
                path: path.clone(),
                used,
                error,
            });
            Some(Unread::Invalid)
        }
    }
}

/// Decodes a binary; the result has no path. An editor has the same binaries read at every keystroke, so results are
/// cached by the hash of the contents.
fn understood(bytes: &[u8]) -> Result<Binary, BinaryError> {
    static KNOWN: Mutex<BTreeMap<String, Result<Binary, BinaryError>>> = Mutex::new(BTreeMap::new());
    let key = sha256(bytes);
    let known = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(found) = known().get(&key) {
        return found.clone();
    }
    let found = component::binary_form(bytes).and_then(|bytes| binary(&bytes));
    let mut known = known();
    if known.len() >= MOST_KNOWN {
        known.clear();
    }
    known.insert(key, found.clone());
    found
}

fn binary(bytes: &[u8]) -> Result<Binary, BinaryError> {
    let contract = Contract::of_binary(bytes)?;
    let signature = contract.signature();
    Ok(Binary {
        path: PathBuf::new(),
        needs: needs(bytes, &signature.imports),
        ports: router::ports(bytes),
        memory_bytes: memory::at_start(bytes),
        signature,
        contract: Arc::new(contract),
    })
}

/// Returns what the code of a component needs, or all that its imports allow if the code can't be followed.
pub(crate) fn needs(binary: &[u8], imports: &[String]) -> Vec<Need> {
    match Reach::of(binary) {
        Ok(Reach::Known(reached)) => need::needs_of_reach(&reached),
        Ok(Reach::Unknown) | Err(_) => need::needs_of_imports(imports, true),
    }
}

/// Reports a project that targets a version of the contracts that the runtime doesn't support.
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
