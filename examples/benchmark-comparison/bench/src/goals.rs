//! What the call paths are meant to come to, beside what was measured.

use std::fmt::Write as _;

use bench_common::figures::distinct;
use bench_common::output::verdict;

use crate::load::Shape;
use crate::output::{bytes, stages};
use crate::summary::{BASE, Figures};

/// A path and a number of stages.
type Chain = (&'static str, usize);

/// What one chain may be in times of another one.
struct Goal {
    of: Chain,
    to: Chain,
    /// The payload for which the limit holds; `None`: it holds for every one.
    payload: Option<usize>,
    limit: Limit,
}

#[derive(Clone, Copy)]
enum Limit {
    /// The time for an element, at most.
    Time(f64),
    /// The throughput, at least.
    Throughput(f64),
}

const SMALL: Option<usize> = Some(64);
const LARGE: Option<usize> = Some(64 << 10);

/// A stage costs the same in a chain of three and in a chain of ten, within a tenth.
const PER_STAGE: Limit = Limit::Time(1.1 * 10.0 / 3.0);

const GOALS: [Goal; 11] = [
    goal(("direct", 3), ("native", 3), SMALL, Limit::Time(3.0)),
    goal(("direct", 3), ("typed", 3), SMALL, Limit::Time(1.0 / 5.0)),
    goal(("direct", 3), ("grpc", 3), SMALL, Limit::Throughput(10.0)),
    goal(("direct", 3), ("unix", 3), SMALL, Limit::Throughput(5.0)),
    goal(("fused", 3), ("native", 3), SMALL, Limit::Time(1.5)),
    goal(("fused", 3), ("native", 3), LARGE, Limit::Time(1.1)),
    goal(("fused", 3), ("grpc", 3), SMALL, Limit::Throughput(20.0)),
    goal(("fused", 3), ("unix", 3), SMALL, Limit::Throughput(10.0)),
    goal(("component", 10), ("component", 3), None, PER_STAGE),
    goal(("direct", 10), ("direct", 3), None, PER_STAGE),
    goal(("fused", 10), ("fused", 3), None, PER_STAGE),
];

const fn goal(of: Chain, to: Chain, payload: Option<usize>, limit: Limit) -> Goal {
    Goal { of, to, payload, limit }
}

/// One line for each goal and payload of which both sides were measured.
pub(crate) fn render(figures: &Figures) -> String {
    let mut text = String::new();
    for goal in &GOALS {
        for payload in distinct(figures.cells.iter().map(|cell| cell.shape.payload)) {
            if goal.payload.is_none_or(|only| only == payload)
                && let Some(line) = line(figures, goal, payload)
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

fn line(figures: &Figures, goal: &Goal, payload: usize) -> Option<String> {
    let time = time_ratio(figures, payload, goal.of, goal.to)?;
    let (figure, found, limit, is_met) = match goal.limit {
        Limit::Time(most) => ("time", time, format!("at most {most:.2}x"), time <= most),
        Limit::Throughput(least) => {
            let throughput = time.recip();
            let limit = format!("at least {least:.0}x");
            ("throughput", throughput, limit, throughput >= least)
        }
    };
    let what = format!("{}, {}", what(goal), bytes(payload));
    let verdict = verdict(is_met);
    let native = native(figures, payload, goal).unwrap_or_default();
    Some(format!(
        "{what:<46} {figure:<10} {found:>6.2}x   {limit:<14} {verdict}{native}"
    ))
}

fn what(goal: &Goal) -> String {
    let ((of, long), (to, short)) = (goal.of, goal.to);
    match of == to {
        true => format!("{of}, {} to {short}", stages(long)),
        false => format!("{of} to {to}, {}", stages(long)),
    }
}

fn time_ratio(figures: &Figures, payload: usize, of: Chain, to: Chain) -> Option<f64> {
    let time = |(path, stages)| figures.find(path, Shape { payload, stages });
    Some(time(of)?.ns_per_element.median / time(to)?.ns_per_element.median)
}

/// What the same chains come to without a sandbox, for a goal that compares a path with itself.
fn native(figures: &Figures, payload: usize, goal: &Goal) -> Option<String> {
    if goal.of.0 != goal.to.0 {
        return None;
    }
    let ratio = time_ratio(figures, payload, (BASE, goal.of.1), (BASE, goal.to.1))?;
    Some(format!(" ({BASE}: {ratio:.2}x)"))
}

#[cfg(test)]
mod tests {
    use bench_common::figures::Spread;

    use super::*;
    use crate::load::Window;
    use crate::summary::Cell;

    fn cell(path: &str, payload: usize, stages: usize, nanos: f64) -> Cell {
        Cell {
            path: path.to_owned(),
            shape: Shape { payload, stages },
            ns_per_element: Spread::of(vec![nanos]),
            latencies: Window::new().latencies,
            copies: None,
            instructions: None,
        }
    }

    /// The lines, with the spaces that align them taken out.
    fn lines(cells: Vec<Cell>) -> Vec<String> {
        let rendered = render(&Figures { cells });
        let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
        rendered.lines().skip(2).map(words).collect()
    }

    #[test]
    fn a_goal_is_told_when_both_sides_were_measured() {
        assert!(lines(vec![cell("component", 64, 3, 100.0)]).is_empty());
        let cells = vec![cell("component", 64, 3, 100.0), cell("component", 64, 10, 360.0)];
        assert_eq!(
            lines(cells),
            ["component, 10 stages to 3, 64 B time 3.60x at most 3.67x met"]
        );
    }

    #[test]
    fn a_limit_holds_for_its_payload() {
        let at = |payload| {
            vec![
                cell("native", payload, 3, 100.0),
                cell("fused", payload, 3, 120.0),
                cell("direct", payload, 3, 310.0),
            ]
        };
        assert_eq!(
            lines(at(64)),
            [
                "direct to native, 3 stages, 64 B time 3.10x at most 3.00x missed",
                "fused to native, 3 stages, 64 B time 1.20x at most 1.50x met"
            ]
        );
        assert!(lines(at(4096)).is_empty());
        assert_eq!(
            lines(at(65536)),
            ["fused to native, 3 stages, 64 KiB time 1.20x at most 1.10x missed"]
        );
    }

    #[test]
    fn throughput_is_to_be_high() {
        let cells = vec![
            cell("fused", 64, 3, 100.0),
            cell("unix", 64, 3, 1000.0),
            cell("grpc", 64, 3, 1999.0),
        ];
        assert_eq!(
            lines(cells),
            [
                "fused to grpc, 3 stages, 64 B throughput 19.99x at least 20x missed",
                "fused to unix, 3 stages, 64 B throughput 10.00x at least 10x met"
            ]
        );
    }

    #[test]
    fn plain_rust_stands_beside_a_goal_for_more_stages() {
        let mut cells = vec![cell("fused", 64, 3, 100.0), cell("fused", 64, 10, 400.0)];
        cells.extend([cell("native", 64, 10, 500.0), cell("native", 64, 3, 100.0)]);
        assert_eq!(
            lines(cells).last().unwrap(),
            "fused, 10 stages to 3, 64 B time 4.00x at most 3.67x missed (native: 5.00x)"
        );
    }
}
