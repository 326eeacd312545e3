//! All figures, for a terminal.

use std::fmt::Write as _;

use bench_common::output::{or_none, time};

use super::{bytes, stages};
use crate::summary::{Cell, Figures};

/// A table for each chain and payload.
pub(crate) fn render(figures: &Figures, machine: &str) -> String {
    let mut text = format!("{machine}\n");
    for shape in figures.shapes() {
        let head = format!("{}, {}", bytes(shape.payload), stages(shape.stages));
        let columns = [
            "time/element",
            "quartiles",
            "elements/s",
            "x native",
            "p50",
            "p99",
            "p99.9",
            "copies",
            "instructions",
        ];
        row(&mut text, "\n", &head, columns.map(str::to_owned));
        for cell in figures.cells.iter().filter(|cell| cell.shape == shape) {
            row(&mut text, "", &cell.path, columns_of(figures, cell));
        }
    }
    text
}

fn columns_of(figures: &Figures, cell: &Cell) -> [String; 9] {
    let spread = cell.ns_per_element;
    let latency = |quantile| time(cell.latencies.value_at_quantile(quantile) as f64);
    [
        time(spread.median),
        format!("{} … {}", time(spread.lower), time(spread.upper)),
        format!("{:.0}", cell.elements_per_s()),
        or_none(figures.ratio_to_native(cell), 2),
        latency(0.5),
        latency(0.99),
        latency(0.999),
        or_none(cell.copies, 0),
        or_none(cell.instructions, 0),
    ]
}

fn row(text: &mut String, before: &str, head: &str, columns: [String; 9]) {
    let [time, quartiles, rate, ratio, p50, p99, p999, copies, instructions] = columns;
    writeln!(
        text,
        "{before}{head:<17} {time:>12} {quartiles:>19} {rate:>11} {ratio:>9} {p50:>9} {p99:>9} {p999:>9} {copies:>7} {instructions:>13}"
    )
    .expect("invariant: writing to a String succeeds");
}
