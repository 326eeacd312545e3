//! Measures the same chain of stages over several call paths: in one process and one run, in turns, so that whatever
//! else the machine does concerns all of them alike.

mod arguments;
mod flows;
mod goals;
mod instructions;
mod load;
mod measure;
mod output;
mod pace;
mod paths;
mod summary;
mod watchdog;

use std::process::ExitCode;

use arguments::{Arguments, Command};
use bench_common::output::write;
use bench_common::{Failed, machine};

fn main() -> ExitCode {
    let done = match arguments::parse() {
        Ok(Command::Measure(arguments)) => compare(&arguments),
        Ok(Command::Help) => {
            print!("{}", arguments::HELP);
            Ok(())
        }
        Err(error) => Err(error.into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn compare(arguments: &Arguments) -> Result<(), Failed> {
    let mut paths = paths::all(&arguments.paths)?;
    if let Some(expected) = arguments.expected {
        return measure::only_run(&mut paths, &arguments.plan, expected);
    }
    let machine = machine::describe();
    let tell = |text: &str| eprintln!("{text}");
    let mut figures = measure::measure(&mut paths, &arguments.plan, &tell)?;
    if arguments.instructions {
        instructions::count(&mut figures, &tell)?;
    }
    print!("{}", output::table::render(&figures, &machine));
    print!("{}", goals::render(&figures));
    write(&arguments.json, || output::json::render(&figures))?;
    write(&arguments.svg, || output::svg::render(&figures, &machine))?;
    write(&arguments.markdown, || output::markdown::render(&figures, &machine))
}
