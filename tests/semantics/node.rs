//! A node of the model while its flow runs.

use std::collections::VecDeque;

use crate::guest::{Guest, Output};
use crate::model::Element;
use crate::shape::{Case, ERROR_PORT, Merge, Role, Shape};

/// Counters of a node.
#[derive(Clone, Debug, Default)]
pub(crate) struct NodeCounters {
    pub(crate) taken: u64,
    pub(crate) out: u64,
    pub(crate) filtered: u64,
    pub(crate) absorbed: u64,
    pub(crate) delivered: u64,
    pub(crate) flushed: u64,
    pub(crate) errors: u64,
    pub(crate) retries: u64,
    pub(crate) skipped: u64,
    pub(crate) dead_lettered: u64,
    pub(crate) failed: u64,
    pub(crate) restarts: u64,
}

#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) role: Role,
    pub(crate) counters: NodeCounters,
    pub(crate) guest: Guest,
    /// Whether the instance is usable: false after a trap without a restart.
    pub(crate) alive: bool,
    pub(crate) exhausted: bool,
    pub(crate) completed: bool,
    /// Element that waits for another attempt.
    pub(crate) in_hand: Option<Element>,
    /// Failures since an element was taken, or since the last pull that is not repeated.
    pub(crate) attempts: u32,
    pub(crate) retry_at: u64,
    pub(crate) paused_until: u64,
    /// Time at which an open circuit breaker lets a trial call pass; `None` when it is closed.
    pub(crate) breaker: Option<u64>,
    /// Times of restarts.
    pub(crate) restarts: Vec<u64>,
    /// Position in `inputs` of the input used last.
    pub(crate) last_input: Option<usize>,
    /// Results of `flush` not yet emitted.
    pub(crate) results: VecDeque<Output>,
    /// Sequence number of the element handled last.
    pub(crate) last_sequence: u64,
    /// Number of full streams that hold up a source.
    pub(crate) pressure: usize,
    /// Input streams, in the order in which they are tried.
    pub(crate) inputs: Vec<usize>,
    /// Output streams by port, in the order of each port's first edge.
    pub(crate) ports: Vec<(&'static str, Vec<usize>)>,
}

impl Node {
    pub(crate) fn new(case: &Case, at: usize) -> Self {
        let shape = &case.shape;
        let role = shape.nodes[at].role;
        Self {
            role,
            counters: NodeCounters::default(),
            guest: Guest::new(&shape.nodes[at].name, role, &case.scripts[at]),
            alive: true,
            exhausted: false,
            completed: false,
            in_hand: None,
            attempts: 0,
            retry_at: 0,
            paused_until: 0,
            breaker: None,
            restarts: Vec::new(),
            last_input: None,
            results: VecDeque::new(),
            last_sequence: 0,
            pressure: 0,
            inputs: inputs(shape, at),
            ports: ports(shape, at),
        }
    }

    /// All output streams of the node.
    pub(crate) fn outputs(&self) -> Vec<usize> {
        self.ports.iter().flat_map(|(_, streams)| streams.clone()).collect()
    }

    /// The streams of the `named` ports, each once, in the order of the ports; `None` if a name is unknown.
    pub(crate) fn streams_of(&self, named: &[&str]) -> Option<Vec<usize>> {
        let is_port = |name: &&str| *name != ERROR_PORT && self.ports.iter().any(|(port, _)| port == name);
        let chosen = self.ports.iter().filter(|(port, _)| named.contains(port));
        named
            .iter()
            .all(is_port)
            .then(|| chosen.flat_map(|(_, streams)| streams.clone()).collect())
    }
}

fn inputs(shape: &Shape, at: usize) -> Vec<usize> {
    let mut inputs: Vec<usize> = (0..shape.edges.len())
        .filter(|edge| shape.edges[*edge].to == at)
        .collect();
    if shape.nodes[at].merge == Merge::Priority {
        // The sort is stable: equal ranks stay in order of declaration.
        inputs.sort_by_key(|edge| std::cmp::Reverse(shape.edges[*edge].rank));
    }
    inputs
}

fn ports(shape: &Shape, at: usize) -> Vec<(&'static str, Vec<usize>)> {
    let mut ports: Vec<(&'static str, Vec<usize>)> = Vec::new();
    for edge in shape.edges.iter().filter(|edge| edge.from == at) {
        if ports.iter().all(|(port, _)| *port != edge.port) {
            ports.push((edge.port, shape.port(at, edge.port)));
        }
    }
    ports
}
