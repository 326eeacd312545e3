//! The SDK for components as a package that builds anywhere: what its manifests take from the workspace is written into
//! them.

use std::error::Error;
use std::path::Path;

use super::{list, read, watch};

/// Folder of the SDK, and of the crate with its attribute in there.
const PACKAGES: [&str; 2] = ["macros", "macros/attribute"];

/// Tables that are of no use without the workspace.
const LEFT_OUT: [&str; 2] = ["dev-dependencies", "lints"];

const NOTE: &str = "# The SDK for components, as `torvync init` wrote it.\n\n";

/// Path, below the folder of the SDK, and text of each file.
pub(super) fn files(root: &Path) -> Result<Vec<(String, String)>, Box<dyn Error>> {
    let workspace = read(root, "Cargo.toml")?;
    let mut files = Vec::new();
    for package in PACKAGES {
        let path = format!("{package}/Cargo.toml");
        let text = format!("{NOTE}{}", manifest(&read(root, &path)?, &workspace));
        files.push((path, text));
        let mut paths = Vec::new();
        watch(&format!("{package}/src"));
        list(root, &format!("{package}/src"), &mut paths)?;
        for path in paths {
            let text = read(root, &path)?;
            files.push((path, text));
        }
    }
    for (path, _) in &mut files {
        *path = path["macros/".len()..].to_owned();
    }
    files.sort();
    Ok(files)
}

/// A manifest without the workspace.
fn manifest(text: &str, workspace: &str) -> String {
    let (mut out, mut table) = (String::new(), "");
    for line in text.lines() {
        if let Some(header) = line.strip_prefix('[') {
            table = header.trim_end_matches(']');
        }
        if LEFT_OUT.contains(&table) {
            continue;
        }
        let from = match table {
            "package" => "[workspace.package]",
            _ => "[workspace.dependencies]",
        };
        out.push_str(&inherited(line, table_text(workspace, from)).unwrap_or_else(|| line.to_owned()));
        out.push('\n');
    }
    format!("{}\n", out.trim_end())
}

/// A line that inherits, with what it inherits; `None` for other lines.
fn inherited(line: &str, workspace: &str) -> Option<String> {
    let (key, more) = match line.split_once(".workspace = true") {
        Some((key, _)) => (key, ""),
        None => line.split_once(" = { workspace = true")?,
    };
    let more = more.trim_end_matches([' ', '}']);
    let own = workspace
        .lines()
        .find_map(|line| line.strip_prefix(key)?.strip_prefix(" = "));
    // A pinned version would not go along with what else a project depends on.
    let own = own
        .unwrap_or_else(|| panic!("invariant: the workspace has `{key}`"))
        .replacen("\"=", "\"", 1);
    Some(match own.strip_prefix('{') {
        Some(fields) => format!("{key} = {{{}{more} }}", fields.trim_end_matches([' ', '}'])),
        None if more.is_empty() => format!("{key} = {own}"),
        None => format!("{key} = {{ version = {own}{more} }}"),
    })
}

/// The lines of a table.
fn table_text<'a>(text: &'a str, header: &str) -> &'a str {
    let table = text.split_once(header).map_or("", |(_, after)| after);
    table.split("\n[").next().unwrap_or(table)
}
