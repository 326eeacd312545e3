//! Ends of flows: delivered elements are those that the system accepted, and the contents of a file agree with the
//! report to the element.
//!
//! This file holds what its modules share.

#[path = "ends/long_lines.rs"]
mod long_lines;
#[path = "ends/pipes.rs"]
mod pipes;
#[path = "ends/same_file.rs"]
mod same_file;
#[path = "ends/signals.rs"]
mod signals;
#[path = "ends/unwritable.rs"]
mod unwritable;
#[path = "ends/written.rs"]
mod written;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::lab::ENDS;
use crate::process::{Finished, PATIENCE, Running};
use crate::torvync::executable;

pub(crate) fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

/// The lines `0` to `count - 1`, as a file and as text.
pub(crate) fn numbers(folder: &Path, count: u64) -> String {
    let text: String = (0..count).map(|n| format!("{n}\n")).collect();
    fs::write(folder.join("numbers"), &text).expect("the folder is writable");
    text
}

pub(crate) fn read(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).unwrap_or_default()
}

/// A command that runs the executable in a shell, whose script prepares its surroundings: `$APP` is the executable with
/// its arguments.
pub(crate) fn shell(folder: &Path, script: &str, arguments: &[&str]) -> Command {
    let script = script.replace("$APP", "\"$0\" \"$@\"");
    let mut command = Command::new("bash");
    command
        .args(["-c", &script])
        .arg(&ENDS.built().executable)
        .args(arguments);
    command
        .current_dir(folder)
        .stdin(Stdio::null())
        .env_remove("TORVYN_LOG");
    command
}

pub(crate) fn run_in_shell(folder: &Path, script: &str, arguments: &[&str]) -> Finished {
    Running::start(shell(folder, script, arguments)).finish()
}

pub(crate) fn start(folder: &Path, arguments: &[&str]) -> Running {
    let mut command = executable(&ENDS.built().executable, folder, arguments);
    command.stdin(Stdio::piped());
    Running::start(command)
}

pub(crate) fn run(folder: &Path, arguments: &[&str]) -> Finished {
    Running::start(executable(&ENDS.built().executable, folder, arguments)).finish()
}

pub(crate) fn fifo(folder: &Path, name: &str) -> PathBuf {
    let path = folder.join(name);
    let made = Command::new("mkfifo").arg(&path).status();
    assert!(made.is_ok_and(|status| status.success()));
    path
}

/// Waits until a condition holds.
#[track_caller]
pub(crate) fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let since = Instant::now();
    while !is_so() {
        assert!(since.elapsed() < PATIENCE, "never {what}");
        thread::sleep(Duration::from_millis(2));
    }
}

/// The number of lines in a text, which must consist of whole lines.
#[track_caller]
pub(crate) fn whole_lines(text: &str) -> u64 {
    assert!(
        text.is_empty() || text.ends_with('\n'),
        "half a line: {:?}",
        text.lines().last()
    );
    text.lines().count() as u64
}
