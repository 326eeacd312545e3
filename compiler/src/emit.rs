//! Writes the generated crate. In: its files and the machine code. Out: a folder that cargo compiles.
//!
//! Only changed files are written, so that cargo rebuilds little. Files that an earlier build left are removed.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use torvyn_codegen::GeneratedCrate;
use torvyn_codegen::ir::ProgramIr;

use crate::aot::AotArtifacts;
use crate::cache::{hexadecimal, lock_file, sha256, write_atomically};
use crate::diag::{Code, Diagnostic};

/// File with the hash of this crate's lock file, as it was first written, and manifest. The lock file itself can't be
/// compared: cargo removes what the manifest does not need.
const LOCK_HASH: &str = ".lock-hash";

/// A crate on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmittedCrate {
    /// Its folder.
    pub folder: PathBuf,
    /// Name of the crate and of its binary.
    pub name: String,
    /// Hash of all its files.
    pub hash: String,
}

/// Why a crate can't be written.
#[derive(Debug)]
pub struct EmitError {
    folder: PathBuf,
    error: io::Error,
}

/// Writes the crate of `program` to `folder`.
///
/// # Errors
/// When the folder can't be written.
pub fn emit(
    folder: &Path,
    program: &ProgramIr,
    generated: &GeneratedCrate,
    artifacts: &AotArtifacts,
) -> Result<EmittedCrate, EmitError> {
    let texts = generated
        .files
        .iter()
        .map(|(path, text)| (path.clone(), text.as_bytes()));
    let made = || program.artifacts.iter().zip(&artifacts.artifacts);
    let codes = made().map(|(artifact, aot)| (torvyn_codegen::artifact_path(artifact), aot.code.as_slice()));
    let symbols = made().filter_map(|(artifact, aot)| {
        let symbols = aot.symbols.as_ref()?;
        Some((torvyn_codegen::symbols_path(artifact), symbols.0.as_bytes()))
    });
    let files: BTreeMap<String, &[u8]> = texts.chain(codes).chain(symbols).collect();
    let name = torvyn_codegen::crate_name(program);
    write(folder, &name, &files)
        .map(|()| EmittedCrate {
            folder: folder.to_owned(),
            name,
            hash: hash(&files),
        })
        .map_err(|error| EmitError {
            folder: folder.to_owned(),
            error,
        })
}

fn write(folder: &Path, name: &str, files: &BTreeMap<String, &[u8]>) -> io::Result<()> {
    for (path, contents) in files {
        write_if_changed(&folder.join(path), contents)?;
    }
    let manifest = files.get("Cargo.toml").copied().unwrap_or_default();
    write_lock(folder, name, manifest)?;
    remove_stale(folder, "", files)
}

#[expect(clippy::disallowed_methods, reason = "only what differs is written")]
fn write_if_changed(path: &Path, contents: &[u8]) -> io::Result<()> {
    if std::fs::read(path).is_ok_and(|found| found == contents) {
        return Ok(());
    }
    write_atomically(path, contents)
}

/// Writes a lock file with the versions that this compiler was built with, once for each manifest, because cargo edits
/// it.
#[expect(clippy::disallowed_methods, reason = "only what differs is written")]
fn write_lock(folder: &Path, name: &str, manifest: &[u8]) -> io::Result<()> {
    let lock = format!(
        "{}[[package]]\nname = \"{name}\"\nversion = \"0.0.0\"\ndependencies = [\n \"torvyn-runtime-core\",\n]\n",
        lock_file()
    );
    let hash = sha256(&[lock.as_bytes(), manifest].concat());
    let (path, marker) = (folder.join("Cargo.lock"), folder.join(LOCK_HASH));
    if path.is_file() && std::fs::read_to_string(&marker).is_ok_and(|found| found == hash) {
        return Ok(());
    }
    write_atomically(&path, lock.as_bytes())?;
    write_atomically(&marker, hash.as_bytes())
}

fn remove_stale(folder: &Path, below: &str, files: &BTreeMap<String, &[u8]>) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let path = format!("{below}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            remove_stale(&entry.path(), &format!("{path}/"), files)?;
        } else if !files.contains_key(&path) && path != "Cargo.lock" && path != LOCK_HASH {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

fn hash(files: &BTreeMap<String, &[u8]>) -> String {
    let mut hasher = Sha256::new();
    for (path, contents) in files {
        hasher.update(format!("{path} {}\n", contents.len()));
        hasher.update(contents);
    }
    hexadecimal(&hasher.finalize())
}

impl From<EmitError> for Diagnostic {
    fn from(EmitError { folder, error }: EmitError) -> Self {
        Diagnostic::error(
            Code::IoFailed,
            format!("can't write the generated crate to `{}`: {error}", folder.display()),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_changed_is_written_and_the_rest_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let modified = |path: &str| std::fs::metadata(folder.path().join(path)).unwrap().modified().unwrap();
        let first = BTreeMap::from([
            ("src/main.rs".to_owned(), &b"a"[..]),
            ("artifacts/old.cwasm".to_owned(), b"b"),
        ]);
        write(folder.path(), "app", &first).unwrap();
        let (main, lock) = (modified("src/main.rs"), modified("Cargo.lock"));
        let second = BTreeMap::from([
            ("src/main.rs".to_owned(), &b"a"[..]),
            ("artifacts/new.cwasm".to_owned(), b"c"),
        ]);
        write(folder.path(), "app", &second).unwrap();
        assert_eq!((modified("src/main.rs"), modified("Cargo.lock")), (main, lock));
        assert!(!folder.path().join("artifacts/old.cwasm").exists());
        assert!(folder.path().join("artifacts/new.cwasm").exists());
        assert_ne!(hash(&first), hash(&second));
    }
}
