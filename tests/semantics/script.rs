//! Random scripts: how a component behaves in a run, call by call. Most calls succeed.

use fastrand::Rng;

use crate::random::{one_in, pick};
use crate::shape::{Action, Category, LastResort, NodeShape, Role, Script, Shape};

/// Longest script.
const MAX_SCRIPT: usize = 14;
/// Most elements of a source that counts.
const MAX_COUNT: u64 = 14;

pub(crate) fn script(rng: &mut Rng, shape: &Shape, node: usize) -> Script {
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
