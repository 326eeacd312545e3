//! One file for each command: its options, and `exec`.

mod build;
mod check;
mod completions;
mod contract;
mod doctor;
mod explain;
mod graph;
mod init;
mod inspect;
mod link;
mod lsp;
mod project;
mod run;
mod schema;

use std::ffi::OsString;

use clap::Subcommand;

use crate::Format;
use crate::output::{Context, Outcome};

/// What to do.
#[derive(Subcommand)]
pub(crate) enum Command {
    Init(init::Init),
    Check(check::Check),
    Link(link::Link),
    Build(build::Build),
    Run(run::Run),
    Graph(graph::Graph),
    Inspect(inspect::Inspect),
    Explain(explain::Explain),
    Contract(contract::Contract),
    Schema(schema::Schema),
    Doctor(doctor::Doctor),
    Completions(completions::Completions),
    Lsp(lsp::Lsp),
}

impl Command {
    /// Whether it can write this format: `jsonl` and `sarif` hold nothing but diagnostics, and are for check, link and
    /// build.
    pub(crate) fn knows(&self, format: Format) -> bool {
        match (format, self) {
            (Format::Jsonl | Format::Sarif, Command::Check(_) | Command::Link(_) | Command::Build(_)) => true,
            (Format::Jsonl | Format::Sarif, _) => false,
            (Format::Human | Format::Json | Format::Dot | Format::Mermaid | Format::Svg, _) => true,
        }
    }

    /// Returns a message if its options contradict each other.
    pub(crate) fn contradiction(&self) -> Option<String> {
        match self {
            Command::Check(command) => command.project().contradiction(),
            Command::Link(command) => command.project().contradiction(),
            Command::Build(command) => command.project().contradiction(),
            Command::Run(command) => command.project().contradiction(),
            Command::Graph(command) => command.project().contradiction(),
            Command::Init(_)
            | Command::Inspect(_)
            | Command::Explain(_)
            | Command::Contract(_)
            | Command::Schema(_)
            | Command::Doctor(_)
            | Command::Completions(_)
            | Command::Lsp(_) => None,
        }
    }

    /// Returns the file for the report of a run, if one is named.
    pub(crate) fn report(&self) -> Option<OsString> {
        match self {
            Command::Run(command) => command.report(),
            Command::Init(_)
            | Command::Check(_)
            | Command::Link(_)
            | Command::Build(_)
            | Command::Graph(_)
            | Command::Inspect(_)
            | Command::Explain(_)
            | Command::Contract(_)
            | Command::Schema(_)
            | Command::Doctor(_)
            | Command::Completions(_)
            | Command::Lsp(_) => None,
        }
    }

    pub(crate) fn exec(self, context: &Context) -> Outcome {
        match self {
            Command::Init(command) => command.exec(context),
            Command::Check(command) => command.exec(context),
            Command::Link(command) => command.exec(context),
            Command::Build(command) => command.exec(context),
            Command::Run(command) => command.exec(context),
            Command::Graph(command) => command.exec(context),
            Command::Inspect(command) => command.exec(context),
            Command::Explain(command) => command.exec(context),
            Command::Contract(command) => command.exec(context),
            Command::Schema(command) => command.exec(),
            Command::Doctor(command) => command.exec(context),
            Command::Completions(command) => command.exec(),
            Command::Lsp(command) => command.exec(),
        }
    }
}
