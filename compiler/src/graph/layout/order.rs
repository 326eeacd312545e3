//! The order within each layer: sorted by the average position of the neighbours, forwards and backwards in turn; the
//! order with the fewest crossings is kept.

use super::Layered;

/// Sweeps in each direction; more make no visible difference.
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

/// Sorts each layer by the average position of the neighbours in the previous layer if `forward`, or else in the next
/// one.
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

/// Returns the position of each item in its layer.
fn positions(layered: &Layered) -> Vec<f64> {
    let mut at = vec![0.0; layered.items.len()];
    for layer in &layered.layers {
        for (position, id) in layer.iter().enumerate() {
            at[*id] = position as f64;
        }
    }
    at
}

/// Counts the pairs of edges that cross: inversions among the ends of edges that are sorted by their starts.
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
