//! The configs of the nodes, from `Torvyn.toml`.

use std::fs;
use std::path::{Path, PathBuf};

use bench_common::Failed;
use serde::de::DeserializeOwned;
use toml::{Table, Value};

/// A manifest.
pub struct Manifest {
    path: PathBuf,
    table: Table,
}

/// One of its flows.
pub struct Flow<'a> {
    name: &'a str,
    nodes: &'a Table,
}

impl Manifest {
    /// # Errors
    /// When the file can't be read, or is no TOML.
    pub fn read(path: &Path) -> Result<Self, Failed> {
        let named = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
        let text = fs::read_to_string(path).map_err(|error| named(&error))?;
        Ok(Self {
            path: path.to_owned(),
            table: text.parse().map_err(|error| named(&error))?,
        })
    }

    /// # Errors
    /// When there is no such flow.
    pub fn flow<'a>(&'a self, name: &'a str) -> Result<Flow<'a>, Failed> {
        let flow = self.table.get("flow").and_then(|flows| flows.get(name));
        let nodes = flow.and_then(|flow| flow.get("nodes")?.as_table());
        let nodes = nodes.ok_or_else(|| format!("{}: there is no flow `{name}`", self.path.display()))?;
        Ok(Flow { name, nodes })
    }

    /// The same project in another place, whose flow `name` has replicas.
    ///
    /// # Errors
    /// When there is no such flow.
    pub fn with_replicas(&self, name: &str, replicas: usize) -> Result<String, Failed> {
        let mut table = self.table.clone();
        let folder = self.path.parent().unwrap_or(Path::new("")).canonicalize()?;
        for component in table
            .get_mut("component")
            .and_then(Value::as_array_mut)
            .into_iter()
            .flatten()
        {
            if let Some(Value::String(path)) = component.get_mut("path") {
                *path = folder.join(&path).canonicalize()?.display().to_string();
            }
        }
        let flow = table
            .get_mut("flow")
            .and_then(|flows| flows.get_mut(name)?.as_table_mut());
        let flow = flow.ok_or_else(|| format!("there is no flow `{name}`"))?;
        flow.insert("replicas".to_owned(), Value::Integer(i64::try_from(replicas)?));
        Ok(toml::to_string(&table)?)
    }
}

impl Flow<'_> {
    /// The config of a node, as its component gets it where the flow has no replicas.
    ///
    /// # Errors
    /// When it is no JSON.
    pub fn config(&self, node: &str) -> Result<String, Failed> {
        let text = match self.node(node)?.get("config") {
            Some(Value::String(text)) => text.clone(),
            Some(config) => serde_json::to_string(config)?,
            None => String::new(),
        };
        Ok(text.replace("{replica}", "0").replace("{replicas}", "1"))
    }

    /// The same as a type.
    ///
    /// # Errors
    /// When it is none.
    pub fn read<T: DeserializeOwned>(&self, node: &str) -> Result<T, Failed> {
        let read = serde_json::from_str(&self.config(node)?);
        read.map_err(|error| format!("`config` of `{node}` in flow `{}`: {error}", self.name).into())
    }

    /// Name of the component of a node.
    ///
    /// # Errors
    /// When it has none.
    pub fn component(&self, node: &str) -> Result<&str, Failed> {
        let component = self.node(node)?.get("component").and_then(Value::as_str);
        component.ok_or_else(|| format!("node `{node}` of flow `{}` has no component", self.name).into())
    }

    fn node(&self, node: &str) -> Result<&Value, Failed> {
        let found = self.nodes.get(node);
        found.ok_or_else(|| format!("there is no node `{node}` in flow `{}`", self.name).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::programs::PROGRAMS;

    fn manifest() -> Manifest {
        Manifest::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Torvyn.toml")).unwrap()
    }

    #[test]
    fn every_program_is_a_flow_with_its_nodes() {
        let manifest = manifest();
        for program in &PROGRAMS {
            let flow = manifest.flow(program.name).unwrap();
            for (node, _) in program.nodes {
                assert!(!flow.component(node).unwrap().starts_with("builtin:"), "{node}");
            }
        }
        assert!(manifest.flow("main").is_err());
    }

    #[test]
    fn configs_are_those_of_a_flow_alone() {
        let manifest = manifest();
        let flow = manifest.flow("json-edit").unwrap();
        assert!(flow.config("source").unwrap().contains(r#""share":"0/1""#));
        assert_eq!(flow.config("edit").unwrap(), "");
    }

    #[test]
    fn a_copy_has_replicas_and_finds_its_components() {
        let copy: Table = manifest().with_replicas("json-edit", 3).unwrap().parse().unwrap();
        assert_eq!(copy["flow"]["json-edit"]["replicas"].as_integer(), Some(3));
        for component in copy["component"].as_array().unwrap() {
            assert!(
                Path::new(component["path"].as_str().unwrap())
                    .join("Cargo.toml")
                    .is_file()
            );
        }
    }
}
