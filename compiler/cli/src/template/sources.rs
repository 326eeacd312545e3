//! The files of templates, and the values of their placeholders.

/// A file of a template.
pub(super) struct Source {
    pub(super) path: &'static str,
    pub(super) text: &'static str,
    pub(super) kind: Kind,
    /// The component whose values fill the placeholders.
    pub(super) part: Option<&'static Part>,
}

/// Which projects a file is part of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// In every project.
    Always,
    /// Only with the example.
    Example,
    /// Only without the example.
    Stubs,
}

/// A component of a template.
pub(super) struct Part {
    /// Its name; `None` for the project's.
    pub(super) name: Option<&'static str>,
    /// Its role in the SDK.
    pub(super) role: &'static str,
    /// What it does: the words after "a component that".
    pub(super) does: &'static str,
    /// The world of the contracts that it implements.
    pub(super) world: &'static str,
    /// The file with that world, below `wit/deps`.
    pub(super) contracts: &'static str,
    /// Whether it has a configuration.
    pub(super) serde: bool,
}

macro_rules! source {
    ($kind:ident [$($file:literal)+] => $path:literal, $part:expr) => {
        Source {
            path: $path,
            text: include_str!(concat!("../../templates/", $($file),+)),
            kind: Kind::$kind,
            part: $part,
        }
    };
}

/// The files of a project with one component.
macro_rules! alone {
    ($folder:literal, $part:ident) => {
        &[
            source!(Always [$folder "/Torvyn.toml"] => "Torvyn.toml", Some(&$part)),
            source!(Example ["Cargo.toml.in"] => "Cargo.toml", Some(&$part)),
            source!(Always ["world.wit"] => "wit/world.wit", Some(&$part)),
            source!(Example [$folder "/src/lib.rs"] => "src/lib.rs", Some(&$part)),
            source!(Always ["gitignore"] => ".gitignore", None),
            source!(Example ["README.md"] => "README.md", Some(&$part)),
            source!(Stubs ["README.stubs.md"] => "README.md", Some(&$part)),
        ]
    };
}

pub(super) const SOURCE: &[Source] = alone!("source", SOURCE_PART);
pub(super) const SINK: &[Source] = alone!("sink", SINK_PART);
pub(super) const TRANSFORM: &[Source] = alone!("transform", TRANSFORM_PART);
pub(super) const FILTER: &[Source] = alone!("filter", FILTER_PART);
pub(super) const ROUTER: &[Source] = alone!("router", ROUTER_PART);
pub(super) const AGGREGATOR: &[Source] = alone!("aggregator", AGGREGATOR_PART);

pub(super) const FULL_PIPELINE: &[Source] = &[
    source!(Always ["full-pipeline/Torvyn.toml"] => "Torvyn.toml", None),
    source!(Example ["full-pipeline/Cargo.toml.in"] => "Cargo.toml", None),
    source!(Example ["full-pipeline/component.Cargo.toml.in"] => "components/source/Cargo.toml", Some(&PIPELINE_SOURCE)),
    source!(Always ["world.wit"] => "components/source/wit/world.wit", Some(&PIPELINE_SOURCE)),
    source!(Example ["full-pipeline/components/source/src/lib.rs"] => "components/source/src/lib.rs", Some(&PIPELINE_SOURCE)),
    source!(Example ["full-pipeline/component.Cargo.toml.in"] => "components/transform/Cargo.toml", Some(&PIPELINE_TRANSFORM)),
    source!(Always ["world.wit"] => "components/transform/wit/world.wit", Some(&PIPELINE_TRANSFORM)),
    source!(Example ["full-pipeline/components/transform/src/lib.rs"] => "components/transform/src/lib.rs", Some(&PIPELINE_TRANSFORM)),
    source!(Always ["gitignore"] => ".gitignore", None),
    source!(Example ["full-pipeline/README.md"] => "README.md", None),
    source!(Stubs ["full-pipeline/README.stubs.md"] => "README.md", None),
];

pub(super) const EMPTY: &[Source] = &[
    source!(Always ["empty/Torvyn.toml"] => "Torvyn.toml", None),
    source!(Always ["gitignore"] => ".gitignore", None),
    source!(Always ["empty/README.md"] => "README.md", None),
];

const SOURCE_PART: Part = Part {
    name: None,
    role: "Source",
    does: "produces the elements of a stream",
    world: "torvyn:streaming/managed-source",
    contracts: "torvyn-streaming/worlds.wit",
    serde: false,
};
const SINK_PART: Part = Part {
    name: None,
    role: "Sink",
    does: "consumes the elements of a stream",
    world: "torvyn:streaming/managed-sink",
    contracts: "torvyn-streaming/worlds.wit",
    serde: false,
};
const TRANSFORM_PART: Part = Part {
    name: None,
    role: "Processor",
    does: "turns each element of a stream into another one",
    world: "torvyn:streaming/managed-transform",
    contracts: "torvyn-streaming/worlds.wit",
    serde: false,
};
const FILTER_PART: Part = Part {
    name: None,
    role: "Filter",
    does: "lets some elements of a stream pass",
    world: "torvyn:filtering/managed-filter",
    contracts: "torvyn-filtering/worlds.wit",
    serde: true,
};
const ROUTER_PART: Part = Part {
    name: None,
    role: "Router",
    does: "chooses where each element of a stream goes",
    world: "torvyn:filtering/managed-router",
    contracts: "torvyn-filtering/worlds.wit",
    serde: false,
};
const AGGREGATOR_PART: Part = Part {
    name: None,
    role: "Aggregator",
    does: "makes one element of several",
    world: "torvyn:aggregation/stream-aggregator",
    contracts: "torvyn-aggregation/aggregator.wit",
    serde: true,
};
const PIPELINE_SOURCE: Part = Part {
    name: Some("source"),
    ..SOURCE_PART
};
const PIPELINE_TRANSFORM: Part = Part {
    name: Some("transform"),
    ..TRANSFORM_PART
};
