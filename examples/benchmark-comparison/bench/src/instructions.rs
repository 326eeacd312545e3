//! Instructions for each element, counted by valgrind: this program runs itself under it, with few and with more
//! messages.

use std::env;
use std::process::Command;

use bench_common::{Failed, callgrind};

use crate::summary::{Cell, Figures};

/// Messages of the two runs. What differs between them is what the messages took.
const MESSAGES: [u64; 2] = [200, 1200];

/// Counts for every cell.
pub(crate) fn count(figures: &mut Figures, tell: &dyn Fn(&str)) -> Result<(), Failed> {
    for cell in &mut figures.cells {
        let (path, shape) = (&cell.path, cell.shape);
        tell(&format!(
            "instructions of {path}, {} B, {} stages",
            shape.payload, shape.stages
        ));
        let [few, more] = MESSAGES;
        let difference = run(cell, more)?.saturating_sub(run(cell, few)?);
        cell.instructions = Some(difference as f64 / (more - few) as f64);
    }
    Ok(())
}

/// Instructions of a whole process.
fn run(cell: &Cell, messages: u64) -> Result<u64, Failed> {
    let mut program = Command::new(env::current_exe()?);
    program.args(["--path", &cell.path]);
    let numbers = [
        ("--payload", cell.shape.payload as u64),
        ("--stages", cell.shape.stages as u64),
    ];
    for (option, number) in numbers {
        program.arg(option).arg(number.to_string());
    }
    program.arg("--expect").arg(cell.shape.checksum(messages).to_string());
    callgrind::count(&program)
}
