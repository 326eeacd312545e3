//! The work of a flow as one loop.

use std::process::ExitCode;

use bench_common::Failed;
use lexopt::Parser;
use native::command_line::{Task, exit};
use native::programs::{self, Runner};
use native::stage::{self, Chain, Source};

/// Runs all stages of an element before the next element.
struct Loop {
    elements: u64,
}

impl Runner for Loop {
    fn run(self, source: impl Source, chain: impl Chain) -> Result<(), Failed> {
        stage::run(source, chain, self.elements)
    }
}

fn main() -> ExitCode {
    exit(Task::parse(Parser::from_env()).and_then(|task| {
        let elements = task.elements;
        programs::run(&task, Loop { elements })
    }))
}
