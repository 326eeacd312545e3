//! Growth of an analysis's time with its input: twice the input may take at most two and a half times as long, on any
//! machine.
//!
//! Each kind of input once took quadratic time, or has parts that refer to each other.

use std::fmt::Write as _;
use std::time::Duration;

use crate::guard::processor_time;
use crate::{manifest, wit};

/// Largest factor of time for twice the input.
const FACTOR: f64 = 2.5;

/// Number of pairs of measurements, of which the best counts: excessive growth shows every time, while a machine may be
/// slow once.
const TRIES: usize = 12;

/// Least time of a measurement, so that fixed costs do not hide the growth.
const LEAST: Duration = Duration::from_millis(30);

/// Input of variable size.
pub(crate) struct Growing {
    pub(crate) name: &'static str,
    /// Number of parts that take a moment.
    parts: usize,
    analyse: fn(parts: usize) -> Result<(), String>,
}

/// All inputs.
pub(crate) const INPUTS: [Growing; 8] = [
    Growing {
        name: "mistakes_on_a_line",
        parts: 200,
        analyse: |parts| of_manifest(&format!("[torvyn]\nauthors = [{}]\n", "1, ".repeat(parts))),
    },
    Growing {
        name: "a_long_line",
        parts: 20_000,
        analyse: |parts| of_manifest(&format!("[torvyn]\nname = 1 # {}\n", "ä".repeat(parts))),
    },
    Growing {
        name: "one_key_many_times",
        parts: 100,
        analyse: |parts| of_manifest(&format!("[torvyn]\n{}", "name = \"a\"\n".repeat(parts))),
    },
    Growing {
        name: "lists_that_are_not_closed",
        parts: 200,
        analyse: |parts| of_manifest(&numbered("[torvyn]\n", parts, |n| format!("nme{n} = [\n"))),
    },
    Growing {
        name: "unknown_keys",
        parts: 100,
        analyse: |parts| of_manifest(&numbered("[torvyn]\n", parts, |n| format!("nme{n} = 1\n"))),
    },
    Growing {
        name: "nodes_in_a_chain",
        parts: 40,
        analyse: |parts| of_manifest(&chain(parts)),
    },
    Growing {
        name: "types_of_types",
        parts: 100,
        analyse: |parts| {
            of_contract(&numbered("package a:a;\ninterface i { type t0 = u8;\n", parts, |n| {
                format!("type t{} = list<t{n}>;\n", n + 1)
            }))
        },
    },
    Growing {
        name: "functions_of_an_interface",
        parts: 100,
        analyse: |parts| {
            let text = numbered("package a:a;\ninterface i {\n", parts, |n| {
                format!("f{n}: func(a: u8) -> u8;\n")
            });
            of_contract(&text)
        },
    },
];

/// Compares the time for `parts` with the time for twice as many.
pub(crate) fn test(input: &Growing) -> Result<(), String> {
    let mut parts = input.parts;
    while time(input, parts)? < LEAST {
        parts *= 2;
    }
    let mut best = f64::INFINITY;
    for _ in 0..TRIES {
        let (once, twice) = (time(input, parts)?, time(input, 2 * parts)?);
        best = best.min(twice.as_secs_f64() / once.as_secs_f64());
        if best <= FACTOR {
            return Ok(());
        }
    }
    Err(format!(
        "twice {parts} parts take {best:.2} times the time, {FACTOR} are allowed"
    ))
}

/// Processor time of the thread for an analysis.
fn time(input: &Growing, parts: usize) -> Result<Duration, String> {
    let started = processor_time();
    (input.analyse)(parts)?;
    Ok(processor_time().saturating_sub(started))
}

fn of_manifest(text: &str) -> Result<(), String> {
    manifest::execute(text.as_bytes()).map(|_| ())
}

/// Analyses a contract that begins with `text`, which opens a block.
fn of_contract(text: &str) -> Result<(), String> {
    wit::execute(&[("world.wit".to_owned(), format!("{text}}}\n").into_bytes())].into()).map(|_| ())
}

fn numbered(head: &str, parts: usize, part: impl Fn(usize) -> String) -> String {
    (0..parts).fold(head.to_owned(), |text, number| text + &part(number))
}

/// A flow with this number of stages.
fn chain(stages: usize) -> String {
    let mut text = manifest::HEAD.to_owned();
    for node in 0..stages {
        let component = if node == 0 {
            "builtin:generator"
        } else {
            "file://c.wasm"
        };
        writeln!(text, "[flow.main.nodes.n{node}]\ncomponent = \"{component}\"").expect("a String takes all");
    }
    for node in 1..stages {
        writeln!(
            text,
            "[[flow.main.edges]]\nfrom = {{ node = \"n{}\", port = \"output\" }}\nto = {{ node = \"n{node}\", port = \"input\" }}",
            node - 1
        )
        .expect("a String takes all");
    }
    text
}
