//! The commands that need no build, through the real binary.
#![expect(clippy::disallowed_methods, reason = "tests start the binary and look at files")]

mod completions;
mod doctor;
mod explain;
mod init;
mod inspect;
mod options;

use std::path::Path;
use std::process::{Command, Output};

/// Runs `torvync` in a folder, undisturbed by the environment of the tests.
fn torvync(folder: &Path, arguments: &[&str]) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_torvync"));
    command
        .args(arguments)
        .current_dir(folder)
        .env("TORVYN_HOME", folder.join("torvyn-home"));
    command
        .env_remove("NO_COLOR")
        .env_remove("TORVYN_LOG")
        .env("GIT_CEILING_DIRECTORIES", std::env::temp_dir());
    Run::of(&command.output().expect("torvync starts"))
}

/// What a finished `torvync` said.
#[derive(Debug)]
struct Run {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Run {
    fn of(output: &Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout.clone()).expect("UTF-8"),
            stderr: String::from_utf8(output.stderr.clone()).expect("UTF-8"),
        }
    }

    /// The JSON object on standard output.
    #[track_caller]
    fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    #[track_caller]
    fn succeeds(self) -> Self {
        assert_eq!(self.code, Some(0), "{self:?}");
        self
    }

    #[track_caller]
    fn fails(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:?}");
        assert!(!self.stderr.contains("panicked"), "{self:?}");
        self
    }
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}
