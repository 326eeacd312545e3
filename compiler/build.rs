//! Collects the files that `cache` and `sdk` embed: the sources of the runtime, as a workspace of their own, with the
//! versions of its dependencies, and the sources of the SDK. In: the workspace this crate is built in. Out:
//! `runtime_sources.rs` and `sdk_sources.rs` in `OUT_DIR`.

#![expect(clippy::disallowed_methods, reason = "this is how a build script works")]

#[path = "build/sdk.rs"]
mod sdk;

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// Tables of the root manifest that members inherit from.
const INHERITED: [&str; 3] = ["workspace.package", "workspace.dependencies", "workspace.lints"];

/// The embedded member: its folder and its package.
const MEMBER: (&str, &str) = ("runtime-core", "torvyn-runtime-core");

fn main() -> Result<(), Box<dyn Error>> {
    let root = root();
    let mut paths = vec![format!("{}/Cargo.toml", MEMBER.0)];
    for folder in [format!("{}/src", MEMBER.0), "wit".to_owned()] {
        watch(&folder);
        list(&root, &folder, &mut paths)?;
    }
    paths.sort();
    let manifest = workspace_manifest(&read(&root, "Cargo.toml")?);
    let lock = lock_file(&read(&root, "Cargo.lock")?);
    let mut out = String::from("pub(super) static FILES: &[(&str, &str)] = &[\n");
    writeln!(out, "    (\"Cargo.toml\", {manifest:?}),")?;
    for path in &paths {
        writeln!(out, "    ({path:?}, {:?}),", read(&root, path)?)?;
    }
    writeln!(out, "];\npub(super) static LOCK: &str = {lock:?};")?;
    let folder = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(folder.join("runtime_sources.rs"), out)?;
    let mut out = String::from("pub(super) static FILES: &[(&str, &str)] = &[\n");
    for (path, text) in sdk::files(&root)? {
        writeln!(out, "    ({path:?}, {text:?}),")?;
    }
    fs::write(folder.join("sdk_sources.rs"), out + "];\n")?;
    Ok(())
}

fn root() -> PathBuf {
    let compiler = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("invariant: cargo sets CARGO_MANIFEST_DIR"));
    compiler
        .parent()
        .expect("invariant: the compiler is a folder of the workspace")
        .to_owned()
}

/// Makes cargo run this script again when `path` of the workspace changes. The path is relative to this package: if a
/// workspace is copied with its target folder, cargo then watches the copy.
fn watch(path: &str) {
    println!("cargo::rerun-if-changed=../{path}");
}

fn read(root: &Path, path: &str) -> Result<String, Box<dyn Error>> {
    watch(path);
    fs::read_to_string(root.join(path)).map_err(|error| format!("{path}: {error}").into())
}

fn list(root: &Path, folder: &str, paths: &mut Vec<String>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(root.join(folder))? {
        let entry = entry?;
        let name = entry
            .file_name()
            .into_string()
            .map_err(|name| format!("{name:?} is not UTF-8"))?;
        let path = format!("{folder}/{name}");
        if entry.file_type()?.is_dir() {
            list(root, &path, paths)?;
        } else if path.ends_with(".rs") || path.ends_with(".wit") {
            paths.push(path);
        }
    }
    Ok(())
}

/// Returns the manifest of a workspace whose only member is the embedded one, with the tables that it inherits from.
fn workspace_manifest(root: &str) -> String {
    let mut out = format!("[workspace]\nresolver = \"3\"\nmembers = [\"{}\"]\n", MEMBER.0);
    let mut inherited = false;
    for line in root.lines() {
        if let Some(table) = line.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
            inherited = INHERITED.iter().any(|name| table.starts_with(name));
            if inherited {
                out.push('\n');
            }
        }
        // The other members, which have paths, are not embedded, and comments are not needed.
        if inherited && !line.is_empty() && !line.starts_with('#') && !line.contains("path = ") {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}

/// Returns the lock file without members other than the embedded one.
fn lock_file(lock: &str) -> String {
    let (header, packages) = lock.split_once("[[package]]").unwrap_or((lock, ""));
    let mut out = header.to_owned();
    for package in packages.split("[[package]]") {
        let embedded = package.contains(&format!("name = \"{}\"", MEMBER.1));
        if embedded || package.contains("\nsource = ") {
            writeln!(out, "[[package]]{}\n", package.trim_end()).expect("invariant: writing to a String succeeds");
        }
    }
    out
}
