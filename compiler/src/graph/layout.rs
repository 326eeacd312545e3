//! Layered layout, left to right. In: sizes of nodes, edges with the sizes of their labels. Out: where everything goes.
//!
//! Nodes are in the even layers. An edge has its label in an odd layer, and a bend in every other layer that it
//! crosses. Labels and bends are items like nodes, so nothing overlaps.

mod layers;
mod order;
mod place;

use layers::Ranks;

/// Width and height, in pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Size {
    pub(super) width: f64,
    pub(super) height: f64,
}

/// An edge to lay out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Link {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) label: Size,
}

/// The positions of everything; nothing lies outside `size`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Layout {
    pub(super) size: Size,
    /// Upper left corners, by node.
    pub(super) nodes: Vec<(f64, f64)>,
    /// By edge; `None` for an edge from a node to itself, which stays next to the node.
    pub(super) routes: Vec<Option<Route>>,
}

/// The course of an edge.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Route {
    /// Both ends of each straight piece, from the producer to the consumer; curves connect the pieces.
    pub(super) pieces: Vec<[(f64, f64); 2]>,
    /// Upper left corner of the label.
    pub(super) label: (f64, f64),
}

/// A node, a label or a bend in a layer, on a line that passes through it.
#[derive(Clone, Copy, Debug)]
struct Item {
    layer: usize,
    width: f64,
    /// Extent above the line.
    up: f64,
    /// Extent below the line.
    down: f64,
    /// How strongly its line is pulled straight.
    weight: f64,
}

/// Items in layers, and their connections to neighbouring layers.
#[derive(Debug, Default)]
struct Layered {
    items: Vec<Item>,
    /// Items by layer, in order from top to bottom.
    layers: Vec<Vec<usize>>,
    before: Vec<Vec<usize>>,
    after: Vec<Vec<usize>>,
    /// Items that each edge goes through, in layer order; empty for a loop.
    chains: Vec<Vec<usize>>,
    /// By edge: the position of the label in the edge's chain.
    labels: Vec<usize>,
    /// By edge: whether it is drawn against the order of the layers.
    reversed: Vec<bool>,
}

const BEND: f64 = 7.0;
/// Space between the label and the line below it.
const LABEL_LIFT: f64 = 4.0;

/// Lays out a graph, which may have cycles.
pub(super) fn layout(nodes: &[Size], links: &[Link]) -> Layout {
    if nodes.is_empty() {
        return Layout::default();
    }
    let mut layered = layered(nodes, links);
    order::arrange(&mut layered);
    let heights = place::heights(&layered);
    let columns = place::columns(&layered, &heights);
    finish(&layered, &heights, &columns, nodes.len(), links)
}

fn layered(nodes: &[Size], links: &[Link]) -> Layered {
    let Ranks { ranks, reversed } = layers::ranks(nodes.len(), links);
    let mut layered = Layered {
        reversed,
        ..Layered::default()
    };
    for (node, rank) in nodes.iter().zip(&ranks) {
        let half = node.height / 2.0;
        layered.add(2 * rank, node.width, half, half, 1.0);
    }
    for (link, reversed) in links.iter().zip(layered.reversed.clone()) {
        let (from, to) = if reversed {
            (link.to, link.from)
        } else {
            (link.from, link.to)
        };
        if from == to {
            layered.chains.push(Vec::new());
            layered.labels.push(0);
            continue;
        }
        let (first, last) = (2 * ranks[from] + 1, 2 * ranks[to] - 1);
        let labelled = first + (last - first) / 4 * 2;
        let mut chain = vec![from];
        for layer in first..=last {
            chain.push(if layer == labelled {
                layered.labels.push(chain.len());
                layered.add(layer, link.label.width, link.label.height + LABEL_LIFT, BEND, 4.0)
            } else {
                layered.add(layer, 0.0, BEND, BEND, 8.0)
            });
        }
        chain.push(to);
        for pair in chain.windows(2) {
            layered.after[pair[0]].push(pair[1]);
            layered.before[pair[1]].push(pair[0]);
        }
        layered.chains.push(chain);
    }
    layered
}

impl Layered {
    fn add(&mut self, layer: usize, width: f64, up: f64, down: f64, weight: f64) -> usize {
        let id = self.items.len();
        self.items.push(Item {
            layer,
            width,
            up,
            down,
            weight,
        });
        self.before.push(Vec::new());
        self.after.push(Vec::new());
        if self.layers.len() <= layer {
            self.layers.resize_with(layer + 1, Vec::new);
        }
        self.layers[layer].push(id);
        id
    }
}

fn finish(layered: &Layered, heights: &[f64], columns: &[(f64, f64)], nodes: usize, links: &[Link]) -> Layout {
    let item = |id: usize| &layered.items[id];
    let left = |id: usize| {
        let (from, to) = columns[item(id).layer];
        (from + to - item(id).width) / 2.0
    };
    let bottom = (0..layered.items.len()).map(|id| heights[id] + item(id).down);
    let ports = place::ports(layered, heights, nodes);
    let routes = layered.chains.iter().enumerate().map(|(edge, chain)| {
        let (first, last) = (*chain.first()?, *chain.last()?);
        let (start, end) = ports[edge];
        let mut pieces = vec![[
            (left(first) + item(first).width, start),
            (columns[item(first).layer].1, start),
        ]];
        for id in &chain[1..chain.len() - 1] {
            let (from, to) = columns[item(*id).layer];
            pieces.push([(from, heights[*id]), (to, heights[*id])]);
        }
        pieces.push([(columns[item(last).layer].0, end), (left(last), end)]);
        if layered.reversed[edge] {
            pieces.reverse();
            pieces.iter_mut().for_each(|piece| piece.reverse());
        }
        let labelled = chain[layered.labels[edge]];
        let label = (
            left(labelled),
            heights[labelled] - LABEL_LIFT - links[edge].label.height,
        );
        Some(Route { pieces, label })
    });
    Layout {
        size: Size {
            width: columns.last().map_or(0.0, |(_, right)| *right),
            height: bottom.fold(0.0, f64::max),
        },
        nodes: (0..nodes).map(|id| (left(id), heights[id] - item(id).up)).collect(),
        routes: routes.collect(),
    }
}

#[cfg(test)]
mod tests {
    use fastrand::Rng;

    use super::*;

    const NODE: Size = Size {
        width: 80.0,
        height: 40.0,
    };
    const LABEL: Size = Size {
        width: 50.0,
        height: 24.0,
    };

    fn links(edges: &[(usize, usize)]) -> Vec<Link> {
        let link = |(from, to): &(usize, usize)| Link {
            from: *from,
            to: *to,
            label: LABEL,
        };
        edges.iter().map(link).collect()
    }

    fn overlap(a: (f64, f64, Size), b: (f64, f64, Size)) -> bool {
        let apart = |a: f64, width: f64, b: f64, other: f64| a + width <= b + 0.01 || b + other <= a + 0.01;
        !apart(a.0, a.2.width, b.0, b.2.width) && !apart(a.1, a.2.height, b.1, b.2.height)
    }

    #[test]
    fn a_chain_is_straight() {
        let made = layout(&[NODE; 4], &links(&[(0, 1), (1, 2), (2, 3)]));
        assert!(
            made.nodes.windows(2).all(|pair| (pair[0].1 - pair[1].1).abs() < 0.01),
            "{made:?}"
        );
        assert!(made.nodes.windows(2).all(|pair| pair[0].0 < pair[1].0), "{made:?}");
    }

    #[test]
    fn a_diamond_is_symmetric() {
        let made = layout(&[NODE; 4], &links(&[(0, 1), (0, 2), (1, 3), (2, 3)]));
        let [source, upper, lower, sink] = made.nodes[..] else {
            panic!()
        };
        assert!(
            (source.1 - sink.1).abs() < 0.01 && (upper.1 + lower.1 - 2.0 * source.1).abs() < 0.01,
            "{made:?}"
        );
    }

    #[test]
    fn crossings_that_need_not_be_are_removed() {
        // Declared crosswise: 2 and 3 must change places.
        let made = layout(&[NODE; 6], &links(&[(0, 3), (1, 2), (3, 4), (2, 5)]));
        assert_eq!(
            made.nodes[0].1 < made.nodes[1].1,
            made.nodes[3].1 < made.nodes[2].1,
            "{made:?}"
        );
    }

    #[test]
    fn cycles_and_loops_are_laid_out() {
        let made = layout(&[NODE; 3], &links(&[(0, 1), (1, 2), (2, 0), (1, 1)]));
        assert!(made.routes[..3].iter().all(Option::is_some) && made.routes[3].is_none());
        let back = made.routes[2].as_ref().expect("a route").pieces.clone();
        assert!(back[0][0].0 > back[back.len() - 1][1].0, "it goes back: {back:?}");
    }

    #[test]
    fn nothing_lies_on_anything_else() {
        let mut rng = Rng::with_seed(1);
        for count in [2, 5, 12, 40, 100] {
            let edges: Vec<_> = (0..2 * count)
                .map(|_| (rng.usize(..count), rng.usize(..count)))
                .collect();
            let made = layout(&vec![NODE; count], &links(&edges));
            let nodes = made.nodes.iter().map(|(x, y)| (*x, *y, NODE));
            let labels = made
                .routes
                .iter()
                .flatten()
                .map(|route| (route.label.0, route.label.1, LABEL));
            let boxes: Vec<_> = nodes.chain(labels).collect();
            for (at, one) in boxes.iter().enumerate() {
                assert!(one.0 >= -0.01 && one.1 >= -0.01 && one.0 + one.2.width <= made.size.width + 0.01);
                assert!(one.1 + one.2.height <= made.size.height + 0.01);
                assert!(
                    boxes[at + 1..].iter().all(|other| !overlap(*one, *other)),
                    "{count} nodes"
                );
            }
        }
    }
}
