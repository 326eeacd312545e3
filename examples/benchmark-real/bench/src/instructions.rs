//! Instructions for each element, counted by valgrind: of two runs of each cell, with few and with more elements. What
//! differs between them is what the elements took.

use std::path::Path;

use bench_common::{Failed, callgrind};

use crate::prepare::Bench;
use crate::summary::{Cell, Figures};
use crate::variant::Variant;

/// Elements of the first run, and how many more the second one has; about, for both count whole cycles.
const FEW: u64 = 1000;
const MORE: u64 = 5000;

/// Counts for every cell. One that valgrind can't run has no count; `tell` hears why.
pub(crate) fn count(bench: &mut Bench, figures: &mut Figures, tell: &dyn Fn(&str)) {
    for work in 0..bench.works.len() {
        let (program, variants) = (bench.works[work].program.name, bench.works[work].variants.clone());
        for variant in variants {
            tell(&format!("instructions of {program}, {}", variant.name));
            let is_it = |cell: &&mut Cell| cell.program == program && cell.path == variant.name;
            match (per_element(bench, work, variant), figures.cells.iter_mut().find(is_it)) {
                (Ok(count), Some(cell)) => cell.instructions = Some(count),
                (Ok(_), None) => {}
                (Err(error), _) => tell(&error.to_string()),
            }
        }
    }
}

fn per_element(bench: &mut Bench, work: usize, variant: Variant) -> Result<f64, Failed> {
    let few = bench.works[work].supply.whole(FEW);
    let more = few + bench.works[work].supply.whole(MORE);
    let mut run = |elements| {
        let work = &mut bench.works[work];
        let load = work.supply.load(elements)?;
        let nowhere = Path::new("/dev/null");
        callgrind::count(&bench.places.command(work.program, variant, load, nowhere))
    };
    let difference = run(more)?.saturating_sub(run(few)?);
    Ok(difference as f64 / (more - few) as f64)
}
