//! `torvync`: the command line of the compiler. Only this crate prints.

mod choice;
mod commands;
mod environment;
mod output;
mod progress;
mod template;
mod text;

use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{Args, Parser, ValueEnum};

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
    /// Output format: text for people, or one JSON object
    #[arg(long, global = true, value_enum, default_value_t = Format::Human, help_heading = "Global options")]
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
    /// Say more
    #[arg(long, short, global = true, help_heading = "Global options")]
    verbose: bool,
}

/// For whom output is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Text for people.
    Human,
    /// One JSON object on standard output.
    Json,
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

fn main() -> ExitCode {
    let environment = Environment::read();
    match Cli::try_parse() {
        Ok(cli) => {
            let context = Context::new(&cli.global, environment);
            let outcome = cli.command.exec(&context);
            context.finish(outcome)
        }
        // A reader of the help who went away has seen enough.
        Err(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            let _ = error.print();
            ExitCode::SUCCESS
        }
        Err(error) => output::usage_error(&error),
    }
}
