//! Instructions for each element, counted by valgrind: this program runs itself under it, with few and with more
//! messages. Counters of the processor would be faster, but virtual machines seldom have them.

use std::env;
use std::process::Command;

use crate::Failed;
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
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
    valgrind.arg(env::current_exe()?).args(["--path", &cell.path]);
    let numbers = [
        ("--payload", cell.shape.payload as u64),
        ("--stages", cell.shape.stages as u64),
    ];
    for (option, number) in numbers {
        valgrind.arg(option).arg(number.to_string());
    }
    valgrind.arg("--expect").arg(cell.shape.checksum(messages).to_string());
    let output = valgrind
        .output()
        .map_err(|error| format!("valgrind does not start: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    let counted = said.lines().find_map(counted);
    counted
        .filter(|_| output.status.success())
        .ok_or_else(|| format!("valgrind: {said}").into())
}

/// The number in `==1== Collected : 12345`.
fn counted(line: &str) -> Option<u64> {
    line.split_once("Collected :")?.1.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::counted;

    #[test]
    fn the_count_is_read_from_its_line() {
        assert_eq!(counted("==3216== Collected : 338559653"), Some(338_559_653));
        assert_eq!(counted("==3216== Events    : Ir"), None);
    }
}
