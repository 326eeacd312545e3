//! What the paths are meant to come to, beside what was measured.

use std::fmt::Write as _;

use bench_common::output::verdict;

use crate::summary::{Figures, Quantity};
use crate::variant::{AUTO, DIRECT, PLAIN, REPLICAS, TOKIO, TOKIO_ON_ALL};

/// What a path may be in times of another one.
struct Goal {
    /// The program for which it holds; `None`: it holds for every one.
    program: Option<&'static str>,
    of: &'static str,
    to: &'static str,
    quantity: Quantity,
    most: f64,
}

const FUSED: &str = "fused";
const TRIAGE: Option<&str> = Some("log-triage");

const GOALS: [Goal; 5] = [
    goal(TRIAGE, DIRECT, PLAIN, Quantity::Processor, 1.9),
    goal(TRIAGE, FUSED, PLAIN, Quantity::Processor, 1.75),
    goal(TRIAGE, DIRECT, PLAIN, Quantity::Instructions, 1.65),
    goal(None, AUTO, TOKIO, Quantity::Processor, 1.5),
    goal(None, REPLICAS, TOKIO_ON_ALL, Quantity::Elapsed, 1.0),
];

const fn goal(
    program: Option<&'static str>,
    of: &'static str,
    to: &'static str,
    quantity: Quantity,
    most: f64,
) -> Goal {
    Goal {
        program,
        of,
        to,
        quantity,
        most,
    }
}

/// One line for each goal and program of which everything was measured.
pub(crate) fn render(figures: &Figures) -> String {
    let mut text = String::new();
    for goal in &GOALS {
        for program in figures.programs() {
            if goal.program.is_none_or(|only| only == program)
                && let Some(line) = line(figures, goal, program)
            {
                writeln!(text, "{line}").expect("invariant: writing to a String succeeds");
            }
        }
    }
    match text.is_empty() {
        true => text,
        false => format!("\ngoals\n{text}"),
    }
}

fn line(figures: &Figures, goal: &Goal, program: &str) -> Option<String> {
    let cell = figures.find(program, goal.of)?;
    let found = figures.ratio(cell, goal.to, goal.quantity)?;
    let what = format!("{program}, {} to {}", goal.of, goal.to);
    let quantity = match goal.quantity {
        Quantity::Elapsed => "elapsed time",
        Quantity::Processor => "processor time",
        Quantity::Instructions => "instructions",
    };
    let (limit, verdict) = (format!("at most {:.2}x", goal.most), verdict(found <= goal.most));
    Some(format!(
        "{what:<62} {quantity:<14} {found:>6.2}x   {limit:<14} {verdict}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary::Cell;
    use crate::summary::tests::cell;

    /// The lines, with the spaces that align them taken out.
    fn lines(cells: Vec<Cell>) -> Vec<String> {
        let rendered = render(&Figures { cells });
        let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
        rendered.lines().skip(2).map(words).collect()
    }

    #[test]
    fn a_goal_holds_for_every_program_that_was_measured() {
        let cells = vec![
            cell("json-edit", TOKIO, 100.0),
            cell("json-edit", AUTO, 150.0),
            cell("token-streaming", TOKIO, 100.0),
        ];
        assert_eq!(
            lines(cells),
            ["json-edit, auto to tokio-1 processor time 1.50x at most 1.50x met"]
        );
    }

    #[test]
    fn a_limit_holds_for_its_program() {
        let of = |program| {
            let mut direct = cell(program, DIRECT, 200.0);
            direct.instructions = Some(180.0);
            let mut plain = cell(program, PLAIN, 100.0);
            plain.instructions = Some(120.0);
            vec![plain, direct]
        };
        assert_eq!(
            lines(of("log-triage")),
            [
                "log-triage, direct to plain processor time 2.00x at most 1.90x missed",
                "log-triage, direct to plain instructions 1.50x at most 1.65x met"
            ]
        );
        assert!(lines(of("json-edit")).is_empty());
    }
}
