//! The order within each layer: by the average of the neighbours, back and forth, and the best of what came up.

use super::Layered;

/// Sweeps in each direction; more change nothing visible.
const SWEEPS: usize = 12;

/// Sorts the layers so that few edges cross.
pub(super) fn arrange(layered: &mut Layered) {
    let mut best = layered.layers.clone();
    let mut least = crossings(layered);
    for sweep in 0..2 * SWEEPS {
        if least == 0 {
            break;
        }
        sort(layered, sweep % 2 == 0);
        let found = crossings(layered);
        if found < least {
            least = found;
            best.clone_from(&layered.layers);
        }
    }
    layered.layers = best;
}

/// Sorts each layer by where the neighbours in the layer before it stand, or in the one behind it.
fn sort(layered: &mut Layered, forward: bool) {
    let mut at = positions(layered);
    let count = layered.layers.len();
    for step in 0..count {
        let layer = if forward { step } else { count - 1 - step };
        let near = if forward { &layered.before } else { &layered.after };
        let middle = |id: &usize| {
            let near = &near[*id];
            let sum: f64 = near.iter().map(|id| at[*id]).sum();
            if near.is_empty() {
                at[*id]
            } else {
                sum / near.len() as f64
            }
        };
        let mut keyed: Vec<(f64, usize)> = layered.layers[layer].iter().map(|id| (middle(id), *id)).collect();
        keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
        for (position, (_, id)) in keyed.iter().enumerate() {
            at[*id] = position as f64;
        }
        layered.layers[layer] = keyed.into_iter().map(|(_, id)| id).collect();
    }
}

/// The position of each item in its layer.
fn positions(layered: &Layered) -> Vec<f64> {
    let mut at = vec![0.0; layered.items.len()];
    for layer in &layered.layers {
        for (position, id) in layer.iter().enumerate() {
            at[*id] = position as f64;
        }
    }
    at
}

/// How many pairs of edges cross: inversions among the ends of the edges, sorted by their starts.
fn crossings(layered: &Layered) -> usize {
    let at = positions(layered);
    let mut sum = 0;
    for layer in &layered.layers {
        let mut seen: Vec<usize> = Vec::new();
        for id in layer {
            let mut ends: Vec<usize> = layered.after[*id].iter().map(|end| at[*end] as usize).collect();
            ends.sort_unstable();
            for end in &ends {
                sum += seen.len() - seen.partition_point(|other| other <= end);
            }
            for end in ends {
                let place = seen.partition_point(|other| *other <= end);
                seen.insert(place, end);
            }
        }
    }
    sum
}
