//! Instructions of whole processes, counted by valgrind. Counters of the processor would be faster, but virtual machines
//! seldom have them.

use std::process::{Command, Stdio};

use crate::Failed;

/// Instructions of a run of `program` with its arguments, over all threads. What it writes to standard output is dropped.
///
/// # Errors
/// When valgrind does not start, or the program fails.
pub fn count(program: &Command) -> Result<u64, Failed> {
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
    valgrind.arg(program.get_program()).args(program.get_args());
    valgrind.stdout(Stdio::null());
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
