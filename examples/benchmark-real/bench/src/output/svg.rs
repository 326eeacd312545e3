//! A bar chart: a group of bars for each program, the processor time of each path in times of plain Rust.

use bench_common::svg::{BAR, bar, begin, end, grid_line, label, legend, put, title};

use crate::summary::Figures;

const GROUP_GAP: f64 = 34.0;
const LEFT: f64 = 70.0;
const TOP: f64 = 90.0;
const PLOT_HEIGHT: f64 = 220.0;

/// The chart.
pub(crate) fn render(figures: &Figures, machine: &str) -> String {
    let (programs, paths) = (figures.programs(), figures.paths());
    let group_width = paths.len() as f64 * BAR + GROUP_GAP;
    let bars = LEFT + programs.len() as f64 * group_width + 20.0;
    let width = bars.max(LEFT + paths.len() as f64 * 100.0);
    let (floor, scale) = (TOP + PLOT_HEIGHT, Scale::of(figures));
    let mut text = begin(width, floor + 30.0);
    let heading = "Processor time for each element, in times of one plain Rust loop (medians)";
    title(&mut text, LEFT, heading, machine);
    legend(&mut text, LEFT, &paths);
    for value in scale.values() {
        let y = floor - scale.height(value);
        grid_line(&mut text, LEFT, width - 10.0, y, &format!("{value:.0}×"));
    }
    for (group, program) in programs.iter().enumerate() {
        let left = LEFT + GROUP_GAP / 2.0 + group as f64 * group_width;
        for (at, path) in paths.iter().enumerate() {
            let ratio = figures.find(program, path).and_then(|cell| figures.to_plain(cell));
            if let Some(ratio) = ratio {
                let value = format!("{ratio:.2}");
                bar(&mut text, at, left, floor, scale.height(ratio), &value);
            }
        }
        let middle = left + paths.len() as f64 * BAR / 2.0;
        put(&mut text, &label(middle, floor + 15.0, "middle", program, ""));
    }
    end(&mut text);
    text
}

/// From zero to the highest ratio.
struct Scale {
    highest: f64,
}

impl Scale {
    fn of(figures: &Figures) -> Self {
        let ratios = figures.cells.iter().filter_map(|cell| figures.to_plain(cell));
        Self {
            highest: ratios.fold(1.0, f64::max).ceil(),
        }
    }

    /// Whole ratios, not too many of them.
    fn values(&self) -> impl Iterator<Item = f64> {
        let step = (self.highest / 8.0).ceil();
        let count = (self.highest / step) as u32;
        (0..=count).map(move |number| f64::from(number) * step)
    }

    fn height(&self, ratio: f64) -> f64 {
        ratio / self.highest * PLOT_HEIGHT
    }
}
