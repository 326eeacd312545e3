//! A bar chart: a panel for each payload, a group of bars for each chain, logarithmic.

use std::fmt::Write as _;

use super::{bytes, stages, time};
use crate::load::Shape;
use crate::summary::{Figures, distinct};

const BAR: f64 = 30.0;
const GROUP_GAP: f64 = 34.0;
const LEFT: f64 = 70.0;
const TOP: f64 = 70.0;
const PLOT_HEIGHT: f64 = 190.0;
const PANEL_HEIGHT: f64 = 260.0;
/// Told apart by eyes that see few colours, too.
const COLOURS: [&str; 7] = [
    "#444444", "#e69f00", "#0072b2", "#009e73", "#56b4e9", "#cc79a7", "#d55e00",
];

/// The chart.
pub(crate) fn render(figures: &Figures, machine: &str) -> String {
    let shapes = figures.shapes();
    let payloads = distinct(shapes.iter().map(|shape| shape.payload));
    let chains = distinct(shapes.iter().map(|shape| shape.stages));
    let chart = Chart {
        figures,
        paths: figures.paths(),
        width: 0.0,
        scale: Scale::of(figures),
    };
    let width = LEFT + chains.len() as f64 * chart.group_width() + 20.0;
    let height = TOP + payloads.len() as f64 * PANEL_HEIGHT + 10.0;
    let chart = Chart { width, ..chart };
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
         viewBox=\"0 0 {width:.0} {height:.0}\" font-family=\"sans-serif\" font-size=\"11\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n"
    );
    let title = "Time for each element, from source to sink (median; logarithmic)";
    put(
        &mut text,
        &label(LEFT, 20.0, "start", title, "font-size=\"14\" font-weight=\"bold\""),
    );
    put(
        &mut text,
        &label(LEFT, 36.0, "start", &escaped(machine), "fill=\"#666666\""),
    );
    chart.legend(&mut text);
    for (at, payload) in payloads.iter().enumerate() {
        chart.panel(&mut text, TOP + at as f64 * PANEL_HEIGHT, *payload, &chains);
    }
    text.push_str("</svg>\n");
    text
}

struct Chart<'a> {
    figures: &'a Figures,
    paths: Vec<&'a str>,
    width: f64,
    scale: Scale,
}

impl Chart<'_> {
    fn group_width(&self) -> f64 {
        self.paths.len() as f64 * BAR + GROUP_GAP
    }

    fn legend(&self, text: &mut String) {
        for (at, path) in self.paths.iter().enumerate() {
            let x = LEFT + at as f64 * 100.0;
            put(text, &rectangle(x, 46.0, 11.0, 11.0, colour(at)));
            put(text, &label(x + 16.0, 56.0, "start", path, ""));
        }
    }

    fn panel(&self, text: &mut String, top: f64, payload: usize, chains: &[usize]) {
        let floor = top + 30.0 + PLOT_HEIGHT;
        let heading = format!("{} payload", bytes(payload));
        put(
            text,
            &label(LEFT, top + 16.0, "start", &heading, "font-weight=\"bold\""),
        );
        for power in self.scale.powers() {
            let y = floor - self.scale.height(10f64.powi(power));
            let line = format!(
                "<line x1=\"{LEFT}\" y1=\"{y:.1}\" x2=\"{:.1}\" y2=\"{y:.1}\" stroke=\"#dddddd\"/>",
                self.width - 10.0
            );
            put(text, &line);
            let unit = time(10f64.powi(power)).replace(".00", "").replace(".0", "");
            put(text, &label(LEFT - 6.0, y + 4.0, "end", &unit, "fill=\"#666666\""));
        }
        for (group, chain) in chains.iter().enumerate() {
            let left = LEFT + GROUP_GAP / 2.0 + group as f64 * self.group_width();
            let shape = Shape {
                payload,
                stages: *chain,
            };
            self.group(text, left, floor, shape);
        }
    }

    fn group(&self, text: &mut String, left: f64, floor: f64, shape: Shape) {
        for (at, path) in self.paths.iter().enumerate() {
            let Some(cell) = self.figures.find(path, shape) else {
                continue;
            };
            let median = cell.ns_per_element.median;
            let (x, height) = (left + at as f64 * BAR, self.scale.height(median));
            put(text, &rectangle(x + 1.0, floor - height, BAR - 2.0, height, colour(at)));
            let (value, middle) = (time(median), x + BAR / 2.0);
            let value = value.replace(' ', "\u{202f}");
            put(
                text,
                &label(middle, floor - height - 3.0, "middle", &value, "font-size=\"7.5\""),
            );
        }
        let middle = left + self.paths.len() as f64 * BAR / 2.0;
        put(text, &label(middle, floor + 15.0, "middle", &stages(shape.stages), ""));
    }
}

/// Whole powers of ten around all times.
struct Scale {
    lowest: i32,
    highest: i32,
}

impl Scale {
    fn of(figures: &Figures) -> Self {
        let times = figures.cells.iter().map(|cell| cell.ns_per_element.median.log10());
        let (low, high) = times.fold((f64::MAX, f64::MIN), |(low, high), time| {
            (low.min(time), high.max(time))
        });
        let lowest = low.floor() as i32;
        Self {
            lowest,
            highest: (high.ceil() as i32).max(lowest + 1),
        }
    }

    fn powers(&self) -> impl Iterator<Item = i32> {
        self.lowest..=self.highest
    }

    /// The height of a bar.
    fn height(&self, nanos: f64) -> f64 {
        let decades = f64::from(self.highest - self.lowest);
        (nanos.log10() - f64::from(self.lowest)) / decades * PLOT_HEIGHT
    }
}

fn colour(at: usize) -> &'static str {
    COLOURS[at % COLOURS.len()]
}

fn rectangle(x: f64, y: f64, width: f64, height: f64, fill: &str) -> String {
    format!("<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" fill=\"{fill}\"/>")
}

fn label(x: f64, y: f64, anchor: &str, content: &str, style: &str) -> String {
    format!("<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" {style}>{content}</text>")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

fn put(text: &mut String, element: &str) {
    writeln!(text, "{element}").expect("invariant: writing to a String succeeds");
}
