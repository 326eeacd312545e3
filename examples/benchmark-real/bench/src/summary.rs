//! What all runs come to.

use bench_common::figures::{Spread, distinct};

use crate::variant::PLAIN;

/// The figures of one program on one path.
pub(crate) struct Cell {
    pub(crate) program: &'static str,
    pub(crate) path: &'static str,
    /// Elements of each run.
    pub(crate) elements: u64,
    /// Nanoseconds for each element, over all runs, from the start of the process to its end.
    pub(crate) elapsed: Spread,
    /// Nanoseconds of all processors for each element.
    pub(crate) processor: Spread,
    /// The most memory that was resident, in bytes; the median of the runs.
    pub(crate) peak: f64,
    /// Instructions for each element, of all threads, where they were counted.
    pub(crate) instructions: Option<f64>,
}

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quantity {
    Elapsed,
    Processor,
    Instructions,
}

impl Quantity {
    pub(crate) fn of(self, cell: &Cell) -> Option<f64> {
        match self {
            Quantity::Elapsed => Some(cell.elapsed.median),
            Quantity::Processor => Some(cell.processor.median),
            Quantity::Instructions => cell.instructions,
        }
    }
}

/// All figures.
pub(crate) struct Figures {
    pub(crate) cells: Vec<Cell>,
}

impl Figures {
    pub(crate) fn find(&self, program: &str, path: &str) -> Option<&Cell> {
        let mut cells = self.cells.iter();
        cells.find(|cell| cell.program == program && cell.path == path)
    }

    /// A cell in times of another path of its program.
    pub(crate) fn ratio(&self, cell: &Cell, to: &str, quantity: Quantity) -> Option<f64> {
        let base = self.find(cell.program, to)?;
        Some(quantity.of(cell)? / quantity.of(base)?)
    }

    /// Processor time of a cell in times of one loop.
    pub(crate) fn to_plain(&self, cell: &Cell) -> Option<f64> {
        self.ratio(cell, PLAIN, Quantity::Processor)
    }

    /// The programs, in the order in which they were measured.
    pub(crate) fn programs(&self) -> Vec<&'static str> {
        distinct(self.cells.iter().map(|cell| cell.program))
    }

    /// The paths, in the order of a program that has all of them.
    pub(crate) fn paths(&self) -> Vec<&'static str> {
        distinct(self.cells.iter().map(|cell| cell.path))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A cell whose processor time is its elapsed time.
    pub(crate) fn cell(program: &'static str, path: &'static str, nanos: f64) -> Cell {
        Cell {
            program,
            path,
            elements: 1000,
            elapsed: Spread::of(vec![nanos]),
            processor: Spread::of(vec![nanos]),
            peak: 4096.0,
            instructions: None,
        }
    }

    #[test]
    fn ratios_are_of_one_program() {
        let cells = vec![
            cell("one", PLAIN, 100.0),
            cell("one", "direct", 150.0),
            cell("two", "direct", 300.0),
        ];
        let figures = Figures { cells };
        assert_eq!(figures.to_plain(&figures.cells[1]), Some(1.5));
        assert_eq!(figures.to_plain(&figures.cells[2]), None);
        assert_eq!(figures.ratio(&figures.cells[1], PLAIN, Quantity::Instructions), None);
        assert_eq!(figures.paths(), [PLAIN, "direct"]);
    }
}
