//! Coordinates: heights that keep edges straight, and columns as wide as their widest items.

use super::{Item, Layered};

/// Space between two items of a layer, in pixels.
const GAP: f64 = 10.0;
/// Sweeps, forwards and backwards in turn; more make no visible difference.
const SWEEPS: usize = 40;

/// Returns the vertical position of each item's line, downwards from the topmost edge of all items.
pub(super) fn heights(layered: &Layered) -> Vec<f64> {
    let mut heights = vec![0.0; layered.items.len()];
    for layer in &layered.layers {
        let wanted = vec![0.0; layer.len()];
        settle(layered, layer, &wanted, &mut heights);
    }
    let layers: Vec<&Vec<usize>> = layered.layers.iter().collect();
    for sweep in 0..SWEEPS {
        let forward = layers.iter().copied();
        let sweep: Vec<&Vec<usize>> = if sweep % 2 == 0 {
            forward.collect()
        } else {
            forward.rev().collect()
        };
        for layer in sweep {
            let wanted: Vec<f64> = layer.iter().map(|id| wanted(layered, &heights, *id)).collect();
            settle(layered, layer, &wanted, &mut heights);
        }
    }
    let top = (0..heights.len()).map(|id| heights[id] - layered.items[id].up);
    let top = top.fold(f64::INFINITY, f64::min);
    heights.iter().map(|height| height - top).collect()
}

/// Returns the height that suits an item: the weighted average of its neighbours' heights. A neighbour with no other
/// edge on this side counts most, because the edge to it can be straight.
fn wanted(layered: &Layered, heights: &[f64], id: usize) -> f64 {
    let sides = [
        (&layered.before[id], &layered.after),
        (&layered.after[id], &layered.before),
    ];
    let (mut sum, mut weights) = (0.0, 0.0);
    for (near, facing) in sides {
        for other in near {
            let others = facing[*other].len() as f64;
            let weight = layered.items[*other].weight / (others * others);
            sum += heights[*other] * weight;
            weights += weight;
        }
    }
    if weights > 0.0 { sum / weights } else { heights[id] }
}

/// Moves the items of a layer as close to the wanted heights as their order and distances allow, by isotonic
/// regression: a pool is a group of items that are pressed together.
fn settle(layered: &Layered, layer: &[usize], wanted: &[f64], heights: &mut [f64]) {
    struct Pool {
        sum: f64,
        weight: f64,
        count: usize,
    }
    let items: Vec<&Item> = layer.iter().map(|id| &layered.items[*id]).collect();
    let mut offsets = vec![0.0];
    for pair in items.windows(2) {
        let before = offsets[offsets.len() - 1];
        offsets.push(before + pair[0].down + GAP + pair[1].up);
    }
    let mut pools: Vec<Pool> = Vec::new();
    for (at, item) in items.iter().enumerate() {
        let mut pool = Pool {
            sum: (wanted[at] - offsets[at]) * item.weight,
            weight: item.weight,
            count: 1,
        };
        while let Some(before) = pools.pop_if(|before| before.sum / before.weight >= pool.sum / pool.weight) {
            pool.sum += before.sum;
            pool.weight += before.weight;
            pool.count += before.count;
        }
        pools.push(pool);
    }
    let heights_of = pools
        .iter()
        .flat_map(|pool| std::iter::repeat_n(pool.sum / pool.weight, pool.count));
    for ((id, height), offset) in layer.iter().zip(heights_of).zip(&offsets) {
        heights[*id] = height + offset;
    }
}

/// Returns the left and right border of each layer. The space after a layer grows with the greatest difference in
/// height of an edge across it.
pub(super) fn columns(layered: &Layered, heights: &[f64]) -> Vec<(f64, f64)> {
    let mut columns = Vec::new();
    let mut left = 0.0;
    for layer in &layered.layers {
        let width = layer.iter().map(|id| layered.items[*id].width).fold(0.0, f64::max);
        columns.push((left, left + width));
        let climbs = layer.iter().flat_map(|id| {
            layered.after[*id]
                .iter()
                .map(|next| (heights[*id] - heights[*next]).abs())
        });
        let climb = climbs.fold(0.0, f64::max);
        left += width + (14.0 + climb * 0.2).min(70.0);
    }
    columns
}

/// Returns the heights at which each edge leaves its first item and enters its last one. The edges of an item are
/// spread out, in the order of the heights that they go to or come from.
pub(super) fn ports(layered: &Layered, heights: &[f64], nodes: usize) -> Vec<(f64, f64)> {
    let mut ports = vec![(0.0, 0.0); layered.chains.len()];
    let mut leaving: Vec<Vec<(f64, usize)>> = vec![Vec::new(); nodes];
    let mut entering = leaving.clone();
    for (edge, chain) in layered.chains.iter().enumerate().filter(|(_, chain)| chain.len() > 1) {
        leaving[chain[0]].push((heights[chain[1]], edge));
        entering[chain[chain.len() - 1]].push((heights[chain[chain.len() - 2]], edge));
    }
    for (side, is_start) in [(&mut leaving, true), (&mut entering, false)] {
        for (node, edges) in side.iter_mut().enumerate() {
            edges.sort_by(|a, b| a.0.total_cmp(&b.0));
            let room = layered.items[node].up;
            let step = (room / edges.len().max(1) as f64).min(9.0);
            for (at, (_, edge)) in edges.iter().enumerate() {
                let height = heights[node] + (at as f64 - (edges.len() as f64 - 1.0) / 2.0) * step;
                if is_start {
                    ports[*edge].0 = height;
                } else {
                    ports[*edge].1 = height;
                }
            }
        }
    }
    ports
}
