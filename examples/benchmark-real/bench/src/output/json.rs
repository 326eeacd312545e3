//! One record for each cell.

use serde_json::{Value, json};

use crate::summary::{Cell, Figures, Quantity};
use crate::variant::{PLAIN, TOKIO};

/// An array of records.
pub(crate) fn render(figures: &Figures) -> String {
    let records = figures.cells.iter().map(|cell| record(figures, cell));
    let records: Vec<Value> = records.collect();
    format!("{:#}\n", Value::from(records))
}

fn record(figures: &Figures, cell: &Cell) -> Value {
    let (elapsed, processor) = (cell.elapsed, cell.processor);
    json!({
        "program": cell.program, "path": cell.path, "elements": cell.elements,
        "ns_per_element": elapsed.median,
        "ns_per_element_lower_quartile": elapsed.lower, "ns_per_element_upper_quartile": elapsed.upper,
        "cpu_ns_per_element": processor.median,
        "cpu_ns_per_element_lower_quartile": processor.lower, "cpu_ns_per_element_upper_quartile": processor.upper,
        "peak_rss_bytes": cell.peak, "instructions": cell.instructions,
        "cpu_ratio_to_plain": figures.to_plain(cell),
        "cpu_ratio_to_tokio_1": figures.ratio(cell, TOKIO, Quantity::Processor),
        "ratio_to_plain": figures.ratio(cell, PLAIN, Quantity::Elapsed),
    })
}
