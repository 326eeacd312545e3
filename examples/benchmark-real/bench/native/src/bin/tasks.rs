//! The work of a flow as tokio tasks with bounded channels, one for each stage.

use std::process::ExitCode;

use bench_common::Failed;
use lexopt::Parser;
use native::command_line::{Task, exit};
use native::programs::{self, Runner};
use native::stage::{self, Chain, Source};
use tokio::runtime::Builder;

struct Tasks {
    elements: u64,
    threads: usize,
}

impl Runner for Tasks {
    fn run(self, source: impl Source, chain: impl Chain) -> Result<(), Failed> {
        let runtime = match self.threads {
            1 => Builder::new_current_thread().build()?,
            threads => Builder::new_multi_thread().worker_threads(threads).build()?,
        };
        runtime.block_on(stage::run_as_tasks(source, chain, self.elements))
    }
}

fn main() -> ExitCode {
    exit(Task::parse(Parser::from_env()).and_then(|task| {
        let (elements, threads) = (task.elements, task.threads);
        programs::run(&task, Tasks { elements, threads })
    }))
}
