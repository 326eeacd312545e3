//! Child processes that cannot hang a test.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, LazyLock, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use signal_hook::consts::SIGHUP;

/// Longest time for anything but a build.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The results of a process.
#[derive(Debug)]
pub(crate) struct Finished {
    /// Exit code; `None` after a signal.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// Contents of the file of its `--report=FILE`.
    pub(crate) report: Option<String>,
}

impl Finished {
    /// The map for `perf` that an executable named when it started.
    pub(crate) fn perf_map(&self) -> Option<PathBuf> {
        let mut words = self.stderr.split_whitespace();
        words.find(|word| word.starts_with("/tmp/perf-")).map(PathBuf::from)
    }

    /// Fails the test unless the process ended with `code`.
    pub(crate) fn expect_code(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self}");
        self
    }
}

impl std::fmt::Display for Finished {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "exit code {:?}\n── stdout\n{}\n── stderr\n{}",
            self.code, self.stdout, self.stderr
        )?;
        match &self.report {
            Some(report) => write!(f, "\n── report\n{report}"),
            None => Ok(()),
        }
    }
}

/// A running process.
pub(crate) struct Running {
    child: Child,
    report: Option<PathBuf>,
    lines: Arc<Lines>,
    stdout: JoinHandle<()>,
    stderr: JoinHandle<String>,
}

/// Lines of standard output up to now.
#[derive(Default)]
struct Lines {
    text: Mutex<String>,
    grew: Condvar,
}

/// Handles SIGHUP if this process ignores it, as under `nohup`: an ignored signal is also ignored in the processes that
/// are started here, a handled one has its default there.
static HANGUP: LazyLock<()> = LazyLock::new(|| {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|set| u64::from_str_radix(set.trim(), 16).ok());
    // The lowest bit is signal 1, SIGHUP.
    if ignored.is_some_and(|set| set & 1 == 1) {
        signal_hook::flag::register(SIGHUP, Arc::default()).expect("the signal can be handled");
    }
});

impl Running {
    /// Starts `command`. Its standard input is that set by the caller, otherwise empty.
    pub(crate) fn start(mut command: Command) -> Self {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        *HANGUP;
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let lines = Arc::new(Lines::default());
        let mut out = BufReader::new(child.stdout.take().expect("stdout is piped"));
        let mut err = child.stderr.take().expect("stderr is piped");
        let seen = Arc::clone(&lines);
        let stdout = thread::spawn(move || {
            let mut line = Vec::new();
            while out.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
                seen.text
                    .lock()
                    .expect("not poisoned")
                    .push_str(&String::from_utf8_lossy(&line));
                seen.grew.notify_all();
                line.clear();
            }
        });
        let stderr = thread::spawn(move || {
            let mut bytes = Vec::new();
            err.read_to_end(&mut bytes).expect("stderr can be read");
            String::from_utf8_lossy(&bytes).into_owned()
        });
        Running {
            child,
            report: report_file(&command),
            lines,
            stdout,
            stderr,
        }
    }

    /// Writes to standard input, which stays open.
    pub(crate) fn write(&mut self, text: &str) {
        let stdin = self.child.stdin.as_mut().expect("stdin is piped");
        stdin
            .write_all(text.as_bytes())
            .and_then(|()| stdin.flush())
            .expect("the process reads");
    }

    /// Identifier of the process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Standard output up to now.
    pub(crate) fn so_far(&self) -> String {
        self.lines.text.lock().expect("not poisoned").clone()
    }

    /// Waits until standard output contains `text`.
    pub(crate) fn wait_for(&self, text: &str) {
        let seen = self.lines.text.lock().expect("not poisoned");
        let (seen, timeout) = self
            .lines
            .grew
            .wait_timeout_while(seen, PATIENCE, |seen| !seen.contains(text))
            .expect("not poisoned");
        assert!(!timeout.timed_out(), "never printed `{text}`: {seen}");
    }

    /// Sends `signal`, such as `INT`.
    pub(crate) fn signal(&self, signal: &str) {
        assert!(self.try_signal(signal), "can't send {signal}");
    }

    fn try_signal(&self, signal: &str) -> bool {
        let mut kill = Command::new("kill");
        kill.args(["-s", signal, &self.child.id().to_string()])
            .stderr(Stdio::null());
        kill.status().is_ok_and(|status| status.success())
    }

    /// Waits for the end.
    pub(crate) fn finish(mut self) -> Finished {
        drop(self.child.stdin.take());
        self.finish_with_open_stdin()
    }

    /// Sends `signal` repeatedly until the process ends: signals in quick succession count as one.
    pub(crate) fn insist(mut self, signal: &str) -> Finished {
        let since = Instant::now();
        while since.elapsed() <= PATIENCE && self.child.try_wait().expect("the process can be waited for").is_none() {
            // The process may end before the signal arrives.
            let _ = self.try_signal(signal);
            thread::sleep(Duration::from_millis(50));
        }
        self.finish_with_open_stdin()
    }

    /// Waits for the end, which must come though standard input stays open.
    pub(crate) fn finish_with_open_stdin(mut self) -> Finished {
        let since = Instant::now();
        let mut stdin = self.child.stdin.take();
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("the process can be waited for") {
                break status;
            }
            if since.elapsed() > PATIENCE {
                self.child.kill().expect("the process can be killed");
            }
            thread::sleep(Duration::from_millis(5));
        };
        drop(stdin.take());
        self.stdout.join().expect("the reader ends");
        let stdout = self.lines.text.lock().expect("not poisoned").clone();
        let stderr = self.stderr.join().expect("the reader ends");
        let finished = Finished {
            code: status.code(),
            stdout,
            stderr,
            report: self.report.map(|path| taken(&path)),
        };
        assert!(since.elapsed() <= PATIENCE, "did not end: {finished}");
        finished
    }
}

/// An amount of memory that the system tells of a process, in bytes.
#[cfg(target_os = "linux")]
pub(crate) fn status(running: &Running, key: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", running.id())).expect("the process lives");
    let line = status.lines().find_map(|line| line.strip_prefix(key));
    let words = line.and_then(|line| line.strip_prefix(':')?.split_whitespace().next());
    let kib: u64 = words.and_then(|kib| kib.parse().ok()).expect("the system tells it");
    kib * 1024
}

/// The file in the `--report=FILE` of a command.
fn report_file(command: &Command) -> Option<PathBuf> {
    let mut arguments = command.get_args().filter_map(|argument| argument.to_str());
    let path = PathBuf::from(arguments.find_map(|argument| argument.strip_prefix("--report="))?);
    Some(match command.get_current_dir() {
        Some(folder) => folder.join(path),
        None => path,
    })
}

/// The contents of a report file, which is removed; empty if there is none, or if the path is no regular file.
fn taken(path: &std::path::Path) -> String {
    if !path.is_file() {
        return String::new();
    }
    let report = std::fs::read_to_string(path).unwrap_or_default();
    // The file is missing when the command line was rejected.
    let _ = std::fs::remove_file(path);
    report
}
