//! The only way the front half reads anything.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

/// What a folder holds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// Name within the folder.
    pub name: String,
    /// Whether it is a folder itself; links are followed.
    pub is_folder: bool,
}

/// Reads files and lists folders.
pub trait Files {
    /// The contents of a file.
    ///
    /// # Errors
    /// As `std::fs::read`.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;

    /// What a folder holds, sorted by name. Names that are not UTF-8 are left out: nothing of ours has one.
    ///
    /// # Errors
    /// As `std::fs::read_dir`.
    fn list(&self, folder: &Path) -> io::Result<Vec<Entry>>;
}

/// The file system.
#[derive(Clone, Copy, Debug, Default)]
pub struct DiskFiles;

impl Files for DiskFiles {
    #[expect(clippy::disallowed_methods, reason = "this is the `Files` that reads the disk")]
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        std::fs::read(path)
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<Entry>> {
        let folder = if folder.as_os_str().is_empty() {
            Path::new(".")
        } else {
            folder
        };
        let mut entries = Vec::new();
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            if let Ok(name) = entry.file_name().into_string() {
                entries.push(Entry {
                    name,
                    is_folder: entry.path().is_dir(),
                });
            }
        }
        entries.sort();
        Ok(entries)
    }
}

/// Files in memory, for tests and for callers that have no disk.
#[derive(Clone, Debug, Default)]
pub struct MemoryFiles {
    files: BTreeMap<PathBuf, Vec<u8>>,
}

impl MemoryFiles {
    /// No files.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds or replaces a file.
    pub fn insert(&mut self, path: impl Into<PathBuf>, contents: impl Into<Vec<u8>>) {
        self.files.insert(clean(&path.into()), contents.into());
    }
}

impl Files for MemoryFiles {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.files
            .get(&clean(path))
            .cloned()
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<Entry>> {
        let folder = clean(folder);
        let mut entries = BTreeMap::new();
        for rest in self.files.keys().filter_map(|path| path.strip_prefix(&folder).ok()) {
            let mut parts = rest.components();
            if let Some(name) = parts.next() {
                entries.insert(name.as_os_str().to_string_lossy().into_owned(), parts.next().is_some());
            }
        }
        if entries.is_empty() {
            return Err(io::ErrorKind::NotFound.into());
        }
        Ok(entries
            .into_iter()
            .map(|(name, is_folder)| Entry { name, is_folder })
            .collect())
    }
}

fn clean(path: &Path) -> PathBuf {
    let shown = super::display_path(path);
    if shown == "." {
        PathBuf::new()
    } else {
        PathBuf::from(shown)
    }
}
