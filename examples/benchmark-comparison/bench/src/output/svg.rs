//! A bar chart: a panel for each payload, a group of bars for each chain, logarithmic.

use bench_common::figures::distinct;
use bench_common::output::time;
use bench_common::svg::{BAR, bar, begin, end, grid_line, label, legend, put, title};

use super::{bytes, stages};
use crate::load::Shape;
use crate::summary::Figures;

const GROUP_GAP: f64 = 34.0;
const LEFT: f64 = 70.0;
const TOP: f64 = 70.0;
const PLOT_HEIGHT: f64 = 190.0;
const PANEL_HEIGHT: f64 = 260.0;

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
    let mut text = begin(width, height);
    let heading = "Time for each element, from source to sink (median; logarithmic)";
    title(&mut text, LEFT, heading, machine);
    legend(&mut text, LEFT, &chart.paths);
    for (at, payload) in payloads.iter().enumerate() {
        chart.panel(&mut text, TOP + at as f64 * PANEL_HEIGHT, *payload, &chains);
    }
    end(&mut text);
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

    fn panel(&self, text: &mut String, top: f64, payload: usize, chains: &[usize]) {
        let floor = top + 30.0 + PLOT_HEIGHT;
        let heading = format!("{} payload", bytes(payload));
        put(
            text,
            &label(LEFT, top + 16.0, "start", &heading, "font-weight=\"bold\""),
        );
        for power in self.scale.powers() {
            let y = floor - self.scale.height(10f64.powi(power));
            let unit = time(10f64.powi(power)).replace(".00", "").replace(".0", "");
            grid_line(text, LEFT, self.width - 10.0, y, &unit);
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
            let value = time(median).replace(' ', "\u{202f}");
            bar(text, at, left, floor, self.scale.height(median), &value);
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
