//! A self-contained SVG picture: no scripts, no fonts, colours for light and dark.
//!
//! Text is measured before anything is placed, and stretched to the measured length, whatever font the viewer has.

mod shape;
mod text;

use super::layout::{self, Layout, Link, Route, Size};
use super::model::{Edge, Flow, Graph, Node};
use shape::{ROLES, class};
use text::{Style, element, escaped, fitted, width};

const STYLE: &str = include_str!("svg/style.css");
const MARGIN: f64 = 16.0;
/// Space between the frame of a flow and its contents, in pixels.
const INSET: f64 = 18.0;
const TITLE_HEIGHT: f64 = 30.0;
const NODE_HEIGHT: f64 = 58.0;
const LABEL_LINE: f64 = 12.0;
const LEGEND_ROW: f64 = 24.0;
/// Widest text in a node and beside an edge, and widest description of a flow, in pixels.
const LONGEST: (f64, f64, f64) = (230.0, 230.0, 640.0);

/// Draws the graph as SVG.
#[must_use]
pub fn svg(graph: &Graph) -> String {
    let frames: Vec<Frame> = graph.flows.iter().map(Frame::new).collect();
    let inner = frames.iter().map(|frame| frame.size.width).fold(200.0, f64::max);
    let mut body = String::new();
    let mut y = MARGIN;
    for frame in &frames {
        body.push_str(&frame.draw(MARGIN, y, inner));
        y += frame.size.height + MARGIN;
    }
    let (legend, legend_height) = legend(graph, inner, y);
    let (width, height) = (inner + 2.0 * MARGIN, y + legend_height + MARGIN / 2.0);
    let title = escaped(&format!("Flows of {}", graph.project));
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
         viewBox=\"0 0 {width:.0} {height:.0}\" role=\"img\" aria-label=\"{title}\">\n<title>{title}</title>\n\
         <style>\n{STYLE}</style>\n<defs>\n{}{}</defs>\n\
         <rect class=\"ground\" width=\"{width:.0}\" height=\"{height:.0}\" rx=\"10\"/>\n{body}{legend}</svg>\n",
        marker("arrow", "tip"),
        marker("dead-arrow", "tip dead"),
    )
}

fn marker(id: &str, class: &str) -> String {
    format!(
        "<marker id=\"{id}\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" \
         orient=\"auto\"><path class=\"{class}\" d=\"M0 0.8L8 4L0 7.2z\"/></marker>\n"
    )
}

/// A flow with its texts and its layout.
struct Frame<'a> {
    flow: &'a Flow,
    nodes: Vec<NodeText>,
    labels: Vec<Vec<String>>,
    layout: Layout,
    size: Size,
}

/// The lines of text in a node, cut to fit, and the node's size.
struct NodeText {
    lines: [(Style, String); 3],
    size: Size,
}

impl NodeText {
    fn new(node: &Node) -> Self {
        let line = |style: Style, text: &str| (style, fitted(text, style, LONGEST.0));
        let lines = [
            line(Style::Name, &node.name),
            line(Style::Small, &node.worker),
            line(Style::Role, node.role_name()),
        ];
        let text = lines
            .iter()
            .map(|(style, text)| width(text, *style))
            .fold(40.0, f64::max);
        let size = Size {
            width: text + 2.0 * shape::padding(node.role),
            height: NODE_HEIGHT,
        };
        Self { lines, size }
    }
}

impl<'a> Frame<'a> {
    fn new(flow: &'a Flow) -> Self {
        let nodes: Vec<NodeText> = flow.nodes.iter().map(NodeText::new).collect();
        let short = |line: &String| fitted(line, Style::Edge, LONGEST.1);
        let labels: Vec<Vec<String>> = flow
            .edges
            .iter()
            .map(|edge| edge.lines().iter().map(short).collect())
            .collect();
        let links: Vec<Link> = flow
            .edges
            .iter()
            .zip(&labels)
            .map(|(edge, lines)| link(edge, lines))
            .collect();
        let sizes: Vec<Size> = nodes.iter().map(|node| node.size).collect();
        let layout = layout::layout(&sizes, &links);
        let title = width(&flow.title(), Style::Title) + 14.0;
        let description = width(&fitted(&flow.description, Style::Small, LONGEST.2), Style::Small);
        let size = Size {
            width: layout.size.width.max(title + description) + 2.0 * INSET,
            height: layout.size.height + TITLE_HEIGHT + 2.0 * INSET,
        };
        Self {
            flow,
            nodes,
            labels,
            layout,
            size,
        }
    }

    fn draw(&self, x: f64, y: f64, inner: f64) -> String {
        let height = self.size.height;
        let mut out = format!(
            "<g transform=\"translate({x:.0} {y:.0})\">\n\
             <rect class=\"frame\" width=\"{inner:.1}\" height=\"{height:.1}\" rx=\"8\"/>\n"
        );
        let title = self.flow.title();
        out.push_str(&element(INSET, 24.0, "start", Style::Title, &title));
        let description = fitted(&self.flow.description, Style::Small, LONGEST.2);
        let beside = INSET + width(&title, Style::Title) + 14.0;
        out.push_str(&element(beside, 24.0, "start", Style::Small, &description));
        out.push_str(&format!(
            "<g transform=\"translate({INSET:.0} {:.0})\">\n",
            TITLE_HEIGHT + INSET
        ));
        for (at, edge) in self.flow.edges.iter().enumerate() {
            out.push_str(&match &self.layout.routes[at] {
                Some(route) => self.edge(edge, route, &self.labels[at]),
                None => looped(self.layout.nodes[edge.from], self.nodes[edge.from].size),
            });
        }
        for ((node, text), place) in self.flow.nodes.iter().zip(&self.nodes).zip(&self.layout.nodes) {
            out.push_str(&draw_node(node, text, *place));
        }
        out + "</g>\n</g>\n"
    }

    fn edge(&self, edge: &Edge, route: &Route, lines: &[String]) -> String {
        let flow = self.flow;
        let (class, marker) = if edge.is_dead_letter() {
            ("edge dead", "dead-arrow")
        } else {
            ("edge", "arrow")
        };
        let mut out = format!(
            "<g><title>{}</title><path class=\"{class}\" marker-end=\"url(#{marker})\" d=\"{}\"/>\n",
            escaped(&format!(
                "{}.{} → {}.{}",
                flow.nodes[edge.from].name, edge.from_port, flow.nodes[edge.to].name, edge.to_port
            )),
            curve(&route.pieces)
        );
        let middle = route.label.0 + link(edge, lines).label.width / 2.0;
        for (at, line) in lines.iter().enumerate() {
            let y = route.label.1 + (at as f64 + 1.0) * LABEL_LINE - 2.5;
            out.push_str(&element(middle, y, "middle", Style::Edge, line));
        }
        out + "</g>\n"
    }
}

fn link(edge: &Edge, lines: &[String]) -> Link {
    let text = lines.iter().map(|line| width(line, Style::Edge)).fold(0.0, f64::max);
    Link {
        from: edge.from,
        to: edge.to,
        label: Size {
            width: text + 12.0,
            height: lines.len() as f64 * LABEL_LINE,
        },
    }
}

/// Returns the path data of straight pieces, with a curve from each to the next.
fn curve(pieces: &[[(f64, f64); 2]]) -> String {
    let mut out = String::new();
    let mut last: Option<(f64, f64)> = None;
    for [start, end] in pieces {
        match last {
            None => out.push_str(&format!("M{:.1} {:.1}", start.0, start.1)),
            Some(from) => {
                let middle = (from.0 + start.0) / 2.0;
                out.push_str(&format!(
                    "C{middle:.1} {:.1} {middle:.1} {:.1} {:.1} {:.1}",
                    from.1, start.1, start.0, start.1
                ));
            }
        }
        if end != start {
            out.push_str(&format!("L{:.1} {:.1}", end.0, end.1));
        }
        last = Some(*end);
    }
    out
}

/// Draws an edge from a node to itself; only flows that don't link have one.
fn looped((x, y): (f64, f64), size: Size) -> String {
    let (from, to) = (x + size.width - 14.0, x + 14.0);
    format!(
        "<path class=\"edge\" marker-end=\"url(#arrow)\" d=\"M{from:.1} {y:.1}C{from:.1} {:.1} {to:.1} {:.1} {to:.1} {y:.1}\"/>\n",
        y - 16.0,
        y - 16.0
    )
}

fn draw_node(node: &Node, text: &NodeText, (x, y): (f64, f64)) -> String {
    let mut out = format!(
        "<g class=\"{}\" transform=\"translate({x:.1} {y:.1})\"><title>{}</title>{}\n",
        class(node.role),
        escaped(&format!("{} ({}): {}", node.name, node.role_name(), node.worker)),
        shape::outline(node.role, text.size)
    );
    let middle = shape::middle(node.role, text.size);
    for ((style, line), baseline) in text.lines.iter().zip([20.0, 35.0, 49.0]) {
        out.push_str(&element(middle, baseline, "middle", *style, line));
    }
    out + "</g>\n"
}

/// Draws the legend, with the roles that occur, in rows no wider than the picture. Returns it with its height.
fn legend(graph: &Graph, inner: f64, top: f64) -> (String, f64) {
    let nodes = || graph.flows.iter().flat_map(|flow| &flow.nodes);
    let mut out = String::new();
    let (mut x, mut y) = (MARGIN, top);
    let mut entry = |sample: String, text: &str| {
        let length = 36.0 + width(text, Style::Small) + 18.0;
        if x > MARGIN && x + length > MARGIN + inner + 18.0 {
            (x, y) = (MARGIN, y + LEGEND_ROW);
        }
        out.push_str(&format!("<g transform=\"translate({x:.1} {y:.1})\">{sample}"));
        out.push_str(&element(36.0, 12.0, "start", Style::Small, text));
        out.push_str("</g>\n");
        x += length;
    };
    for role in ROLES.into_iter().filter(|role| nodes().any(|node| node.role == *role)) {
        let size = Size {
            width: 28.0,
            height: 16.0,
        };
        let name = role.map_or("role unknown", torvyn_codegen::ir::Role::as_str);
        let sample = shape::outline(role, size);
        entry(format!("<g class=\"{}\">{sample}</g>", class(role)), name);
    }
    let mut edges = graph.flows.iter().flat_map(|flow| &flow.edges);
    if edges.any(Edge::is_dead_letter) {
        let sample = "<path class=\"edge dead\" marker-end=\"url(#dead-arrow)\" d=\"M0 8L28 8\"/>";
        entry(sample.to_owned(), "dead letters");
    }
    (out, y - top + LEGEND_ROW)
}
