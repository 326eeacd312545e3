//! `torvync`: the command line of the compiler. Only this crate prints.

mod choice;
mod commands;
mod environment;
mod output;
mod progress;
mod template;
mod text;
mod unknown;
mod usage;

use std::process::ExitCode;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::error::ErrorKind;
use clap::{Args, CommandFactory, Parser, ValueEnum};

use commands::Command;
use environment::Environment;
use output::Context;

/// Compiles streaming pipelines of sandboxed WebAssembly components to one standalone executable.
#[derive(Parser)]
#[command(name = "torvync", version, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// Options of every command.
#[derive(Args)]
struct Global {
    /// Output format; `jsonl` and `sarif` are for check, link and build
    #[arg(
        long,
        global = true,
        value_parser = Format::among(Format::REPORTS),
        default_value = "human",
        help_heading = "Global options"
    )]
    format: Format,
    /// Colour in output
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN", help_heading = "Global options")]
    color: Color,
    /// Suppress everything but results and errors
    #[arg(
        long,
        short,
        global = true,
        conflicts_with = "verbose",
        help_heading = "Global options"
    )]
    quiet: bool,
    /// Print more
    #[arg(long, short, global = true, help_heading = "Global options")]
    verbose: bool,
}

/// For whom output is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Human-readable text
    Human,
    /// One JSON object on standard output
    Json,
    /// A JSON object for each error and warning, one per line
    Jsonl,
    /// A SARIF 2.1.0 log, for code hosts and editors
    Sarif,
    /// Graphviz
    Dot,
    /// A Mermaid flowchart
    Mermaid,
    /// A picture
    Svg,
}

impl Format {
    /// Formats of all commands but `torvync graph`.
    const REPORTS: &[Format] = &[Format::Human, Format::Json, Format::Jsonl, Format::Sarif];
    /// Formats of `torvync graph`.
    const GRAPHS: &[Format] = &[Format::Dot, Format::Mermaid, Format::Svg, Format::Json];

    /// Returns a parser that accepts the names of these formats only.
    fn among(allowed: &'static [Format]) -> impl TypedValueParser<Value = Format> {
        let names = allowed.iter().filter_map(ValueEnum::to_possible_value);
        PossibleValuesParser::new(names)
            .map(|name| Format::from_str(&name, false).expect("invariant: the names are those of formats"))
    }

    /// Whether standard output is the result as text, rather than JSON with results and diagnostics.
    fn is_text(self) -> bool {
        match self {
            Format::Human | Format::Dot | Format::Mermaid | Format::Svg => true,
            Format::Json | Format::Jsonl | Format::Sarif => false,
        }
    }
}

/// When output is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Color {
    /// Whether a stream gets colour. `no_color`: the environment asks for none.
    fn applies(self, is_terminal: bool, no_color: bool) -> bool {
        match self {
            Color::Auto => is_terminal && !no_color,
            Color::Always => true,
            Color::Never => false,
        }
    }
}

/// How much is told of what happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
enum LogLevel {
    /// Errors.
    Error,
    /// Warnings as well.
    Warn,
    /// Steps and summaries as well.
    Info,
    /// Details for troubleshooting as well.
    Debug,
    /// Same as `debug`.
    Trace,
}

impl LogLevel {
    fn as_str(self) -> &'static str {
        match self {
            LogLevel::Error => "error",
            LogLevel::Warn => "warn",
            LogLevel::Info => "info",
            LogLevel::Debug => "debug",
            LogLevel::Trace => "trace",
        }
    }
}

fn main() -> ExitCode {
    let environment = Environment::read();
    match Cli::try_parse() {
        Ok(cli) if !cli.command.knows(cli.global.format) => {
            let message = "`--format jsonl` and `--format sarif` are for check, link and build";
            usage::error(&Cli::command().error(ErrorKind::InvalidValue, message), &environment)
        }
        Ok(cli) if let Some(contradiction) = cli.command.contradiction() => usage::error(
            &Cli::command().error(ErrorKind::ArgumentConflict, contradiction),
            &environment,
        ),
        Ok(cli) => {
            let context = Context::new(&cli.global, environment, cli.command.report());
            let outcome = cli.command.exec(&context);
            context.finish(outcome)
        }
        // It is no failure if the reader of the help closes the pipe early.
        Err(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            let _ = error.print();
            ExitCode::SUCCESS
        }
        Err(error) => usage::error(&unknown::explained(error, &mut Cli::command()), &environment),
    }
}
