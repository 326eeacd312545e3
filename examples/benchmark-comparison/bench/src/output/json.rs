//! One record for each cell.

use serde_json::{Value, json};

use crate::summary::{Cell, Figures};

/// An array of records.
pub(crate) fn render(figures: &Figures) -> String {
    let records = figures.cells.iter().map(|cell| record(figures, cell));
    let records: Vec<Value> = records.collect();
    format!("{:#}\n", Value::from(records))
}

fn record(figures: &Figures, cell: &Cell) -> Value {
    let latencies = &cell.latencies;
    json!({
        "path": cell.path, "payload": cell.shape.payload, "stages": cell.shape.stages,
        "ns_per_element": cell.ns_per_element.median,
        "ns_per_element_lower_quartile": cell.ns_per_element.lower,
        "ns_per_element_upper_quartile": cell.ns_per_element.upper,
        "elements_per_s": cell.elements_per_s(),
        "p50_ns": latencies.value_at_quantile(0.5), "p99_ns": latencies.value_at_quantile(0.99),
        "p999_ns": latencies.value_at_quantile(0.999), "latencies": latencies.len(),
        "copies": cell.copies, "instructions": cell.instructions, "ratio_to_native": figures.ratio_to_native(cell),
    })
}
