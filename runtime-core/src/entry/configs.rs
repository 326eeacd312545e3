//! The configuration of each node: the manifest's, with the command line's overrides.

use std::path::Path;

use serde_json::{Map, Value};

use super::output::BadArguments;
use crate::builtin_table::Builtin;
use crate::plan::{FlowPlan, NodePlan};
use crate::replica::Replica;
use crate::session::{Configs, Ends};
use crate::setting::{self, Mistake};
use crate::words::nearest;

/// The configurations that differ from the manifest. `overrides` holds pairs of `NODE.KEY` or `NODE`, and the value.
pub(super) fn resolve(
    plan: &'static FlowPlan,
    ends: &Ends,
    overrides: &[(String, String)],
) -> Result<Configs, BadArguments> {
    // A replaced end does not understand the configuration of the original.
    let mut configs: Configs = plan
        .nodes
        .iter()
        .filter(|node| ends.replace(node.name))
        .map(|node| (node.name, String::new()))
        .collect();
    for (place, value) in overrides {
        let (node, key) = match place.split_once('.') {
            Some((node, key)) => (node, Some(key)),
            None => (place.as_str(), None),
        };
        let node = find(plan, node)?;
        let current = configs.entry(node.name).or_insert_with(|| node.config.to_owned());
        *current = match key {
            Some(key) => with_key(node, current, key, value)?,
            None => value.clone(),
        };
    }
    for (name, path) in ends.written() {
        if let Some(config) = configs.get_mut(name).filter(|config| !config.is_empty()) {
            *config = with_path(config, path);
        }
    }
    for (place, value) in overrides {
        check(plan, ends, &configs, place, value)?;
    }
    Ok(configs)
}

/// Adds the path of a file that replaces a sink, whose configuration need not have a `path`.
fn with_path(config: &str, path: &Path) -> String {
    match serde_json::from_str(config) {
        Ok(Value::Object(mut object)) => {
            let path = || Value::String(path.display().to_string());
            object.entry("path").or_insert_with(path);
            Value::Object(object).to_string()
        }
        Ok(_) | Err(_) => config.to_owned(),
    }
}

/// Checks a built-in's configuration after an override, so that a mistake counts as one of the command line.
fn check(
    plan: &'static FlowPlan,
    ends: &Ends,
    configs: &Configs,
    place: &str,
    value: &str,
) -> Result<(), BadArguments> {
    let (name, own_key) = match place.split_once('.') {
        Some((name, key)) => (name, Some(key)),
        None => (place, None),
    };
    let node = find(plan, name)?;
    let component = ends.component(node);
    let (Some(settings), Some(config)) = (Builtin::of(component).map(Builtin::settings), configs.get(node.name)) else {
        return Ok(());
    };
    if own_key == Some("path") && ends.replace(name) {
        let message = format!("`--config {place}={value}`: `--input` or `--output` sets the path of node `{name}`");
        return Err(BadArguments::new(message).help("set the path only once"));
    }
    let mistakes = setting::read(&Replica::alone().fill(config), settings).err();
    let mistake = mistakes.into_iter().flatten().find(|mistake| match (mistake, own_key) {
        (Mistake::Unknown { key, .. }, Some(own)) => key == own,
        (Mistake::Value { setting, .. }, Some(own)) => setting.name == own,
        (Mistake::Missing(_) | Mistake::Syntax(_) | Mistake::NotObject, _) | (_, None) => true,
    });
    let Some(mistake) = mistake else { return Ok(()) };
    let names: Vec<&str> = settings.iter().map(|setting| setting.name).collect();
    let near = match &mistake {
        Mistake::Unknown { key, .. } => nearest(key, &names).map(str::to_owned),
        Mistake::Syntax(_) | Mistake::NotObject | Mistake::Value { .. } | Mistake::Missing(_) => None,
    };
    let message = format!("`--config {place}={value}`: the configuration of node `{name}` {mistake}");
    Err(BadArguments::new(message)
        .help(format!("keys of `{component}`: {}", names.join(", ")))
        .near(near))
}

fn find(plan: &'static FlowPlan, name: &str) -> Result<&'static NodePlan, BadArguments> {
    plan.nodes.iter().find(|node| node.name == name).ok_or_else(|| {
        let names: Vec<&str> = plan.nodes.iter().map(|node| node.name).collect();
        let near = nearest(name, &names).map(str::to_owned);
        BadArguments::new(format!("`--config {name}…`: flow `{}` has no node `{name}`", plan.name))
            .help(format!("nodes: {}", names.join(", ")))
            .near(near)
    })
}

/// Sets one key of a JSON object. The value is JSON if it parses as JSON, otherwise a string.
fn with_key(node: &NodePlan, config: &str, key: &str, value: &str) -> Result<String, BadArguments> {
    let mut object = match config.trim() {
        "" => Map::new(),
        text => match serde_json::from_str(text) {
            Ok(Value::Object(object)) => object,
            Ok(_) | Err(_) => {
                let message = format!(
                    "`--config {}.{key}`: the node's configuration is not a JSON object",
                    node.name
                );
                return Err(
                    BadArguments::new(message).help(format!("`--config {}=TEXT` replaces all of it", node.name))
                );
            }
        },
    };
    let value = serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()));
    object.insert(key.to_owned(), value);
    Ok(Value::Object(object).to_string())
}
