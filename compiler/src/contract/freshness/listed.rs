//! What cargo says that it made a binary of: the file `NAME.d` beside it names the sources, those of path dependencies and
//! build scripts among them. Not in there, and added here: the manifests of the packages, and the workspace's lock file and
//! configuration.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::source::files::Files;
use crate::work::absolute;

/// Is compared with the code whenever it is compiled, and is no part of it.
const COMPARED: &str = "Torvyn.toml";

const MANIFEST: &str = "Cargo.toml";

/// What says in a folder, for it and all folders below, how cargo compiles.
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

/// The paths behind `OUTPUT:`, in which blanks are escaped.
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

/// A path below the component's folder as the project writes it.
fn in_folder(path: PathBuf, folder: &Path) -> PathBuf {
    let below = path.strip_prefix(absolute(folder)).map(|below| folder.join(below));
    below.unwrap_or(path)
}

/// The manifest of the package that a folder of sources is of.
fn manifest_of(files: &dyn Files, folder: &Path) -> Option<PathBuf> {
    let mut manifests = folder.ancestors().map(|folder| folder.join(MANIFEST));
    manifests.find(|manifest| files.modified(manifest).is_ok())
}

/// What in the folders around a package has a say in how it is compiled.
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
