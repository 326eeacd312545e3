//! What all windows of a cell come to.

use bench_common::figures::{Spread, distinct};
use hdrhistogram::Histogram;

use crate::load::Shape;

/// What the other paths are compared with.
pub(crate) const BASE: &str = "native";

/// The figures of one path, payload and number of stages.
pub(crate) struct Cell {
    pub(crate) path: String,
    pub(crate) shape: Shape,
    /// Time for each element, over all windows.
    pub(crate) ns_per_element: Spread,
    /// In nanoseconds, of all windows together.
    pub(crate) latencies: Histogram<u64>,
    /// Copies of the payload between a stage and the host.
    pub(crate) copies: Option<f64>,
    /// Instructions for each element, of all threads, where they were counted.
    pub(crate) instructions: Option<f64>,
}

impl Cell {
    pub(crate) fn elements_per_s(&self) -> f64 {
        1e9 / self.ns_per_element.median
    }
}

/// All figures of a run.
pub(crate) struct Figures {
    pub(crate) cells: Vec<Cell>,
}

impl Figures {
    pub(crate) fn find(&self, path: &str, shape: Shape) -> Option<&Cell> {
        self.cells.iter().find(|cell| cell.path == path && cell.shape == shape)
    }

    /// Time of a cell in times of the same chain in plain Rust.
    pub(crate) fn ratio_to_native(&self, cell: &Cell) -> Option<f64> {
        let base = self.find(BASE, cell.shape)?;
        Some(cell.ns_per_element.median / base.ns_per_element.median)
    }

    /// The chains, in the order in which they were measured.
    pub(crate) fn shapes(&self) -> Vec<Shape> {
        distinct(self.cells.iter().map(|cell| cell.shape))
    }

    /// The paths, in the order in which they were measured.
    pub(crate) fn paths(&self) -> Vec<&str> {
        distinct(self.cells.iter().map(|cell| cell.path.as_str()))
    }
}
