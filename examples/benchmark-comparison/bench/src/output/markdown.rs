//! The time for each element and its ratio to plain Rust, for a README.

use std::fmt::Write as _;

use bench_common::output::time;

use super::bytes;
use crate::load::Shape;
use crate::summary::Figures;

/// One table: a row for each chain and payload, a column for each path.
pub(crate) fn render(figures: &Figures, machine: &str) -> String {
    let paths = figures.paths();
    let mut text = format!("| payload | stages | {} |\n|---|---|", paths.join(" | "));
    text.push_str(&"---|".repeat(paths.len()));
    text.push('\n');
    for shape in figures.shapes() {
        let cells: Vec<String> = paths.iter().map(|path| cell(figures, path, shape)).collect();
        writeln!(
            text,
            "| {} | {} | {} |",
            bytes(shape.payload),
            shape.stages,
            cells.join(" | ")
        )
        .expect("invariant: writing to a String succeeds");
    }
    format!("{text}\n{machine}\n")
}

fn cell(figures: &Figures, path: &str, shape: Shape) -> String {
    let Some(cell) = figures.find(path, shape) else {
        return "–".to_owned();
    };
    let ratio = figures
        .ratio_to_native(cell)
        .map_or(String::new(), |ratio| format!(" ({ratio:.1}×)"));
    format!("{}{ratio}", time(cell.ns_per_element.median))
}
