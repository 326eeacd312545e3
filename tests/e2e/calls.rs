//! System calls of an executable, recorded by a library that is loaded before the C library.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::torvync::{root, run_to_end, workshop};

/// The calls of one process that concern regular files.
pub(crate) struct Calls(PathBuf);

impl Calls {
    /// Makes `command`, an executable of a development build, record its calls in `file`.
    pub(crate) fn of(command: &mut Command, file: &Path) -> Self {
        // A file of an earlier run may exist.
        let _ = fs::remove_file(file);
        command.env("LD_PRELOAD", library()).env("CALLS", file);
        Self(file.to_owned())
    }

    /// Number of its calls of `write`, or of `sync`, up to now.
    pub(crate) fn count(&self, name: &str) -> usize {
        let calls = fs::read_to_string(&self.0).unwrap_or_default();
        calls.lines().filter(|call| *call == name).count()
    }
}

fn library() -> &'static Path {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    MADE.get_or_init(|| {
        let library = workshop("calls").join("calls.so");
        let mut cc = Command::new("cc");
        cc.args(["-shared", "-fPIC", "-Wall", "-Werror", "-o"]).arg(&library);
        run_to_end(cc.arg(root().join("tests/fixtures/c/calls.c")));
        library
    })
}
