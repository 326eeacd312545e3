//! `--input` and `--output`: the ends of the flow that they replace.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use crate::context::{Ends, Input, Output};
use crate::entry::output::BadArguments;
use crate::flow::FlowEntry;
use crate::plan::FlowPlan;
use crate::role::Role;
use crate::stdio::{self, Standard};
use crate::words::{nearest, shell_path};

/// The ends that `--input` and `--output` replace.
pub(super) fn ends(plan: &'static FlowPlan, inputs: &[OsString], outputs: &[OsString]) -> Result<Ends, BadArguments> {
    Ok(Ends {
        inputs: replaced(plan, &INPUT, inputs, |value| match value.to_str() {
            Some("generator") => Input::Generator,
            Some("stdin") => Input::Lines("-".into()),
            _ if stdio::names(Standard::Input, value) => Input::Lines("-".into()),
            _ => Input::Lines(value.into()),
        })?,
        outputs: replaced(plan, &OUTPUT, outputs, |value| match value.to_str() {
            Some("stdout") => Output::Console,
            _ if stdio::names(Standard::Output, value) => Output::Console,
            _ => Output::File(value.into()),
        })?,
    })
}

/// An option that replaces ends of a flow.
struct End {
    option: &'static str,
    role: Role,
    /// Values that mean a built-in to the other option, not a file.
    foreign: &'static [&'static str],
}

const INPUT: End = End {
    option: "--input",
    role: Role::Source,
    foreign: &["stdout"],
};

const OUTPUT: End = End {
    option: "--output",
    role: Role::Sink,
    foreign: &["stdin", "generator"],
};

/// The replacements in `values`, each `[NODE=]VALUE`.
fn replaced<T>(
    plan: &'static FlowPlan,
    end: &End,
    values: &[OsString],
    make: impl Fn(&OsStr) -> T,
) -> Result<BTreeMap<&'static str, T>, BadArguments> {
    let option = end.option;
    let mut found = BTreeMap::new();
    for value in values {
        let (node, path) = addressed(plan, end, value)?;
        if path.is_empty() {
            return Err(BadArguments::new(format!(
                "`{option} {}`: the path is empty",
                value.display()
            )));
        }
        if let Some(word) = end.foreign.iter().find(|word| **word == path) {
            return Err(BadArguments::new(format!(
                "`{option} {}`: `{word}` is not a {}",
                value.display(),
                end.role.as_str()
            ))
            .help(format!(
                "for a file of that name, write `{}`",
                shell_path(&format!("./{word}"))
            )));
        }
        if found.insert(node, make(path)).is_some() {
            return Err(BadArguments::new(format!(
                "`{option}` is given twice for node `{node}`"
            )));
        }
    }
    Ok(found)
}

/// The node that a value is for, and the value without the node's name.
fn addressed<'a>(
    plan: &'static FlowPlan,
    end: &End,
    value: &'a OsStr,
) -> Result<(&'static str, &'a OsStr), BadArguments> {
    let (option, role) = (end.option, end.role.as_str());
    let ends: Vec<&'static str> = plan
        .nodes
        .iter()
        .filter(|node| node.role == end.role)
        .map(|node| node.name)
        .collect();
    let listed = ends.join(", ");
    let shown = value.display();
    match named(value) {
        Some((name, rest)) => match ends.iter().find(|end| **end == name) {
            Some(end) => Ok((*end, rest)),
            None => {
                let node = plan.nodes.iter().find(|node| node.name == name);
                let what = node.map_or_else(
                    || format!("flow `{}` has no node `{name}`", plan.name),
                    |node| format!("node `{name}` is a {}, not a {role}", node.role.as_str()),
                );
                let near = nearest(name, &ends).filter(|_| node.is_none());
                let near = near.map(|near| format!("{option} {}", shell_path(&format!("{near}={}", rest.display()))));
                Err(BadArguments::new(format!("`{option} {shown}`: {what}"))
                    .help(format!(
                        "{role}s of the flow: {listed}; for a file name with `=`, write `{}`",
                        shell_path(&format!("./{shown}"))
                    ))
                    .near(near))
            }
        },
        None => match ends.as_slice() {
            [only] => Ok((*only, value)),
            _ => Err(
                BadArguments::new(format!("`{option} {shown}`: the flow has several {role}s")).help(format!(
                    "write `{option} {}` with one of: {listed}",
                    shell_path(&format!("NODE={shown}"))
                )),
            ),
        },
    }
}

/// The parts before and after the first `=`, if the first looks like the name of a node.
fn named(value: &OsStr) -> Option<(&str, &OsStr)> {
    let bytes = value.as_bytes();
    let at = bytes.iter().position(|byte| *byte == b'=')?;
    let name = str::from_utf8(&bytes[..at]).ok()?;
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    is_name.then(|| (name, OsStr::from_bytes(&bytes[at + 1..])))
}

/// Rejects elements on standard output, which is reserved for the one JSON object.
pub(super) fn keep_stdout_free(entries: &[&'static FlowEntry], ends: &Ends) -> Result<(), BadArguments> {
    let nodes = entries.iter().flat_map(|entry| entry.plan.nodes);
    let printing: Vec<&str> = nodes
        .filter(|node| ends.component(node) == "builtin:console")
        .map(|node| node.name)
        .collect();
    let Some(first) = printing.first() else {
        return Ok(());
    };
    let message = format!("the report goes to standard output, but so do the elements of sink `{first}`");
    Err(BadArguments::new(message).help(format!(
        "move the report with `--report=FILE`, or the elements with `--output {first}=FILE`"
    )))
}
