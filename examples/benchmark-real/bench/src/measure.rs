//! Runs every cell, a program on a path, in turns with all others.

use std::path::Path;
use std::time::Duration;

use bench_common::Failed;
use bench_common::figures::{Spread, turns};

use crate::launch::Usage;
use crate::prepare::{Bench, Output, Work};
use crate::summary::{Cell, Figures};
use crate::variant::{DIRECT, Variant};

/// Elements of the first run of a program, which finds out how many take the time that is asked for.
const FIRST_ELEMENTS: u64 = 10_000;

/// Results are not kept.
fn nowhere() -> Output<'static> {
    Output {
        file: Path::new("/dev/null"),
        printed: None,
    }
}

/// What is measured.
pub(crate) struct Plan {
    /// About as long does the path `direct` take for a program.
    pub(crate) duration: Duration,
    /// Runs of each cell.
    pub(crate) rounds: usize,
}

/// A cell while it is measured.
struct Running {
    work: usize,
    variant: Variant,
    elements: u64,
    samples: Vec<Usage>,
}

/// Measures all cells. `tell` hears how far it is.
pub(crate) fn measure(bench: &mut Bench, plan: &Plan, tell: &dyn Fn(&str)) -> Result<Figures, Failed> {
    let mut cells = Vec::new();
    for work in 0..bench.works.len() {
        let elements = fill(bench, work, plan.duration)?;
        let Work { program, variants, .. } = &bench.works[work];
        tell(&format!("{}: {elements} elements", program.name));
        cells.extend(variants.iter().map(|variant| Running {
            work,
            variant: *variant,
            elements,
            samples: Vec::new(),
        }));
    }
    for round in 0..plan.rounds {
        for cell in turns(&mut cells, round) {
            let name = bench.works[cell.work].program.name;
            let (number, path) = (round + 1, cell.variant.name);
            tell(&format!("round {number} of {}: {name}, {path}", plan.rounds));
            let usage = bench.run(cell.work, cell.variant, cell.elements, &nowhere())?;
            cell.samples.push(usage);
        }
    }
    let cells = cells.iter().map(|cell| cell.summary(bench));
    Ok(Figures { cells: cells.collect() })
}

/// Elements of a program that take about so long on the path `direct`, or on the first that is measured.
fn fill(bench: &mut Bench, work: usize, duration: Duration) -> Result<u64, Failed> {
    let variants = &bench.works[work].variants;
    let direct = variants.iter().find(|variant| variant.name == DIRECT);
    let variant = *direct.or(variants.first()).ok_or("no path suits this program")?;
    let mut elements = FIRST_ELEMENTS;
    loop {
        elements = bench.works[work].supply.whole(elements);
        let took = bench.run(work, variant, elements, &nowhere())?.elapsed;
        if took >= duration / 8 {
            let share = duration.as_secs_f64() / took.as_secs_f64();
            let wanted = (elements as f64 * share).ceil() as u64;
            return Ok(bench.works[work].supply.whole(wanted));
        }
        elements *= 4;
    }
}

impl Running {
    fn summary(&self, bench: &Bench) -> Cell {
        let spread =
            |of: fn(&Usage) -> f64, by: f64| Spread::of(self.samples.iter().map(|usage| of(usage) / by).collect());
        let elements = self.elements as f64;
        Cell {
            program: bench.works[self.work].program.name,
            path: self.variant.name,
            elements: self.elements,
            elapsed: spread(|usage| usage.elapsed.as_nanos() as f64, elements),
            processor: spread(|usage| usage.processor.as_nanos() as f64, elements),
            peak: spread(|usage| usage.peak as f64, 1.0).median,
            instructions: None,
        }
    }
}
