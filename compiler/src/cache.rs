//! The cache folder of a machine: the runtime's sources, what is compiled from them, and AOT artifacts.
//!
//! The sources and the versions of their dependencies are part of this program, so an executable is always built from
//! the runtime that its code was generated for.

use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

mod embedded {
    include!(concat!(env!("OUT_DIR"), "/runtime_sources.rs"));
}

/// Folder of the runtime's package in its unpacked workspace.
const RUNTIME_PACKAGE: &str = "runtime-core";

/// Prefix of the names of temporary files, which get their own name when they are complete.
pub(crate) const TEMPORARY: &str = ".torvync-";

/// The cache folder.
#[derive(Clone, Debug)]
pub struct Cache {
    root: PathBuf,
}

/// The runtime's sources on disk.
#[derive(Clone, Debug)]
pub struct Runtime {
    /// The unpacked workspace.
    pub workspace: PathBuf,
    /// Hash of the sources and of the lock file.
    pub hash: String,
}

impl Runtime {
    /// Folder of the package that generated crates depend on.
    #[must_use]
    pub fn package(&self) -> PathBuf {
        self.workspace.join(RUNTIME_PACKAGE)
    }
}

impl Cache {
    /// The cache in `root`, which need not exist yet.
    #[must_use]
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The folder itself.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Returns the folder of compiled components and shells.
    #[must_use]
    pub fn artifacts(&self) -> PathBuf {
        self.root.join("aot")
    }

    /// Returns the folder in which the runtime's sources are unpacked, each version to a folder named by its hash.
    #[must_use]
    pub fn runtimes(&self) -> PathBuf {
        self.root.join("runtime")
    }

    /// Returns the cargo target folder for the tools and the dependencies that `key` identifies.
    #[must_use]
    pub fn target(&self, key: &str) -> PathBuf {
        self.root.join("target").join(key)
    }

    /// Returns the folder in which compilers write for a project whose own work folder has a path that they can't use.
    #[must_use]
    pub fn work(&self, key: &str) -> PathBuf {
        self.root.join("work").join(key)
    }

    /// Unpacks the runtime's sources unless they are there. Several processes may do so at once.
    ///
    /// # Errors
    /// When the folder can't be written.
    #[expect(clippy::disallowed_methods, reason = "unpacking writes files")]
    pub fn runtime(&self) -> io::Result<Runtime> {
        let hash = runtime_hash();
        let runtime = Runtime {
            workspace: self.root.join("runtime").join(&hash),
            hash,
        };
        if runtime.workspace.is_dir() {
            return Ok(runtime);
        }
        let parent = self.runtimes();
        std::fs::create_dir_all(&parent)?;
        let unpacked = tempfile::Builder::new().prefix(".unpack-").tempdir_in(&parent)?;
        for (path, text) in embedded::FILES {
            let file = unpacked.path().join(path);
            std::fs::create_dir_all(file.parent().unwrap_or(&parent))?;
            std::fs::write(file, text)?;
        }
        match std::fs::rename(unpacked.path(), &runtime.workspace) {
            // Another process was faster; its files are the same.
            Err(_) if runtime.workspace.is_dir() => Ok(runtime),
            Err(error) => Err(error),
            Ok(()) => Ok(runtime),
        }
    }
}

/// Writes a file so that other processes see either its old contents (or no file) or all of the new ones.
pub(crate) fn write_atomically(path: &Path, contents: &[u8]) -> io::Result<()> {
    write_with(path, contents, 0o666)
}

/// The same for a program.
pub(crate) fn write_executable(path: &Path, contents: &[u8]) -> io::Result<()> {
    write_with(path, contents, 0o777)
}

#[expect(clippy::disallowed_methods, reason = "this is how the back half writes")]
fn write_with(path: &Path, contents: &[u8], mode: u32) -> io::Result<()> {
    use io::Write as _;

    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut file = temporary_file(folder, mode)?;
    file.write_all(contents)?;
    file.persist(path)?;
    Ok(())
}

/// Creates a temporary file that others may read once it has its own name, as far as `mode` and the user's umask permit.
#[cfg_attr(not(unix), expect(unused_variables, reason = "files have a mode on Unix alone"))]
fn temporary_file(folder: &Path, mode: u32) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(mode));
    builder.prefix(TEMPORARY).tempfile_in(folder)
}

/// Returns a path as a string in cargo's configuration.
pub(crate) fn toml_string(path: &Path) -> String {
    // Every JSON string is a TOML string.
    serde_json::to_string(&path.to_string_lossy()).expect("invariant: strings have a JSON form")
}

/// The versions of the runtime's dependencies, for the lock file of a generated crate.
#[must_use]
pub fn lock_file() -> &'static str {
    embedded::LOCK
}

/// Returns the SHA-256 of `bytes` in hexadecimal.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

/// Returns `bytes` in hexadecimal.
#[must_use]
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Returns a hash that identifies the runtime: its sources and the versions of its dependencies.
pub(crate) fn runtime_hash() -> String {
    let mut hasher = Sha256::new();
    for (path, text) in embedded::FILES.iter().chain([&("Cargo.lock", embedded::LOCK)]) {
        // The lengths mark where each file ends, so that text moved from one file to the next changes the hash.
        hasher.update(format!("{path} {}\n", text.len()));
        hasher.update(text);
    }
    hexadecimal(&hasher.finalize())[..16].to_owned()
}
