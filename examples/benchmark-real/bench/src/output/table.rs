//! All figures, for a terminal.

use std::fmt::Write as _;

use bench_common::figures::Spread;
use bench_common::output::{or_none, time};

use crate::summary::{Cell, Figures, Quantity};
use crate::variant::{PLAIN, TOKIO};

/// A table for each program.
pub(crate) fn render(figures: &Figures, machine: &str) -> String {
    let mut text = format!("{machine}\n");
    for program in figures.programs() {
        let columns = [
            "elapsed/element",
            "quartiles",
            "CPU/element",
            "quartiles",
            "CPU x plain",
            "CPU x tokio-1",
            "elapsed x plain",
            "peak RSS",
            "instructions",
        ];
        row(&mut text, "\n", program, columns.map(str::to_owned));
        for cell in figures.cells.iter().filter(|cell| cell.program == program) {
            row(&mut text, "", cell.path, columns_of(figures, cell));
        }
    }
    text
}

fn columns_of(figures: &Figures, cell: &Cell) -> [String; 9] {
    let quartiles = |spread: Spread| format!("{} … {}", time(spread.lower), time(spread.upper));
    let ratio = |to, quantity| or_none(figures.ratio(cell, to, quantity), 2);
    [
        time(cell.elapsed.median),
        quartiles(cell.elapsed),
        time(cell.processor.median),
        quartiles(cell.processor),
        ratio(PLAIN, Quantity::Processor),
        ratio(TOKIO, Quantity::Processor),
        ratio(PLAIN, Quantity::Elapsed),
        format!("{:.1} MiB", cell.peak / f64::from(1 << 20)),
        or_none(cell.instructions, 0),
    ]
}

fn row(text: &mut String, before: &str, head: &str, columns: [String; 9]) {
    let [
        elapsed,
        around,
        processor,
        about,
        plain,
        tokio,
        ratio,
        peak,
        instructions,
    ] = columns;
    writeln!(
        text,
        "{before}{head:<16} {elapsed:>15} {around:>19} {processor:>12} {about:>19} {plain:>12} {tokio:>13} {ratio:>15} \
         {peak:>10} {instructions:>13}"
    )
    .expect("invariant: writing to a String succeeds");
}
