//! The SDK for components, as packages that build outside this workspace: values that their manifests inherit here are
//! filled in.

use std::error::Error;
use std::path::Path;

use super::{list, read, watch};

/// Folders of the SDK, and of the crate inside it that defines its attribute.
const PACKAGES: [&str; 2] = ["macros", "macros/attribute"];

/// Tables of a manifest that are useless outside the workspace.
const LEFT_OUT: [&str; 2] = ["dev-dependencies", "lints"];

const NOTE: &str = "# The SDK for components, as `torvync init` wrote it.\n\n";

/// Returns path, relative to the folder of the SDK, and text of each file.
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

/// Returns a manifest with inherited values filled in.
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

/// Returns a line that inherits a value with the value filled in; `None` for other lines.
fn inherited(line: &str, workspace: &str) -> Option<String> {
    let (key, more) = match line.split_once(".workspace = true") {
        Some((key, _)) => (key, ""),
        None => line.split_once(" = { workspace = true")?,
    };
    let more = more.trim_end_matches([' ', '}']);
    let own = workspace
        .lines()
        .find_map(|line| line.strip_prefix(key)?.strip_prefix(" = "));
    // A pinned version could conflict with other dependencies of a project.
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
