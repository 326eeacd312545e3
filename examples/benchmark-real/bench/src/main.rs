//! Measures flows that do real work on every call path, beside the same work without sandboxes: whole processes, in turns,
//! so that whatever else the machine does concerns all of them alike.

mod arguments;
mod check;
mod goals;
mod instructions;
mod launch;
mod load;
mod measure;
mod output;
mod prepare;
mod summary;
mod variant;

use std::env;
use std::process::ExitCode;

use bench_common::output::write;
use bench_common::{Failed, machine};
use native::command_line::exit;

use arguments::{Arguments, Command};
use prepare::Bench;

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args_os().skip(1).collect();
    exit(match launch::asked(&arguments) {
        Some((figures, program)) => launch::launch(figures, program),
        None => match arguments::parse() {
            Ok(Command::Measure(arguments)) => compare(&arguments),
            Ok(Command::Help) => {
                print!("{}", arguments::HELP);
                Ok(())
            }
            Err(error) => Err(error.into()),
        },
    })
}

fn compare(arguments: &Arguments) -> Result<(), Failed> {
    let tell = |text: &str| eprintln!("{text}");
    let machine = machine::describe();
    let mut bench = Bench::prepare(arguments, &tell)?;
    check::compare(&mut bench, &tell)?;
    let mut figures = measure::measure(&mut bench, &arguments.plan, &tell)?;
    if arguments.instructions {
        instructions::count(&mut bench, &mut figures, &tell);
    }
    print!("{}", output::table::render(&figures, &machine));
    print!("{}", goals::render(&figures));
    write(&arguments.json, || output::json::render(&figures))?;
    write(&arguments.svg, || output::svg::render(&figures, &machine))?;
    write(&arguments.markdown, || output::markdown::render(&figures, &machine))
}
