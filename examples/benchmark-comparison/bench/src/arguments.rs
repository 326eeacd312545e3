//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use comparison_work::Checksum;
use lexopt::Parser;
use lexopt::prelude::{Long, Short, Value, ValueExt};

use crate::measure::Plan;

pub(crate) const HELP: &str = "\
usage: benchmark-comparison [OPTIONS]

  --json FILE        write one record for each path, payload and number of stages
  --svg FILE         write a chart
  --markdown FILE    write the tables of the READMEs
  --path NAME        only this path; may be repeated
  --payload BYTES    only this payload; may be repeated [default: 64, 4096, 65536]
  --stages N         only chains of so many components; may be repeated [default: 1, 3, 10, 30]
  --windows N        windows of throughput for each figure [default: 15]
  --window-ms N      length of a window [default: 40]
  --instructions     count instructions too, with valgrind, which takes its time
  --expect TEXT      only send the messages of this checksum, `N messages, checksum X`, through each chain, once: for
                     tools that look on from outside
";

/// What is asked for.
pub(crate) enum Command {
    Measure(Arguments),
    Help,
}

/// A comparison.
pub(crate) struct Arguments {
    /// The paths to measure; none: all.
    pub(crate) paths: Vec<String>,
    pub(crate) plan: Plan,
    /// Send these messages through each chain instead, and measure nothing.
    pub(crate) expected: Option<Checksum>,
    pub(crate) instructions: bool,
    pub(crate) json: Option<PathBuf>,
    pub(crate) svg: Option<PathBuf>,
    pub(crate) markdown: Option<PathBuf>,
}

pub(crate) fn parse() -> Result<Command, lexopt::Error> {
    let mut parser = Parser::from_env();
    let mut plan = Plan {
        payloads: Vec::new(),
        stages: Vec::new(),
        windows: 15,
        window: Duration::from_millis(40),
    };
    let (mut paths, mut json, mut svg, mut markdown) = (Vec::new(), None, None, None);
    let (mut expected, mut instructions) = (None, false);
    while let Some(argument) = parser.next()? {
        match argument {
            Long("json") => json = Some(parser.value()?.into()),
            Long("svg") => svg = Some(parser.value()?.into()),
            Long("markdown") => markdown = Some(parser.value()?.into()),
            Long("instructions") => instructions = true,
            Long("expect") => expected = Some(parser.value()?.parse()?),
            Long("path") => paths.push(parser.value()?.string()?),
            Long("payload") => plan.payloads.push(at_least(8, parser.value()?.parse()?)?),
            Long("stages") => plan.stages.push(parser.value()?.parse()?),
            Long("windows") => plan.windows = at_least(1, parser.value()?.parse()?)?,
            Long("window-ms") => plan.window = Duration::from_millis(at_least(1, parser.value()?.parse()?)?),
            Short('h') | Long("help") => return Ok(Command::Help),
            other @ (Short(_) | Long(_) | Value(_)) => return Err(other.unexpected()),
        }
    }
    if plan.payloads.is_empty() {
        plan.payloads.extend([64, 4096, 65536]);
    }
    if plan.stages.is_empty() {
        plan.stages.extend([1, 3, 10, 30]);
    }
    Ok(Command::Measure(Arguments {
        paths,
        plan,
        expected,
        instructions,
        json,
        svg,
        markdown,
    }))
}

fn at_least<T: PartialOrd + std::fmt::Display>(least: T, value: T) -> Result<T, lexopt::Error> {
    if value < least {
        return Err(format!("{value} is less than {least}").into());
    }
    Ok(value)
}
