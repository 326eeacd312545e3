//! A flow as its manifest describes it, and the part that may differ between two runs of it.
//!
//! A [`Shape`] is fixed when an executable is built. A [`Case`] adds the behaviour of the scripted components in one
//! run: their configurations, given by `--config`.

use std::fmt::Write as _;

use serde_json::json;

use crate::torvync::REPORT;

/// Role of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Role {
    Source,
    Processor,
    Filter,
    Router,
    Aggregator,
    Sink,
}

impl Role {
    pub(crate) const ALL: [Role; 6] = [
        Role::Source,
        Role::Processor,
        Role::Filter,
        Role::Router,
        Role::Aggregator,
        Role::Sink,
    ];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Role::Source => "source",
            Role::Processor => "processor",
            Role::Filter => "filter",
            Role::Router => "router",
            Role::Aggregator => "aggregator",
            Role::Sink => "sink",
        }
    }

    /// The function that handles elements.
    pub(crate) fn operation(self) -> &'static str {
        match self {
            Role::Source => "pull",
            Role::Processor => "process",
            Role::Filter => "evaluate",
            Role::Router => "route",
            Role::Aggregator => "ingest",
            Role::Sink => "push",
        }
    }
}

/// Policy of a full stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Policy {
    Block,
    DropOldest,
    DropNewest,
    Error,
    /// Waits and keeps a rate, in elements per second.
    RateLimit(u64),
}

impl Policy {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Policy::Block => "block",
            Policy::DropOldest => "drop-oldest",
            Policy::DropNewest => "drop-newest",
            Policy::Error => "error",
            Policy::RateLimit(_) => "rate-limit",
        }
    }
}

/// Order of several inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Merge {
    RoundRobin,
    Priority,
}

/// Whether one full branch holds up the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FanOut {
    Minimum,
    Independent,
}

/// Category of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Category {
    InvalidInput,
    Unavailable,
    Internal,
    DeadlineExceeded,
}

impl Category {
    pub(crate) const ALL: [Category; 4] = [
        Category::InvalidInput,
        Category::Unavailable,
        Category::Internal,
        Category::DeadlineExceeded,
    ];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Category::InvalidInput => "invalid-input",
            Category::Unavailable => "unavailable",
            Category::Internal => "internal",
            Category::DeadlineExceeded => "deadline-exceeded",
        }
    }
}

/// End of an element that cannot be handled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LastResort {
    Terminate,
    Skip,
    DeadLetter,
}

impl LastResort {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            LastResort::Terminate => "terminate",
            LastResort::Skip => "skip",
            LastResort::DeadLetter => "dead-letter",
        }
    }
}

/// Action after a failure of one category.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Now(LastResort),
    Retry {
        max: u32,
        backoff_ms: u64,
        then: LastResort,
    },
}

impl Action {
    pub(crate) const TERMINATE: Action = Action::Now(LastResort::Terminate);

    /// The action when no further attempt is made.
    pub(crate) fn last_resort(self) -> LastResort {
        match self {
            Action::Now(last) | Action::Retry { then: last, .. } => last,
        }
    }
}

/// The actions of a node, in the order of [`Category::ALL`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OnError(pub(crate) [Action; 4]);

impl OnError {
    pub(crate) const TERMINATE: OnError = OnError([Action::TERMINATE; 4]);

    pub(crate) fn of(&self, category: Category) -> Action {
        self.0[category as usize]
    }

    pub(crate) fn has_dead_letter(&self) -> bool {
        self.0
            .iter()
            .any(|action| action.last_resort() == LastResort::DeadLetter)
    }
}

/// A node.
#[derive(Clone, Debug)]
pub(crate) struct NodeShape {
    pub(crate) name: String,
    pub(crate) role: Role,
    pub(crate) on_error: OnError,
    pub(crate) merge: Merge,
    pub(crate) fan_out: FanOut,
}

impl NodeShape {
    /// A node with defaults.
    pub(crate) fn new(name: &str, role: Role) -> Self {
        Self {
            name: name.to_owned(),
            role,
            on_error: OnError::TERMINATE,
            merge: Merge::RoundRobin,
            fan_out: FanOut::Minimum,
        }
    }
}

/// The port of dead letters.
pub(crate) const ERROR_PORT: &str = "error";

/// An edge; `from` and `to` are positions in [`Shape::nodes`].
#[derive(Clone, Debug)]
pub(crate) struct EdgeShape {
    pub(crate) from: usize,
    pub(crate) port: &'static str,
    pub(crate) to: usize,
    pub(crate) depth: usize,
    pub(crate) policy: Policy,
    pub(crate) low_watermark_ratio: f64,
    pub(crate) rank: u8,
    pub(crate) max_element_bytes: Option<usize>,
}

impl EdgeShape {
    /// An edge with defaults.
    pub(crate) fn new(from: usize, port: &'static str, to: usize) -> Self {
        Self {
            from,
            port,
            to,
            depth: 64,
            policy: Policy::Block,
            low_watermark_ratio: 0.5,
            rank: 0,
            max_element_bytes: None,
        }
    }
}

/// A flow. Nodes and edges are in order of declaration.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    pub(crate) name: String,
    pub(crate) nodes: Vec<NodeShape>,
    pub(crate) edges: Vec<EdgeShape>,
}

impl Shape {
    /// Positions of the edges from `port` of `node`.
    pub(crate) fn port(&self, node: usize, port: &str) -> Vec<usize> {
        let leaves = |edge: &EdgeShape| edge.from == node && edge.port == port;
        (0..self.edges.len()).filter(|at| leaves(&self.edges[*at])).collect()
    }

    /// Whether all streams of the port must have room before the producer of `edge` runs.
    pub(crate) fn is_shared(&self, edge: &EdgeShape) -> bool {
        self.nodes[edge.from].fan_out == FanOut::Minimum && self.port(edge.from, edge.port).len() > 1
    }
}

/// The behaviour of a scripted component, call by call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Script {
    /// One character for each call.
    pub(crate) script: String,
    /// Action of calls after the end of the script.
    pub(crate) then: char,
    /// Number of elements after which a source ends; 0: never.
    pub(crate) count: u64,
    /// Number of results of an aggregator's `flush`; `None` for its own choice.
    pub(crate) flush: Option<u64>,
}

impl Script {
    pub(crate) fn new(script: &str) -> Self {
        Self {
            script: script.to_owned(),
            then: 'o',
            count: 0,
            flush: None,
        }
    }

    /// The configuration of the component of node `name`.
    pub(crate) fn to_config(&self, name: &str) -> String {
        let mut config = json!({ "name": name, "script": self.script, "then": self.then });
        if self.count != 0 {
            config["count"] = json!(self.count);
        }
        if let Some(results) = self.flush {
            config["flush"] = json!(results);
        }
        config.to_string()
    }
}

/// A run of a flow.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) shape: Shape,
    /// Scripts of the nodes, in the order of [`Shape::nodes`].
    pub(crate) scripts: Vec<Script>,
    pub(crate) limit: Option<u64>,
}

impl Case {
    /// The command line, without the executable.
    pub(crate) fn arguments(&self) -> Vec<String> {
        let mut arguments: Vec<String> = ["--flow", &self.shape.name, "--clock", "simulated"]
            .into_iter()
            .chain(REPORT)
            .map(str::to_owned)
            .collect();
        arguments.push("--quiet".to_owned());
        if let Some(limit) = self.limit {
            arguments.extend(["--limit".to_owned(), limit.to_string()]);
        }
        for (node, script) in self.shape.nodes.iter().zip(&self.scripts) {
            arguments.push("--config".to_owned());
            arguments.push(format!("{}={}", node.name, script.to_config(&node.name)));
        }
        arguments
    }
}

impl std::fmt::Display for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.shape.to_toml())?;
        f.write_char('\n')?;
        for argument in self.arguments() {
            let separator = if argument.starts_with("--") { "\n    " } else { " " };
            let quote = if argument.contains('{') { "'" } else { "" };
            write!(f, "{separator}{quote}{argument}{quote}")?;
        }
        f.write_char('\n')
    }
}
