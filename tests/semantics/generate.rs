//! Random flows and runs. The same seed and number give the same case, on every machine.
//!
//! Every run ends: sources are bounded by a count, their script or a limit, retries by their maximum.

use fastrand::Rng;

use crate::shape::{
    Action, Case, Category, ERROR_PORT, EdgeShape, FanOut, LastResort, Merge, NodeShape, OnError, Policy, Role, Script,
    Shape,
};

/// Most nodes of a flow.
const MAX_NODES: usize = 12;
/// Most sources of a flow.
const MAX_SOURCES: usize = 3;
/// Most paths from the sources to a node: each may bring a copy of every element.
const MAX_PATHS: u64 = 24;
/// Longest script.
const MAX_SCRIPT: usize = 14;
/// Most elements of a source that counts.
const MAX_COUNT: u64 = 14;

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

fn rng(seed: u64, number: u64, purpose: u64) -> Rng {
    let mut rng = Rng::with_seed(seed);
    let mixed = rng.u64(..) ^ number.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ purpose.wrapping_mul(0xD1B5_4A32_D192_ED03);
    Rng::with_seed(mixed)
}

fn one_in(rng: &mut Rng, chances: u32) -> bool {
    rng.u32(0..chances) == 0
}

fn pick<T: Copy>(rng: &mut Rng, values: &[T]) -> T {
    values[rng.usize(0..values.len())]
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

fn script(rng: &mut Rng, shape: &Shape, node: usize) -> Script {
    let role = shape.nodes[node].role;
    let troubles = troubles(rng, &shape.nodes[node]);
    // About one call in `rarity` fails.
    let rarity = rng.u32(1..=6);
    let length = rng.usize(0..=MAX_SCRIPT);
    let script = (0..length).map(|_| match troubles.is_empty() || !one_in(rng, rarity) {
        true => success(rng, shape, node),
        false => pick(rng, &troubles),
    });
    let script = script.collect();
    let troubled = !troubles.is_empty() && one_in(rng, 6);
    // A limit does not count elements that are too large for a stream.
    let counts = shape
        .edges
        .iter()
        .any(|edge| edge.from == node && edge.max_element_bytes.is_some());
    let then = match role {
        Role::Source => pick(rng, &['o', 'o', 'o', 'e']),
        Role::Processor | Role::Filter | Role::Router | Role::Aggregator | Role::Sink if troubled => {
            pick(rng, &troubles)
        }
        Role::Processor | Role::Filter | Role::Router | Role::Aggregator | Role::Sink => success(rng, shape, node),
    };
    Script {
        script,
        then,
        count: match role == Role::Source && (counts || !one_in(rng, 6)) {
            true => rng.u64(1..=MAX_COUNT),
            false => 0,
        },
        flush: (role == Role::Aggregator && one_in(rng, 2)).then(|| rng.u64(0..=3)),
    }
}

/// The failures in a script's choice; none for most nodes.
fn troubles(rng: &mut Rng, node: &NodeShape) -> Vec<char> {
    if !one_in(rng, 3) {
        return Vec::new();
    }
    let letters = ['i', 'u', 'n', 'd'];
    let mut troubles = Vec::new();
    for (category, letter) in Category::ALL.into_iter().zip(letters) {
        // A failure that ends the flow hides everything that would follow.
        let ends_all = node.on_error.of(category) == Action::TERMINATE;
        if one_in(rng, if ends_all { 8 } else { 2 }) {
            troubles.push(letter);
        }
    }
    // Only several in a row open a breaker.
    let may_open =
        matches!(node.on_error.of(Category::Unavailable), Action::Retry { then, .. } if then != LastResort::Terminate);
    if may_open && one_in(rng, 2) {
        troubles.extend(['u'; 4]);
    }
    if one_in(
        rng,
        if node.on_error.of(Category::Internal) == Action::TERMINATE {
            30
        } else {
            6
        },
    ) {
        troubles.push('t');
    }
    // Restarts are forgotten only when much time passes between them.
    let may_forget = matches!(
        node.on_error.of(Category::Internal),
        Action::Retry {
            backoff_ms: 20_000..,
            ..
        }
    );
    if may_forget && one_in(rng, 2) {
        troubles.extend(['t'; 4]);
    }
    if one_in(rng, 40) {
        troubles.push('f');
    }
    troubles
}

/// A call that succeeds, unless a router names an unknown port.
fn success(rng: &mut Rng, shape: &Shape, node: usize) -> char {
    match shape.nodes[node].role {
        Role::Source if one_in(rng, 40) => 'e',
        Role::Source => 'o',
        Role::Processor => pick(rng, &['o', 'o', 'o', 'o', 'o', 'o', 'o', 'x', 'x', 'b']),
        Role::Filter => pick(rng, &['o', 'o', 'x']),
        Role::Router => route(rng, shape, node),
        Role::Aggregator => pick(rng, &['o', 'o', 'e']),
        Role::Sink => pick(rng, &['o', 'o', 'p']),
    }
}

fn route(rng: &mut Rng, shape: &Shape, node: usize) -> char {
    if one_in(rng, 30) {
        return pick(rng, &['1', '2', '3', '4', '7']);
    }
    let leads = |port| !shape.port(node, port).is_empty();
    match (leads("a"), leads("b")) {
        (true, true) => pick(rng, &['0', '1', '2', '3', '3', 'o', '7']),
        (true, false) => pick(rng, &['0', '1', 'o', '7']),
        (false, _) => pick(rng, &['0', '2', '2', '2']),
    }
}
