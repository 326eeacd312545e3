//! Runs a tool and passes on its messages, line by line.

use std::io::{self, BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;

/// The results of a tool that has ended.
pub(crate) struct Finished {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: Vec<u8>,
    /// The whole of its standard error.
    pub(crate) said: String,
}

/// Runs `command` to its end, without input. `on_line` gets each line of its standard error.
pub(crate) fn run(command: &mut Command, on_line: &mut dyn FnMut(&str)) -> io::Result<Finished> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut stdout = child.stdout.take().expect("invariant: standard output is piped");
    // The tool would stop at a full pipe.
    let reader = thread::spawn(move || {
        let mut bytes = Vec::new();
        stdout.read_to_end(&mut bytes).map(|_| bytes)
    });
    let said = listen(&mut child, on_line)?;
    let stdout = reader.join().expect("invariant: reading a pipe does not panic")?;
    Ok(Finished {
        status: child.wait()?,
        stdout,
        said,
    })
}

fn listen(child: &mut Child, on_line: &mut dyn FnMut(&str)) -> io::Result<String> {
    let mut stderr = BufReader::new(child.stderr.take().expect("invariant: standard error is piped"));
    let mut said = String::new();
    let mut line = Vec::new();
    while stderr.read_until(b'\n', &mut line)? > 0 {
        let text = String::from_utf8_lossy(&line);
        on_line(text.trim_end());
        said.push_str(&text);
        line.clear();
    }
    Ok(said)
}

/// Returns what cargo waits for, if the line says so: the lock of the `build directory` or of the `package cache`.
pub(crate) fn awaited(line: &str) -> Option<&str> {
    line.trim_start().strip_prefix("Blocking waiting for file lock on ")
}

/// Returns cargo's messages without its progress (`   Compiling …`, a word that ends in the twelfth column). What
/// remains is about the code, and the same at every run.
pub(crate) fn without_progress(said: &str) -> String {
    let is_progress = |line: &&str| {
        let word = line.get(..12).map(str::trim_start);
        let is_word = |word: &str| {
            word.starts_with(|c: char| c.is_ascii_uppercase()) && word.chars().all(|c| c.is_ascii_alphabetic())
        };
        word.is_some_and(is_word) && line.get(12..13) == Some(" ")
    };
    said.lines()
        .filter(|line| !is_progress(line))
        .collect::<Vec<_>>()
        .join("\n")
        .trim()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_is_recognised() {
        let line = "    Blocking waiting for file lock on build directory";
        assert_eq!(awaited(line), Some("build directory"));
        assert_eq!(awaited("   Compiling app v0.1.0 (/a/b)"), None);
    }

    #[test]
    fn progress_is_left_out() {
        let said = "    Blocking waiting for file lock on build directory\n   Compiling app v0.1.0 (/a/b)\n\
                    error: expected one of `!` or `::`\n --> src/lib.rs:1:1\n\nerror: could not compile `app`\n";
        assert_eq!(
            without_progress(said),
            "error: expected one of `!` or `::`\n --> src/lib.rs:1:1\n\nerror: could not compile `app`"
        );
    }
}
