//! Random flows and runs. The same seed and number give the same case, on every machine.
//!
//! Every run ends: sources are bounded by a count, their script or a limit, retries by their maximum.

use fastrand::Rng;

use crate::random::{one_in, pick, rng};
use crate::script::script;
use crate::shape::{
    Action, Case, ERROR_PORT, EdgeShape, FanOut, LastResort, Merge, NodeShape, OnError, Policy, Role, Script, Shape,
};

/// Most nodes of a flow.
const MAX_NODES: usize = 12;
/// Most sources of a flow.
const MAX_SOURCES: usize = 3;
/// Most paths from the sources to a node: each may bring a copy of every element.
const MAX_PATHS: u64 = 24;

/// Flow number `number` of `seed`.
pub(crate) fn shape(seed: u64, number: u64) -> Shape {
    let mut rng = rng(seed, number, 1);
    loop {
        let shape = Draft::draw(&mut rng).into_shape(&mut rng, format!("f{number}"));
        if paths(&shape) <= MAX_PATHS {
            return shape;
        }
    }
}

/// Run number `number` of `seed`, of the flow `shape`.
pub(crate) fn case(seed: u64, number: u64, shape: &Shape) -> Case {
    let mut rng = rng(seed, number, 2);
    let scripts: Vec<Script> = (0..shape.nodes.len())
        .map(|node| script(&mut rng, shape, node))
        .collect();
    // A source that traps starts again at 0: only a limit ends that.
    let unbounded = |(node, script): (&NodeShape, &Script)| {
        node.role == Role::Source && (script.script.contains('t') || (script.count == 0 && script.then == 'o'))
    };
    let needs_limit = shape.nodes.iter().zip(&scripts).any(unbounded);
    let limit = (needs_limit || one_in(&mut rng, 5)).then(|| match one_in(&mut rng, 12) {
        true => 0,
        false => rng.u64(1..=16),
    });
    Case {
        shape: shape.clone(),
        scripts,
        limit,
    }
}

/// A flow in the making: nodes in an order in which every edge leads forward, the first a source, the last a sink.
struct Draft {
    nodes: Vec<NodeShape>,
    edges: Vec<EdgeShape>,
}

impl Draft {
    fn draw(rng: &mut Rng) -> Self {
        let count = rng.usize(2..=MAX_NODES);
        let mut sources = 1;
        let mut nodes = Vec::new();
        for at in 0..count {
            let role = match at {
                0 => Role::Source,
                _ if at == count - 1 => Role::Sink,
                _ => inner_role(rng, &mut sources),
            };
            nodes.push(node(rng, format!("n{at}"), role, at + 1 < count));
        }
        let mut draft = Self {
            nodes,
            edges: Vec::new(),
        };
        draft.connect(rng);
        draft
    }

    /// Gives every port at least one edge, then adds some.
    fn connect(&mut self, rng: &mut Rng) {
        let count = self.nodes.len();
        for to in 0..count {
            if self.nodes[to].role != Role::Source {
                let from = self.producer(rng, to);
                let port = self.any_port(rng, from);
                self.add(rng, from, port, to);
            }
        }
        for from in 0..count {
            for port in self.open_ports(rng, from) {
                let to = self.consumer(rng, from);
                self.add(rng, from, port, to);
            }
        }
        for _ in 0..rng.usize(0..=count.div_ceil(2)) {
            let from = rng.usize(0..count - 1);
            if self.nodes[from].role != Role::Sink || self.nodes[from].on_error.has_dead_letter() {
                let port = self.any_port(rng, from);
                let to = self.consumer(rng, from);
                self.add(rng, from, port, to);
            }
        }
    }

    /// A node before `to` that has an output.
    fn producer(&self, rng: &mut Rng, to: usize) -> usize {
        loop {
            let from = rng.usize(0..to);
            let node = &self.nodes[from];
            if node.role != Role::Sink || (node.on_error.has_dead_letter() && one_in(rng, 3)) {
                return from;
            }
        }
    }

    /// A node after `from` that has an input.
    fn consumer(&self, rng: &mut Rng, from: usize) -> usize {
        loop {
            let to = rng.usize(from + 1..self.nodes.len());
            if self.nodes[to].role != Role::Source {
                return to;
            }
        }
    }

    fn any_port(&self, rng: &mut Rng, from: usize) -> &'static str {
        let node = &self.nodes[from];
        match node.role {
            Role::Sink => ERROR_PORT,
            _ if node.on_error.has_dead_letter() && one_in(rng, 4) => ERROR_PORT,
            Role::Router => pick(rng, &["a", "b"]),
            Role::Source | Role::Processor | Role::Filter | Role::Aggregator => "output",
        }
    }

    /// The ports of a node that need an edge and have none.
    fn open_ports(&self, rng: &mut Rng, from: usize) -> Vec<&'static str> {
        let node = &self.nodes[from];
        let leaves = |error: bool| {
            self.edges
                .iter()
                .any(|edge| edge.from == from && (edge.port == ERROR_PORT) == error)
        };
        let mut open = Vec::new();
        if node.role != Role::Sink && !leaves(false) {
            open.push(match node.role {
                Role::Router => pick(rng, &["a", "b"]),
                Role::Source | Role::Processor | Role::Filter | Role::Aggregator | Role::Sink => "output",
            });
        }
        if node.on_error.has_dead_letter() && !leaves(true) {
            open.push(ERROR_PORT);
        }
        open
    }

    fn add(&mut self, rng: &mut Rng, from: usize, port: &'static str, to: usize) {
        let is_there = |edge: &EdgeShape| (edge.from, edge.port, edge.to) == (from, port, to);
        if !self.edges.iter().any(is_there) {
            let by_rank = self.nodes[to].merge == Merge::Priority;
            let results = self.nodes[from].role == Role::Aggregator;
            self.edges
                .push(edge(rng, EdgeShape::new(from, port, to), by_rank, results));
        }
    }

    /// Declares nodes and edges in any order.
    fn into_shape(mut self, rng: &mut Rng, name: String) -> Shape {
        let mut order: Vec<usize> = (0..self.nodes.len()).collect();
        rng.shuffle(&mut order);
        rng.shuffle(&mut self.edges);
        let place = |node: usize| order.iter().position(|other| *other == node);
        for edge in &mut self.edges {
            edge.from = place(edge.from).expect("every node has a place");
            edge.to = place(edge.to).expect("every node has a place");
        }
        Shape {
            name,
            nodes: order.iter().map(|node| self.nodes[*node].clone()).collect(),
            edges: self.edges,
        }
    }
}

fn inner_role(rng: &mut Rng, sources: &mut usize) -> Role {
    if *sources < MAX_SOURCES && one_in(rng, 7) {
        *sources += 1;
        return Role::Source;
    }
    pick(
        rng,
        &[
            Role::Processor,
            Role::Processor,
            Role::Processor,
            Role::Filter,
            Role::Filter,
            Role::Router,
            Role::Router,
            Role::Aggregator,
            Role::Aggregator,
            Role::Sink,
            Role::Sink,
        ],
    )
}

/// A node; `followed`: another node comes after it, which can take its dead letters.
fn node(rng: &mut Rng, name: String, role: Role, followed: bool) -> NodeShape {
    let source = role == Role::Source;
    let any = |rng: &mut Rng| action(rng, source, followed && !source);
    let on_error = match rng.u32(0..8) {
        0 => OnError::TERMINATE,
        1 | 2 => OnError([any(rng); 4]),
        _ => OnError([any(rng), any(rng), any(rng), any(rng)]),
    };
    NodeShape {
        on_error,
        merge: pick(rng, &[Merge::RoundRobin, Merge::Priority]),
        fan_out: pick(rng, &[FanOut::Minimum, FanOut::Independent]),
        ..NodeShape::new(&name, role)
    }
}

fn action(rng: &mut Rng, source: bool, dead_letters: bool) -> Action {
    let last = |rng: &mut Rng| match rng.u32(0..7) {
        0 => LastResort::Terminate,
        1..=4 if dead_letters => LastResort::DeadLetter,
        _ => LastResort::Skip,
    };
    if rng.bool() {
        return Action::Now(last(rng));
    }
    // A source that traps repeatedly must do so often enough within a minute to end the flow.
    let backoffs: &[u64] = match source {
        true => &[0, 1, 5, 10, 100],
        false => &[0, 1, 5, 10, 100, 100, 1_000, 20_000, 60_000],
    };
    Action::Retry {
        max: rng.u32(1..=4),
        backoff_ms: pick(rng, backoffs),
        then: last(rng),
    }
}

/// `by_rank`: its consumer merges by priority. `results`: its producer is an aggregator, whose texts are as short as
/// those of a source.
fn edge(rng: &mut Rng, edge: EdgeShape, by_rank: bool, results: bool) -> EdgeShape {
    let policy = match rng.u32(0..10) {
        0..4 => Policy::Block,
        4 | 5 => Policy::RateLimit(pick(rng, &[1, 3, 10, 50, 100, 150, 200, 300, 1_000, 3_000])),
        6 => Policy::Error,
        7 | 8 => Policy::DropOldest,
        _ => Policy::DropNewest,
    };
    let depth = match rng.u32(0..20) {
        0..5 => 1,
        5..10 => 2,
        10..17 => rng.usize(3..=8),
        17 => 16,
        _ => 64,
    };
    let small = edge.port != ERROR_PORT && one_in(rng, if results { 4 } else { 9 });
    let sizes: &[usize] = match results {
        true => &[3, 4, 10, 20, 100],
        false => &[4, 6, 7, 8, 12, 24, 100, 1_999, 2_000],
    };
    EdgeShape {
        depth,
        policy,
        low_watermark_ratio: pick(rng, &[0.5, 0.5, 0.0, 0.25, 0.34, 0.75, 0.99]),
        rank: if by_rank { pick(rng, &[0, 0, 1, 2, 255]) } else { 0 },
        max_element_bytes: small.then(|| pick(rng, sizes)),
        ..edge
    }
}

/// The largest number of paths from sources to a node.
fn paths(shape: &Shape) -> u64 {
    let mut ways: Vec<u64> = shape
        .nodes
        .iter()
        .map(|node| u64::from(node.role == Role::Source))
        .collect();
    // After this many rounds, the counts have reached the last node.
    for _ in 0..shape.nodes.len() {
        for (at, node) in shape.nodes.iter().enumerate() {
            if node.role != Role::Source {
                let into = shape.edges.iter().filter(|edge| edge.to == at);
                ways[at] = into.map(|edge| ways[edge.from]).sum();
            }
        }
    }
    ways.into_iter().max().unwrap_or(0)
}
