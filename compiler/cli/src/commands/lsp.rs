//! `torvync lsp`

use std::io;

use clap::Args;
use torvync_lsp::End;

use crate::output::{FAILURE, Outcome};

/// Run the language server for editors, on standard input and output
#[derive(Args)]
pub(crate) struct Lsp {
    /// Accepted because editors pass it; the server always uses standard input and output
    #[arg(long, hide = true)]
    stdio: bool,
}

impl Lsp {
    pub(crate) fn exec(self) -> Outcome {
        // The exit codes are those that the protocol demands.
        match torvync_lsp::serve(io::stdin(), &mut io::stdout()) {
            Ok(End::ShutDown) => Outcome::default(),
            Ok(End::Abandoned) | Err(_) => Outcome::failed(FAILURE),
        }
    }
}
