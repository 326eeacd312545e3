//! `torvync completions`

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::Cli;
use crate::output::Outcome;

/// Print a completion script for a shell
#[derive(Args)]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    pub(crate) fn exec(self) -> Outcome {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "torvync", &mut script);
        let script = String::from_utf8_lossy(&script).into_owned();
        Outcome::success(script.clone())
            .field("shell", self.shell.to_string())
            .field("script", script)
    }
}
