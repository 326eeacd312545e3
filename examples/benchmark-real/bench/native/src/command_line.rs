//! The command line of the programs.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use bench_common::Failed;
use lexopt::Parser;
use lexopt::prelude::{Long, Short, Value, ValueExt};

use crate::programs::Program;

/// What a program is to do.
pub struct Task {
    pub program: &'static Program,
    /// Elements that its source makes, at most.
    pub elements: u64,
    /// `Torvyn.toml`, for the configs of the nodes.
    pub manifest: PathBuf,
    input: Option<PathBuf>,
    output: Option<PathBuf>,
    /// Threads on which tasks run.
    pub threads: usize,
    /// Folder of the components' machine code.
    pub modules: Option<PathBuf>,
}

impl Task {
    /// # Errors
    /// When an option is unknown, or one is missing.
    pub fn parse(mut parser: Parser) -> Result<Self, Failed> {
        let (mut program, mut elements, mut manifest) = (None, None, None);
        let (mut input, mut output, mut threads, mut modules) = (None, None, 1, None);
        while let Some(argument) = parser.next()? {
            match argument {
                Long("flow") => program = Some(Program::named(&parser.value()?.string()?)?),
                Long("elements") => elements = Some(parser.value()?.parse()?),
                Long("manifest") => manifest = Some(parser.value()?.into()),
                Long("input") => input = Some(parser.value()?.into()),
                Long("output") => output = Some(parser.value()?.into()),
                Long("threads") => threads = parser.value()?.parse()?,
                Long("modules") => modules = Some(parser.value()?.into()),
                other @ (Short(_) | Long(_) | Value(_)) => return Err(other.unexpected().into()),
            }
        }
        Ok(Self {
            program: program.ok_or("`--flow` is missing")?,
            elements: elements.ok_or("`--elements` is missing")?,
            manifest: manifest.ok_or("`--manifest` is missing")?,
            input,
            output,
            threads,
            modules,
        })
    }

    /// The file to read.
    ///
    /// # Errors
    /// When none is named.
    pub fn input(&self) -> Result<&Path, Failed> {
        Ok(self.input.as_deref().ok_or("`--input` is missing")?)
    }

    /// The file to append to.
    ///
    /// # Errors
    /// When none is named.
    pub fn output(&self) -> Result<&Path, Failed> {
        Ok(self.output.as_deref().ok_or("`--output` is missing")?)
    }
}

/// Ends a program, with the words of its failure.
#[must_use]
pub fn exit(done: Result<(), Failed>) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
