//! The processor time of each program in times of plain Rust, for a README.

use std::fmt::Write as _;

use crate::summary::Figures;

/// One table: a row for each program, a column for each path. No times: they depend on the machine.
pub(crate) fn render(figures: &Figures, machine: &str) -> String {
    let paths = figures.paths();
    let mut text = format!("| program | {} |\n|---|", paths.join(" | "));
    text.push_str(&"---|".repeat(paths.len()));
    text.push('\n');
    for program in figures.programs() {
        let cells = paths.iter().map(|path| cell(figures, program, path));
        let cells: Vec<String> = cells.collect();
        writeln!(text, "| {program} | {} |", cells.join(" | ")).expect("invariant: writing to a String succeeds");
    }
    format!("{text}\n{machine}\n")
}

fn cell(figures: &Figures, program: &str, path: &str) -> String {
    let ratio = figures.find(program, path).and_then(|cell| figures.to_plain(cell));
    ratio.map_or("–".to_owned(), |ratio| format!("{ratio:.2}×"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary::tests::cell;

    #[test]
    fn a_path_that_does_not_suit_a_program_has_a_dash() {
        let cells = vec![
            cell("one", "plain", 100.0),
            cell("one", "auto-replicas", 160.0),
            cell("two", "plain", 100.0),
        ];
        let expected = "| program | plain | auto-replicas |\n|---|---|---|\n| one | 1.00× | 1.60× |\n\
                        | two | 1.00× | – |\n\nmachine\n";
        assert_eq!(render(&Figures { cells }, "machine"), expected);
    }
}
