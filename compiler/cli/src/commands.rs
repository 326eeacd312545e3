//! One file for each command: its options, and `exec`.

mod build;
mod check;
mod completions;
mod doctor;
mod explain;
mod init;
mod inspect;
mod link;
mod lsp;
mod project;
mod run;

use clap::Subcommand;

use crate::output::{Context, Outcome};

/// What to do.
#[derive(Subcommand)]
pub(crate) enum Command {
    Init(init::Init),
    Check(check::Check),
    Link(link::Link),
    Build(build::Build),
    Run(run::Run),
    Inspect(inspect::Inspect),
    Explain(explain::Explain),
    Doctor(doctor::Doctor),
    Completions(completions::Completions),
    Lsp(lsp::Lsp),
}

impl Command {
    pub(crate) fn exec(self, context: &Context) -> Outcome {
        match self {
            Command::Init(command) => command.exec(context),
            Command::Check(command) => command.exec(context),
            Command::Link(command) => command.exec(context),
            Command::Build(command) => command.exec(context),
            Command::Run(command) => command.exec(context),
            Command::Inspect(command) => command.exec(context),
            Command::Explain(command) => command.exec(context),
            Command::Doctor(command) => command.exec(context),
            Command::Completions(command) => command.exec(),
            Command::Lsp(command) => command.exec(),
        }
    }
}
