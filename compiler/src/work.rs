//! The work folder of a project: `.torvyn` beside its manifest, or a folder that was named. Everything that builds of the
//! project write lies in there, but for what all projects of a machine share (see `cache`), and what cargo itself writes
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

/// The work folder of a project for which none is named.
const OWN: &str = ".torvyn";

/// Says which project a named folder is of.
const OWNER: &str = "project";

/// Is locked while a build writes in the folder.
const LOCK: &str = "lock";

/// What separates folders in lists of them, such as those in which a program looks for its libraries.
const LIST_SEPARATOR: char = if cfg!(windows) { ';' } else { ':' };

/// The work folder of a project.
#[derive(Clone, Debug)]
pub struct Work {
    folder: PathBuf,
    /// The project's folder, when this one was named for it.
    named_for: Option<PathBuf>,
}

/// The right to write in a work folder, until it is dropped.
#[derive(Debug)]
pub struct Held {
    _lock: Option<File>,
}

/// Why nothing can be built.
#[derive(Debug)]
pub enum WorkError {
    /// The folder can't be written.
    Io {
        /// The folder.
        folder: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// The folder that was named has something else in it.
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
    /// The work folder of the project in `root`; `named` takes the place of `.torvyn`.
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

    /// Whether it was named.
    #[must_use]
    pub fn is_named(&self) -> bool {
        self.named_for.is_some()
    }

    /// Where the binary of a component lies once the component is built.
    #[must_use]
    pub fn component(&self, name: &str) -> PathBuf {
        self.folder.join("components").join(format!("{name}.wasm"))
    }

    /// Where an executable lies when nobody says where it should.
    #[must_use]
    pub fn executable(&self, file: &str) -> PathBuf {
        self.folder.join("bin").join(file)
    }

    /// Whether the binaries in there are of this project. A folder that was named may have served another one.
    pub fn is_current(&self, files: &dyn Files) -> bool {
        self.named_for.as_deref().is_none_or(|project| {
            files
                .read(&self.folder.join(OWNER))
                .is_ok_and(|owner| owner == project.as_os_str().as_encoded_bytes())
        })
    }

    /// Waits until no other build writes in the folder, and has it be of this project. `on_wait` hears which process is
    /// waited for, when one is.
    ///
    /// # Errors
    /// When the folder can't be written, or has files in it that no build made.
    pub fn hold(&self, on_wait: &mut dyn FnMut(&str)) -> Result<Held, WorkError> {
        let folder = self.folder.clone();
        if self.is_in_use() {
            return Err(WorkError::InUse { folder });
        }
        self.try_hold(on_wait).map_err(|error| WorkError::Io { folder, error })
    }

    /// Whether the folder was named and holds somebody's files: builds would overwrite files with the same names.
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
            // Some file systems know no locks; builds there must not be started at once.
            Err(error) if error.kind() == io::ErrorKind::Unsupported => None,
            Err(error) => return Err(error),
            Ok(()) => {
                // Whoever waited has read whose it was, and would write behind that.
                file.rewind()?;
                file.set_len(0)?;
                write!(&file, "{}", std::process::id())?;
                Some(file)
            }
        };
        self.take_over()?;
        Ok(Held { _lock: lock })
    }

    /// Leaves no component of another project.
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

    /// Where compilers and the linker write: the folder itself; where they can't use its path, one in the cache. Absolute.
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
    /// It lies within the project, and not in the cache, because what cargo compiles depends on where a package lies from
    /// its workspace.
    ///
    /// # Errors
    /// When the folder can't be written.
    #[expect(clippy::disallowed_methods, reason = "only what differs is written")]
    pub fn sdk(&self) -> io::Result<PathBuf> {
        let folder = absolute(&self.folder).join("sdk");
        for (path, text) in sdk::files() {
            let path = folder.join(path);
            // An unchanged file keeps its time, by which cargo knows it.
            if !std::fs::read(&path).is_ok_and(|found| found == text.as_bytes()) {
                write_atomically(&path, text.as_bytes())?;
            }
        }
        Ok(folder)
    }
}

/// Whether a first build, which may be under way, has such a file before the folder is marked.
fn is_passing(name: &OsStr) -> bool {
    name == LOCK || name.to_str().is_some_and(|name| name.starts_with(TEMPORARY))
}

/// Whose build is waited for.
fn waits_for(lock: &mut File, folder: &Path) -> String {
    let mut holder = String::new();
    let process = match lock.read_to_string(&mut holder) {
        Ok(_) if !holder.is_empty() => format!("process {holder}"),
        Ok(_) | Err(_) => "another process".to_owned(),
    };
    format!("waiting for {process}, which builds in `{}`", display_path(folder))
}

/// What keeps cargo, rustc or the linker from writing in a folder with this path.
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
        // The project's own folder, by whatever name, needs no mark.
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
