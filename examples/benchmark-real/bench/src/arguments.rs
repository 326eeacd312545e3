//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use lexopt::Parser;
use lexopt::prelude::{Long, Short, Value, ValueExt};

use crate::measure::Plan;

pub(crate) const HELP: &str = "\
usage: benchmark-real --torvync FILE --native DIR --work DIR [OPTIONS]

  --torvync FILE     the compiler
  --native DIR       folder of the programs `plain` and `tasks`
  --work DIR         folder for everything that is made: executables, machine code, input, output
  --json FILE        write one record for each program and path
  --svg FILE         write a chart
  --markdown FILE    write the table of the README
  --program NAME     only this program; may be repeated
  --path NAME        only this path; may be repeated
  --seconds N        time that the path `direct` takes for a program, about [default: 3]
  --rounds N         runs of each program on each path [default: 5]
  --instructions     count instructions too, with valgrind, which takes its time
";

/// What is asked for.
pub(crate) enum Command {
    Measure(Box<Arguments>),
    Help,
}

/// A comparison.
pub(crate) struct Arguments {
    pub(crate) torvync: PathBuf,
    pub(crate) native: PathBuf,
    pub(crate) work: PathBuf,
    /// The programs to measure; none: all.
    pub(crate) programs: Vec<String>,
    /// The paths to measure; none: all.
    pub(crate) paths: Vec<String>,
    pub(crate) plan: Plan,
    pub(crate) instructions: bool,
    pub(crate) json: Option<PathBuf>,
    pub(crate) svg: Option<PathBuf>,
    pub(crate) markdown: Option<PathBuf>,
}

pub(crate) fn parse() -> Result<Command, lexopt::Error> {
    let mut parser = Parser::from_env();
    let mut plan = Plan {
        duration: Duration::from_secs(3),
        rounds: 5,
    };
    let (mut torvync, mut native, mut work) = (None, None, None);
    let (mut programs, mut paths, mut instructions) = (Vec::new(), Vec::new(), false);
    let (mut json, mut svg, mut markdown) = (None, None, None);
    while let Some(argument) = parser.next()? {
        match argument {
            Long("torvync") => torvync = Some(parser.value()?.into()),
            Long("native") => native = Some(parser.value()?.into()),
            Long("work") => work = Some(parser.value()?.into()),
            Long("json") => json = Some(parser.value()?.into()),
            Long("svg") => svg = Some(parser.value()?.into()),
            Long("markdown") => markdown = Some(parser.value()?.into()),
            Long("instructions") => instructions = true,
            Long("program") => programs.push(parser.value()?.string()?),
            Long("path") => paths.push(parser.value()?.string()?),
            Long("seconds") => plan.duration = seconds(parser.value()?.parse()?)?,
            Long("rounds") => plan.rounds = at_least_one(parser.value()?.parse()?)?,
            Short('h') | Long("help") => return Ok(Command::Help),
            other @ (Short(_) | Long(_) | Value(_)) => return Err(other.unexpected()),
        }
    }
    Ok(Command::Measure(Box::new(Arguments {
        torvync: torvync.ok_or("`--torvync` is missing")?,
        native: native.ok_or("`--native` is missing")?,
        work: work.ok_or("`--work` is missing")?,
        programs,
        paths,
        plan,
        instructions,
        json,
        svg,
        markdown,
    })))
}

fn seconds(seconds: f64) -> Result<Duration, lexopt::Error> {
    match Duration::try_from_secs_f64(seconds) {
        Ok(duration) if !duration.is_zero() => Ok(duration),
        Ok(_) | Err(_) => Err(format!("{seconds} seconds is no time").into()),
    }
}

fn at_least_one(rounds: usize) -> Result<usize, lexopt::Error> {
    match rounds {
        0 => Err("there has to be a round".into()),
        rounds => Ok(rounds),
    }
}
