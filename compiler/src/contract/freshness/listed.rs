//! Sources of a binary by cargo's account: the file `NAME.d` next to it lists them, with those of path dependencies and
//! build scripts. The list lacks the manifests of the packages, and the workspace's lock file and configuration; these
//! are added here.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::source::files::Files;
use crate::work::absolute;

/// A listed file that doesn't count: the attribute macro checks the code against it, but nothing of it is compiled in.
const COMPARED: &str = "Torvyn.toml";

const MANIFEST: &str = "Cargo.toml";

/// Configuration files of cargo. Each applies to its folder and all folders below.
const CONFIGURATION: [&str; 4] = [
    ".cargo/config.toml",
    ".cargo/config",
    "rust-toolchain.toml",
    "rust-toolchain",
];

/// The sources of a binary in `folder`'s package; `None` when cargo left no list.
pub(super) fn sources(files: &dyn Files, binary: &Path, folder: &Path) -> Option<BTreeSet<PathBuf>> {
    let list = files.read(&binary.with_extension("d")).ok()?;
    let named = parse(&String::from_utf8(list).ok()?)?;
    let mut sources: BTreeSet<PathBuf> = named
        .into_iter()
        .filter(|path| path.file_name().is_none_or(|name| name != COMPARED))
        .map(|path| in_folder(path, folder))
        .collect();
    let folders: BTreeSet<&Path> = sources.iter().filter_map(|source| source.parent()).collect();
    let manifests: Vec<PathBuf> = folders.iter().filter_map(|folder| manifest_of(files, folder)).collect();
    sources.extend(manifests);
    sources.extend(surroundings(files, folder));
    Some(sources)
}

/// Parses the paths after `OUTPUT:`, in which spaces are escaped.
fn parse(list: &str) -> Option<Vec<PathBuf>> {
    let (_, names) = list.lines().next()?.split_once(": ")?;
    let mut paths = vec![String::new()];
    let mut characters = names.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' if characters.peek() == Some(&' ') => paths.last_mut()?.extend(characters.next()),
            ' ' => paths.push(String::new()),
            other => paths.last_mut()?.push(other),
        }
    }
    Some(
        paths
            .into_iter()
            .filter(|path| !path.is_empty())
            .map(PathBuf::from)
            .collect(),
    )
}

/// Rewrites an absolute path in the component's folder as one that starts with `folder`, as the project writes it.
fn in_folder(path: PathBuf, folder: &Path) -> PathBuf {
    let below = path.strip_prefix(absolute(folder)).map(|below| folder.join(below));
    below.unwrap_or(path)
}

/// Finds the manifest of the package that contains a folder of sources.
fn manifest_of(files: &dyn Files, folder: &Path) -> Option<PathBuf> {
    let mut manifests = folder.ancestors().map(|folder| folder.join(MANIFEST));
    manifests.find(|manifest| files.modified(manifest).is_ok())
}

/// Finds the files outside of a package's sources that affect its compilation: configuration, and the workspace's
/// manifest and lock file.
fn surroundings(files: &dyn Files, folder: &Path) -> Vec<PathBuf> {
    let package = absolute(folder);
    let folders = || package.ancestors();
    let is_workspace = |folder: &&Path| {
        let manifest = files.read(&folder.join(MANIFEST));
        manifest.is_ok_and(|text| String::from_utf8_lossy(&text).contains("[workspace"))
    };
    let root = folders().find(is_workspace).unwrap_or(&package);
    let configuration = folders().flat_map(|folder| CONFIGURATION.map(|name| folder.join(name)));
    configuration
        .chain([root.join(MANIFEST), root.join("Cargo.lock")])
        .filter(|path| files.modified(path).is_ok())
        .map(|path| in_folder(path, folder))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_in_paths_are_escaped() {
        let list = "/p/out.wasm: /p/src/lib.rs /p/with\\ blank.txt\n";
        let paths = [PathBuf::from("/p/src/lib.rs"), PathBuf::from("/p/with blank.txt")];
        assert_eq!(parse(list).unwrap(), paths);
        assert_eq!(parse("/p/out.wasm:"), None);
    }
}
