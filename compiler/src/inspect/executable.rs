//! Reads the description that every executable carries in a section of its own.

use std::collections::BTreeMap;

use object::{File, Object, ObjectSection};
use serde::{Deserialize, Serialize};

use super::InspectError;

/// Names of the section: in ELF (and any other format), and in Mach-O.
const SECTIONS: [&str; 2] = [".torvyn", "__torvyn"];

/// A pipeline compiled to an executable.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProgramDescription {
    /// Project name.
    pub name: String,
    /// Project version.
    pub version: String,
    /// Version of the compiler.
    pub torvync: String,
    /// Target triple.
    pub target: String,
    /// Project description, possibly empty.
    #[serde(default)]
    pub description: String,
    /// Names and addresses of its authors.
    #[serde(default)]
    pub authors: Vec<String>,
    /// SPDX licence identifier, possibly empty.
    #[serde(default)]
    pub license: String,
    /// Where the source is kept, possibly empty.
    #[serde(default)]
    pub repository: String,
    /// The flows in manifest order.
    pub flows: Vec<FlowDescription>,
    /// The components it was made of.
    #[serde(default)]
    pub components: Vec<ComponentDescription>,
    /// The machine code inside.
    #[serde(default)]
    pub artifacts: Vec<ArtifactDescription>,
}

/// One flow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FlowDescription {
    /// Name in the manifest.
    pub name: String,
    /// Description, possibly empty.
    #[serde(default)]
    pub description: String,
    /// Stages in schedule order.
    pub nodes: Vec<NodeDescription>,
    /// Streams between stages.
    #[serde(default)]
    pub streams: Vec<StreamDescription>,
    /// Buffer pools by tier.
    #[serde(default)]
    pub pools: Vec<PoolDescription>,
    /// How often a stage may be restarted within a minute.
    #[serde(default)]
    pub max_restarts: Option<u32>,
    /// Why the driver has a thread of its own; `None` if it has none.
    #[serde(default)]
    pub own_thread: Option<String>,
    /// Number of replicas.
    #[serde(default = "one")]
    pub replicas: u32,
    /// Name of the router whose ports are divided among the replicas.
    #[serde(default)]
    pub replicas_by: Option<String>,
}

fn one() -> u32 {
    1
}

/// One stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodeDescription {
    /// Name in the manifest.
    pub name: String,
    /// Its role.
    pub role: String,
    /// The component, or `builtin:NAME`.
    #[serde(default)]
    pub component: Option<String>,
    /// Its call path.
    #[serde(default)]
    pub path: Option<String>,
    /// How it chooses among its inputs.
    #[serde(default)]
    pub merge: Option<String>,
    /// How a full stream affects the other streams of its port.
    #[serde(default)]
    pub fan_out: Option<String>,
    /// What happens after a failed call, by category of error.
    #[serde(default)]
    pub on_error: BTreeMap<String, String>,
    /// Capabilities that the component was granted.
    #[serde(default)]
    pub capabilities: Vec<String>,
    /// Why the source has a thread of its own; `None` if it has none.
    #[serde(default)]
    pub own_thread: Option<String>,
}

/// One stream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StreamDescription {
    /// Producer, `node` or `node.port`.
    pub from: String,
    /// Consumer, `node` or `node.port`.
    pub to: String,
    /// Capacity in elements.
    pub depth: u32,
    /// What happens when it is full.
    pub policy: String,
    /// The rate of `rate-limit`.
    #[serde(default)]
    pub max_elements_per_second: Option<u64>,
    /// Rank among the inputs of the consumer.
    #[serde(default)]
    pub priority: u8,
    /// Longest payload in bytes, when limited.
    #[serde(default)]
    pub max_element_bytes: Option<u64>,
}

/// One tier of the buffer pool.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PoolDescription {
    /// Capacity of each buffer in bytes.
    pub bytes: u64,
    /// Number of buffers.
    pub slots: u64,
}

/// A component that stages are instances of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ComponentDescription {
    /// Its name.
    pub name: String,
    /// SHA-256 of the component binary, in hexadecimal.
    pub sha256: String,
}

/// Machine code inside the executable.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ArtifactDescription {
    /// Its name.
    pub name: String,
    /// `component` or `shell`.
    #[serde(default)]
    pub kind: Option<String>,
    /// SHA-256 of what it is compiled from, in hexadecimal.
    pub sha256: String,
}

pub(super) fn inspect(bytes: &[u8]) -> Result<ProgramDescription, InspectError> {
    let file = File::parse(bytes).map_err(|_| InspectError::UnknownFormat)?;
    let section = SECTIONS
        .iter()
        .find_map(|name| file.section_by_name(name))
        .ok_or(InspectError::NoDescription)?;
    let invalid = |error: String| InspectError::InvalidDescription(error);
    let data = section.data().map_err(|error| invalid(error.to_string()))?;
    // Linkers pad sections with zeros.
    let end = data.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    serde_json::from_slice(&data[..end]).map_err(|error| invalid(error.to_string()))
}
