//! Finds the ways from the roots of a program to the functions of its host.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Add;

use super::{HostFunction, Place, Reach, Way};
use crate::anatomy::calls::CallGraph;

/// Where a function leads.
pub(super) enum Step {
    /// It is a host function.
    End(HostFunction),
    /// It may call these functions, each with the cost of the call.
    Calls(Vec<(Place, Cost)>),
    /// It may call anything.
    Anywhere,
}

impl Step {
    pub(super) fn calls(instance: u32, graph: &CallGraph, function: u32) -> Self {
        let calls = graph.callees(function).into_iter().map(|callee| {
            let cost = Cost {
                panics: u32::from(graph.is_panic(callee.function)),
                guesses: u32::from(!callee.is_certain),
                ..Cost::CALL
            };
            ((instance, callee.function), cost)
        });
        Step::Calls(calls.collect())
    }
}

/// How badly a way explains that something is reached, the most important first. A panic explains little, because
/// everything can panic; a call through a table may never happen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Cost {
    panics: u32,
    guesses: u32,
    calls: u32,
}

impl Cost {
    pub(super) const CALL: Self = Self {
        panics: 0,
        guesses: 0,
        calls: 1,
    };
}

impl Add for Cost {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            panics: self.panics + other.panics,
            guesses: self.guesses + other.guesses,
            calls: self.calls + other.calls,
        }
    }
}

/// Finds the cheapest way to each host function (Dijkstra's algorithm).
pub(super) fn search(
    roots: impl Iterator<Item = Place>,
    step: impl Fn(Place) -> Step,
    name: impl Fn(Place) -> String,
) -> Reach {
    let mut found = BTreeMap::new();
    let mut from: BTreeMap<Place, (Cost, Option<Place>)> = BTreeMap::new();
    let mut queue: BTreeSet<(Cost, Place)> = BTreeSet::new();
    for root in roots {
        from.insert(root, (Cost::default(), None));
        queue.insert((Cost::default(), root));
    }
    while let Some((so_far, place)) = queue.pop_first() {
        match step(place) {
            Step::End(function) => {
                let last = function.name().to_owned();
                found.entry(function).or_insert_with(|| way(place, last, &from, &name));
            }
            Step::Calls(callees) => {
                for (callee, cost) in callees {
                    let cost = so_far + cost;
                    let before = from.get(&callee).map(|(before, _)| *before);
                    if before.is_none_or(|before| cost < before) {
                        if let Some(before) = before {
                            queue.remove(&(before, callee));
                        }
                        from.insert(callee, (cost, Some(place)));
                        queue.insert((cost, callee));
                    }
                }
            }
            Step::Anywhere => return Reach::Unknown,
        }
    }
    Reach::Known(found)
}

/// Returns the way to `end`, a host function whose name is `last`.
fn way(
    end: Place,
    last: String,
    from: &BTreeMap<Place, (Cost, Option<Place>)>,
    name: &impl Fn(Place) -> String,
) -> Way {
    let mut names = vec![last];
    let mut at = end;
    while let Some((_, Some(before))) = from.get(&at) {
        at = *before;
        names.push(name(at));
    }
    names.reverse();
    names.dedup();
    Way(names)
}
