//! The work folder of a project: `.torvyn` beside its manifest, or a folder that the user names. Builds of the project
//! write everything into it, except what all projects of a machine share (see `cache`), and what cargo itself writes
//! beside a component's sources.

use std::ffi::OsStr;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Component, Path, PathBuf};

use crate::cache::{Cache, TEMPORARY, sha256, write_atomically};
use crate::diag::{Code, Diagnostic};
use crate::sdk;
use crate::source::display_path;
use crate::source::files::Files;

/// Name of a project's work folder if the user names none.
const OWN: &str = ".torvyn";

/// File that says to which project a named folder belongs.
const OWNER: &str = "project";

/// File that is locked while a build writes in the folder.
const LOCK: &str = "lock";

/// Separator of folders in a list, such as the search path for libraries.
const LIST_SEPARATOR: char = if cfg!(windows) { ';' } else { ':' };

/// The work folder of a project.
#[derive(Clone, Debug)]
pub struct Work {
    folder: PathBuf,
    /// The project's folder, if the work folder is one that the user named.
    named_for: Option<PathBuf>,
}

/// Permission to write in a work folder, until it is dropped.
#[derive(Debug)]
pub struct Held {
    _lock: Option<File>,
}

/// Why a work folder can't be used.
#[derive(Debug)]
pub enum WorkError {
    /// The folder can't be written.
    Io {
        /// The folder.
        folder: PathBuf,
        /// The system's error.
        error: io::Error,
    },
    /// The folder that the user named contains other files.
    InUse {
        /// The folder.
        folder: PathBuf,
    },
    /// Neither the folder nor the cache has a path that compilers can use.
    Unusable {
        /// The cache.
        cache: PathBuf,
        /// What is wrong with its path.
        obstacle: &'static str,
    },
}

impl Work {
    /// Returns the work folder of the project in `root`; `named` takes the place of `.torvyn`.
    #[must_use]
    pub fn of(root: &Path, named: Option<&Path>) -> Self {
        let own = root.join(OWN);
        let named = named.filter(|named| absolute(named) != absolute(&own));
        Self {
            folder: named.map_or(own, Path::to_owned),
            named_for: named.map(|_| absolute(root)),
        }
    }

    /// The folder itself.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether the user named the folder.
    #[must_use]
    pub fn is_named(&self) -> bool {
        self.named_for.is_some()
    }

    /// Returns the path of a component's binary, for when it is built.
    #[must_use]
    pub fn component(&self, name: &str) -> PathBuf {
        self.folder.join("components").join(format!("{name}.wasm"))
    }

    /// Returns the path of an executable if the user names none.
    #[must_use]
    pub fn executable(&self, file: &str) -> PathBuf {
        self.folder.join("bin").join(file)
    }

    /// Whether the binaries in the folder are of this project. A folder that the user named may have served another
    /// project.
    pub fn is_current(&self, files: &dyn Files) -> bool {
        self.named_for.as_deref().is_none_or(|project| {
            files
                .read(&self.folder.join(OWNER))
                .is_ok_and(|owner| owner == project.as_os_str().as_encoded_bytes())
        })
    }

    /// Waits until no other build writes in the folder, and takes it over for this project. `on_wait` gets a message
    /// about the build that it waits for.
    ///
    /// # Errors
    /// When the folder can't be written, or contains files that no build wrote.
    pub fn hold(&self, on_wait: &mut dyn FnMut(&str)) -> Result<Held, WorkError> {
        let folder = self.folder.clone();
        if self.is_in_use() {
            return Err(WorkError::InUse { folder });
        }
        self.try_hold(on_wait).map_err(|error| WorkError::Io { folder, error })
    }

    /// Whether the user named the folder and it contains other files: builds would overwrite files with the same names.
    fn is_in_use(&self) -> bool {
        let is_ours = || self.folder.join(OWNER).is_file();
        let has_files = || {
            let entries = std::fs::read_dir(&self.folder);
            entries.is_ok_and(|entries| entries.flatten().any(|entry| !is_passing(&entry.file_name())))
        };
        self.is_named() && !is_ours() && has_files()
    }

    #[expect(clippy::disallowed_methods, reason = "the back half makes folders")]
    fn try_hold(&self, on_wait: &mut dyn FnMut(&str)) -> io::Result<Held> {
        std::fs::create_dir_all(&self.folder)?;
        let path = self.folder.join(LOCK);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)?;
        let locked = match file.try_lock() {
            Err(TryLockError::WouldBlock) => {
                on_wait(&waits_for(&mut file, &self.folder));
                file.lock()
            }
            Err(TryLockError::Error(error)) => Err(error),
            Ok(()) => Ok(()),
        };
        let lock = match locked {
            // Some file systems have no locks; there, the user must not run builds at the same time.
            Err(error) if error.kind() == io::ErrorKind::Unsupported => None,
            Err(error) => return Err(error),
            Ok(()) => {
                // A process that waited has read the id of the previous holder; its position in the file is after that.
                file.rewind()?;
                file.set_len(0)?;
                write!(&file, "{}", std::process::id())?;
                Some(file)
            }
        };
        self.take_over()?;
        Ok(Held { _lock: lock })
    }

    /// Removes the components of another project, and marks the folder as this project's.
    #[expect(clippy::disallowed_methods, reason = "the back half reads what it made")]
    fn take_over(&self) -> io::Result<()> {
        let Some(project) = &self.named_for else {
            return Ok(());
        };
        let (path, project) = (self.folder.join(OWNER), project.as_os_str().as_encoded_bytes());
        if std::fs::read(&path).is_ok_and(|owner| owner == project) {
            return Ok(());
        }
        let entries = std::fs::read_dir(self.folder.join("components"));
        for entry in entries.into_iter().flatten() {
            let file = entry?.path();
            if file.extension().is_some_and(|kind| kind == "wasm" || kind == "made") {
                std::fs::remove_file(file)?;
            }
        }
        write_atomically(&path, project)
    }

    /// Returns the folder in which compilers and the linker write, as an absolute path: the work folder, or one in the
    /// cache if they can't use its path.
    ///
    /// # Errors
    /// When they can't use the path of the cache either.
    pub fn scratch(&self, cache: &Cache) -> Result<PathBuf, WorkError> {
        if let Some(obstacle) = obstacle(cache.root()) {
            return Err(WorkError::Unusable {
                cache: cache.root().to_owned(),
                obstacle,
            });
        }
        let folder = absolute(&self.folder);
        Ok(match obstacle(&folder) {
            None => folder,
            Some(_) => cache.work(&sha256(folder.as_os_str().as_encoded_bytes())[..16]),
        })
    }

    /// Unpacks the SDK for components in Rust, unless it is there. Returns its folder.
    ///
    /// It is in the project and not in the cache because cargo's output depends on the path from a workspace to a
    /// package.
    /// its workspace.
    ///
    /// # Errors
    /// When the folder can't be written.
    #[expect(clippy::disallowed_methods, reason = "only what differs is written")]
    pub fn sdk(&self) -> io::Result<PathBuf> {
        let folder = absolute(&self.folder).join("sdk");
        for (path, text) in sdk::files() {
            let path = folder.join(path);
            // cargo detects changes by the time of a file, so an unchanged one keeps it.
            if !std::fs::read(&path).is_ok_and(|found| found == text.as_bytes()) {
                write_atomically(&path, text.as_bytes())?;
            }
        }
        Ok(folder)
    }
}

/// Whether a first build, which may be under way, creates a file of this name before it marks the folder.
fn is_passing(name: &OsStr) -> bool {
    name == LOCK || name.to_str().is_some_and(|name| name.starts_with(TEMPORARY))
}

/// Returns the message about the build that is waited for.
fn waits_for(lock: &mut File, folder: &Path) -> String {
    let mut holder = String::new();
    let process = match lock.read_to_string(&mut holder) {
        Ok(_) if !holder.is_empty() => format!("process {holder}"),
        Ok(_) | Err(_) => "another process".to_owned(),
    };
    format!("waiting for {process}, which builds in `{}`", display_path(folder))
}

/// Returns the reason why cargo, rustc or the linker can't write in a folder with this path, to follow "the path".
pub(crate) fn obstacle(path: &Path) -> Option<&'static str> {
    let has = |wanted: char| {
        let names = path.components().filter_map(|part| match part {
            Component::Normal(name) => name.to_str(),
            Component::Prefix(_) | Component::RootDir | Component::CurDir | Component::ParentDir => None,
        });
        names.into_iter().any(|name| name.contains(wanted))
    };
    if path.to_str().is_none() {
        Some("is not UTF-8")
    } else if has(LIST_SEPARATOR) {
        Some("contains `:`, which separates folders in a list")
    } else if has('%') {
        Some("contains `%`, which linkers treat as a placeholder")
    } else {
        None
    }
}

pub(crate) fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

impl From<WorkError> for Diagnostic {
    fn from(error: WorkError) -> Self {
        match error {
            WorkError::Io { folder, error } => Diagnostic::error(
                Code::IoFailed,
                format!("can't build in the folder `{}`: {error}", display_path(&folder)),
            )
            .help("name another one with `--work-dir DIR` or TORVYN_WORK_DIR: builds write there"),
            WorkError::InUse { folder } => Diagnostic::error(
                Code::InvalidOption,
                format!(
                    "`{}` can't be the work folder: it contains other files",
                    display_path(&folder)
                ),
            )
            .note("builds would overwrite files with the same names")
            .help("name an empty or new folder with `--work-dir DIR` or TORVYN_WORK_DIR"),
            WorkError::Unusable { cache, obstacle } => Diagnostic::error(
                Code::ExecutableBuildFailed,
                format!("the cache can't be in `{}`: the path {obstacle}", display_path(&cache)),
            )
            .note("cargo, rustc and the linker work in it, and can't use such a path")
            .help("set TORVYN_HOME to a folder without that in its path"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn most_paths_are_fine() {
        for path in ["/a b/c,d/e'f\"g/ä=b;c#d$e\\f{g}@h", "relative/x"] {
            assert_eq!(obstacle(Path::new(path)), None, "{path}");
        }
        assert!(obstacle(Path::new("/a/50%/b")).is_some());
        #[cfg(unix)]
        {
            let bytes: &std::ffi::OsStr = std::os::unix::ffi::OsStrExt::from_bytes(b"/a\xffb");
            assert!(obstacle(Path::new(bytes)).is_some());
            assert!(obstacle(Path::new("/a:b")).is_some());
        }
    }

    #[test]
    fn a_folder_that_served_another_project_holds_nothing_of_it() {
        let named = tempfile::tempdir().unwrap();
        let work = |project: &str| Work::of(Path::new(project), Some(named.path()));
        let (one, other) = (work("/one"), work("/other"));
        let files = crate::source::files::DiskFiles;
        drop(one.hold(&mut |_| ()).unwrap());
        assert!(one.is_current(&files) && !other.is_current(&files));
        write_atomically(&one.component("a"), b"of one").unwrap();
        drop(one.hold(&mut |_| ()).unwrap());
        assert!(one.component("a").is_file());
        drop(other.hold(&mut |_| ()).unwrap());
        assert!(!one.component("a").exists());
        assert!(other.is_current(&files) && !one.is_current(&files));
    }

    #[test]
    fn a_folder_with_somebodys_files_is_left_alone() {
        let named = tempfile::tempdir().unwrap();
        let source = named.path().join("components/mine/lib.rs");
        write_atomically(&source, b"precious").unwrap();
        let work = Work::of(Path::new("/one"), Some(named.path()));
        assert!(matches!(work.hold(&mut |_| ()), Err(WorkError::InUse { .. })));
        assert!(source.is_file() && !work.folder().join(LOCK).exists());
        // The project's own folder needs no mark, even if the user names it.
        let own = Work::of(named.path(), Some(&named.path().join(".torvyn")));
        assert!(!own.is_named());
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "the lock is a file of the back half")]
    fn who_waits_says_for_whom() {
        let folder = tempfile::tempdir().unwrap();
        let work = Work::of(folder.path(), None);
        let held = work.hold(&mut |_| ()).unwrap();
        let (told, heard) = std::sync::mpsc::channel();
        std::thread::scope(|scope| {
            scope.spawn(|| work.hold(&mut |text| told.send(text.to_owned()).unwrap()).unwrap());
            let text = heard.recv_timeout(std::time::Duration::from_secs(60)).unwrap();
            assert!(text.contains(&format!("process {}", std::process::id())), "{text}");
            drop(held);
        });
        let holder = std::fs::read_to_string(work.folder().join(LOCK)).unwrap();
        assert_eq!(
            holder,
            std::process::id().to_string(),
            "the next one that waits reads it"
        );
    }
}
