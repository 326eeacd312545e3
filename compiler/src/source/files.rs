//! File access of the front half, which reads files in no other way.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// An entry of a folder.
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

    /// The entries of a folder, sorted by name. Names that are not UTF-8 are left out: no file of a project has one.
    ///
    /// # Errors
    /// As `std::fs::read_dir`.
    fn list(&self, folder: &Path) -> io::Result<Vec<Entry>>;

    /// The time when a file was last modified.
    ///
    /// # Errors
    /// As `std::fs::metadata`; also when the time is not known.
    fn modified(&self, path: &Path) -> io::Result<SystemTime>;
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

    fn modified(&self, path: &Path) -> io::Result<SystemTime> {
        path.metadata()?.modified()
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
        // Paths are sorted by their parts, so those in a folder are adjacent.
        let inside = self.files.range(folder.clone()..).map(|(path, _)| path);
        let entries = entries_below(&folder, inside.take_while(|path| path.starts_with(&folder)));
        if entries.is_empty() {
            return Err(io::ErrorKind::NotFound.into());
        }
        Ok(entries)
    }

    /// Always an error: files in memory have no times.
    fn modified(&self, _path: &Path) -> io::Result<SystemTime> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

/// A project's folder in which some files are open in an editor: the editor's texts replace the saved ones.
///
/// Relative paths are relative to that folder, as for a process that runs in it.
pub struct OverlayFiles<'a> {
    root: &'a Path,
    open: &'a BTreeMap<PathBuf, String>,
    below: &'a dyn Files,
}

impl<'a> OverlayFiles<'a> {
    /// The files of `below`, with the texts in `open` in their place. `root` and the paths of `open` are absolute.
    #[must_use]
    pub fn new(root: &'a Path, open: &'a BTreeMap<PathBuf, String>, below: &'a dyn Files) -> Self {
        Self { root, open, below }
    }
}

impl Files for OverlayFiles<'_> {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let path = clean(&self.root.join(path));
        match self.open.get(&path) {
            Some(text) => Ok(text.clone().into_bytes()),
            None => self.below.read(&path),
        }
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<Entry>> {
        let folder = clean(&self.root.join(folder));
        let opened = entries_below(&folder, self.open.keys());
        let mut entries = match self.below.list(&folder) {
            Ok(entries) => entries,
            Err(error) if opened.is_empty() => return Err(error),
            Err(_) => Vec::new(),
        };
        for entry in opened {
            if !entries.iter().any(|known| known.name == entry.name) {
                entries.push(entry);
            }
        }
        entries.sort();
        Ok(entries)
    }

    /// An error for a text that is not saved: it has no time to compare.
    fn modified(&self, path: &Path) -> io::Result<SystemTime> {
        let path = clean(&self.root.join(path));
        match self.open.get(&path) {
            Some(text) if self.below.read(&path).is_ok_and(|saved| saved != text.as_bytes()) => {
                Err(io::ErrorKind::Unsupported.into())
            }
            Some(_) | None => self.below.modified(&path),
        }
    }
}

/// The entries of a folder, from the paths of all files.
fn entries_below<'a>(folder: &Path, files: impl Iterator<Item = &'a PathBuf>) -> Vec<Entry> {
    let mut entries = BTreeMap::new();
    for rest in files.filter_map(|path| path.strip_prefix(folder).ok()) {
        let mut parts = rest.components();
        if let Some(name) = parts.next() {
            entries.insert(name.as_os_str().to_string_lossy().into_owned(), parts.next().is_some());
        }
    }
    entries
        .into_iter()
        .map(|(name, is_folder)| Entry { name, is_folder })
        .collect()
}

fn clean(path: &Path) -> PathBuf {
    let shown = super::display_path(path);
    if shown == "." {
        PathBuf::new()
    } else {
        PathBuf::from(shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_in_memory_are_listed() {
        let mut files = MemoryFiles::new();
        for path in ["a/b.wit", "a/deps/c/d.wit", "a-b/e", "a.toml", "b/f", "./g"] {
            files.insert(path, "");
        }
        let names = |folder: &str| -> Option<Vec<(String, bool)>> {
            let entries = files.list(Path::new(folder)).ok()?;
            Some(entries.into_iter().map(|entry| (entry.name, entry.is_folder)).collect())
        };
        let expected =
            |entries: &[(&str, bool)]| Some(entries.iter().map(|(name, is)| ((*name).to_owned(), *is)).collect());
        assert_eq!(names("a"), expected(&[("b.wit", false), ("deps", true)]));
        assert_eq!(names("a/deps/"), expected(&[("c", true)]));
        assert_eq!(names("c"), None);
        let all = [("a", true), ("a-b", true), ("a.toml", false), ("b", true), ("g", false)];
        assert_eq!(names("."), expected(&all));
    }

    #[test]
    fn an_open_file_hides_the_one_on_the_disk() {
        let mut disk = MemoryFiles::new();
        disk.insert("/p/Torvyn.toml", "saved");
        disk.insert("/p/wit/a.wit", "saved");
        let open = BTreeMap::from([
            (PathBuf::from("/p/wit/a.wit"), "typed".to_owned()),
            (PathBuf::from("/p/wit/deps/new.wit"), "new".to_owned()),
        ]);
        let files = OverlayFiles::new(Path::new("/p"), &open, &disk);
        assert_eq!(files.read(Path::new("Torvyn.toml")).unwrap(), b"saved");
        assert_eq!(files.read(Path::new("./wit/../wit/a.wit")).unwrap(), b"typed");
        let listed = |folder: &str| -> Vec<String> {
            let entries = files.list(Path::new(folder)).unwrap();
            entries.into_iter().map(|entry| entry.name).collect()
        };
        assert_eq!(listed("."), ["Torvyn.toml", "wit"]);
        assert_eq!(listed("wit"), ["a.wit", "deps"]);
        assert_eq!(listed("wit/deps"), ["new.wit"]);
        assert!(files.list(Path::new("nowhere")).is_err());
    }
}
