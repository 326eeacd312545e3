//! What all windows of a cell come to.

use hdrhistogram::Histogram;

use crate::load::Shape;

/// What the other paths are compared with.
pub(crate) const BASE: &str = "native";

/// A median, and the quartiles around it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) lower: f64,
    pub(crate) upper: f64,
}

impl Spread {
    /// Of at least one sample.
    pub(crate) fn of(mut samples: Vec<f64>) -> Self {
        samples.sort_by(f64::total_cmp);
        Self {
            median: quantile(&samples, 0.5),
            lower: quantile(&samples, 0.25),
            upper: quantile(&samples, 0.75),
        }
    }
}

/// Between the two samples that are nearest.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let at = share * (sorted.len() - 1) as f64;
    let (below, above) = (sorted[at.floor() as usize], sorted[at.ceil() as usize]);
    below + (above - below) * at.fract()
}

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

/// Each item once.
pub(crate) fn distinct<T: PartialEq>(items: impl Iterator<Item = T>) -> Vec<T> {
    items.fold(Vec::new(), |mut found, item| {
        if !found.contains(&item) {
            found.push(item);
        }
        found
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quartiles_lie_between_samples() {
        let spread = Spread::of(vec![4.0, 1.0, 2.0, 3.0]);
        assert_eq!((spread.lower, spread.median, spread.upper), (1.75, 2.5, 3.25));
        let alone = Spread::of(vec![7.0]);
        assert_eq!((alone.lower, alone.median, alone.upper), (7.0, 7.0, 7.0));
    }

    #[test]
    fn each_item_once_in_the_order_of_its_first() {
        assert_eq!(distinct([3, 1, 3, 2, 1].into_iter()), [3, 1, 2]);
    }
}
