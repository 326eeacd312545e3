//! Ends of flows: delivered elements are those that the system accepted, and the contents of a file agree with the
//! report to the element.

use std::fs::{self, File};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec};
use tempfile::TempDir;

use crate::lab::ENDS;
use crate::process::{Finished, Running};
use crate::report::Reported;
use crate::torvync::executable;

/// Longest wait for something that should take no time.
const PATIENCE: Duration = Duration::from_secs(60);

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

// ── What can't be written

#[test]
fn what_a_full_disk_refuses_is_not_delivered() {
    let folder = folder();
    numbers(folder.path(), 5);
    let arguments = ["--flow=main", "--input=numbers", "--output=/dev/full", "--format=json"];
    let report = Reported::printed(run(folder.path(), &arguments).expect_code(1)).report;
    assert_eq!(
        (report.text("state"), report.number("delivered")),
        ("failed", 0),
        "{report}"
    );
    assert_eq!(report.node("sink"), "in 5, errors 1, failed 5");
    assert_eq!(
        report.failure(),
        "E0414: node `sink` failed in `push` of element 0: can't write to `/dev/full`: No space left on device (os error 28)"
    );
}

/// A limit on the size of files acts like a disk that fills up after that many bytes.
#[test]
fn a_file_has_what_is_delivered_and_no_half_line() {
    let folder = folder();
    let text = numbers(folder.path(), 50_000);
    let arguments = ["--flow=main", "--input=numbers", "--output=out", "--format=json"];
    let script = "ulimit -f 61; $APP; code=$?; wc -c < out > size; exit $code";
    let report = Reported::printed(run_in_shell(folder.path(), script, &arguments).expect_code(1)).report;
    let out = read(folder.path(), "out");
    assert!(out.len() > 61_000 && out.len() <= 61 * 1024, "{}", out.len());
    assert!(text.starts_with(&out));
    assert_eq!(report.number("delivered"), whole_lines(&out), "{report}");
    let failure = report.failure();
    assert!(failure.contains("can't write to `out`: File too large"), "{failure}");
    let first = format!("of element {}:", whole_lines(&out));
    assert!(failure.contains(&first), "{failure} is not {first}");
}

#[test]
fn what_a_full_disk_refuses_goes_where_the_policy_says() {
    let folder = folder();
    numbers(folder.path(), 20_000);
    let arguments = ["--flow=skipping", "--input=numbers", "--format=json"];
    let told = Reported::printed(run_in_shell(folder.path(), "ulimit -f 30; $APP", &arguments).expect_code(0));
    let lines = whole_lines(&read(folder.path(), "out"));
    assert!(lines > 3_000, "{lines}");
    assert_eq!(told.report.count("sink", "delivered"), lines, "{}", told.report);
    assert_eq!(told.report.count("sink", "skipped"), 20_000 - lines);

    fs::remove_file(folder.path().join("out")).expect("it was there");
    // A pipe has no such limit.
    fifo(folder.path(), "pipe");
    let arguments = ["--flow=keeping", "--input=numbers", "--format=json"];
    let script = "cat pipe > letters & ulimit -f 30; $APP; code=$?; wait; exit $code";
    let told = Reported::printed(run_in_shell(folder.path(), script, &arguments).expect_code(0));
    assert_eq!(told.report.count("sink", "delivered"), lines, "{}", told.report);
    assert_eq!(told.report.count("sink", "dead_lettered"), 20_000 - lines);
    let letters: String = (lines..20_000).map(|n| format!("{n}\n")).collect();
    assert_eq!(read(folder.path(), "letters"), letters);
}

/// The disk has room again before the attempts are used up: no element is missing or duplicated.
#[test]
fn what_a_full_disk_refused_is_tried_again() {
    let folder = folder();
    let text = numbers(folder.path(), 5_000);
    let arguments = ["--flow=trying", "--input=numbers", "--format=json"];
    // A process may raise its soft limit again.
    let script = "ulimit -S -f 10; $APP & app=$!; until [ \"$(wc -c < out)\" -gt 10000 ]; do :; done; sleep 0.2; \
                  prlimit --pid $app --fsize=unlimited; wait $app";
    let told = Reported::printed(run_in_shell(folder.path(), script, &arguments).expect_code(0));
    assert_eq!(read(folder.path(), "out"), text);
    assert_eq!(told.report.number("delivered"), 5_000);
    assert!(told.report.count("sink", "retries") > 0, "{}", told.report);
}

#[test]
fn a_closed_standard_output_is_not_written_to() {
    let folder = folder();
    numbers(folder.path(), 3);
    let to_console = ["--flow=main", "--input=numbers", "--output=-"];
    let finished = run_in_shell(folder.path(), "$APP >&-", &to_console).expect_code(1);
    let expected = "can't write to standard output: it was closed when the program started";
    assert!(finished.stderr.contains(expected), "{finished}");
    // Output to `/dev/null` is unwanted, and needs no reader.
    run_in_shell(folder.path(), "$APP >/dev/null", &to_console).expect_code(0);
    run_in_shell(folder.path(), "$APP 1<>/dev/null", &to_console).expect_code(0);
    let finished = run_in_shell(folder.path(), "$APP <&-", &["--flow=main", "--input=-"]).expect_code(1);
    assert!(
        finished.stderr.contains("can't open standard input: it was closed"),
        "{finished}"
    );
}

#[test]
fn a_lost_report_is_told() {
    let folder = folder();
    numbers(folder.path(), 3);
    let arguments = ["--flow=main", "--input=numbers", "--output=out", "--format=json"];
    let finished = run_in_shell(folder.path(), "$APP > /dev/full", &arguments).expect_code(1);
    let expected = "error[E0014]: cannot write the report to standard output: No space left on device (os error 28)\n";
    assert_eq!(finished.stderr, expected);
    assert_eq!(whole_lines(&read(folder.path(), "out")), 3);
    // The error comes before anything runs whose report could be lost.
    let finished = run_in_shell(folder.path(), "$APP >&-", &arguments).expect_code(2);
    let expected = "cannot write the report to standard output: it was closed when the program started";
    assert!(finished.stderr.contains(expected), "{finished}");
    assert_eq!(whole_lines(&read(folder.path(), "out")), 3);
    for arguments in ["--help", "inspect"] {
        let finished = run_in_shell(folder.path(), "$APP >&-", &[arguments]).expect_code(1);
        assert!(
            finished.stderr.contains("it was closed when the program started"),
            "{finished}"
        );
    }
}

#[test]
fn a_broken_pipe_is_told_once() {
    let folder = folder();
    for arguments in [
        &["--flow=both", "--quiet"][..],
        &["--flow=main", "--input=generator", "--output=-", "--quiet"],
        &["--flow=shared", "--input=generator", "--output=-", "--quiet"],
    ] {
        let script = "{ $APP 2>told; echo $? >code; } | head -n 3";
        let finished = run_in_shell(folder.path(), script, arguments).expect_code(0);
        assert_eq!(finished.stdout.lines().count(), 3);
        let told = read(folder.path(), "told");
        let count = told
            .matches("can't write to standard output: its reader has closed it")
            .count();
        assert_eq!(count, 1, "{arguments:?}: {told}");
        assert_eq!(told.matches("error[").count(), 1, "{arguments:?}: {told}");
        assert_eq!(read(folder.path(), "code"), "1\n");
    }
}

// ── When it is written

#[test]
fn what_a_resting_flow_delivered_is_there() {
    let folder = folder();
    for flow in ["main", "skipping", "safe", "regular"] {
        let name = if ["safe", "regular"].contains(&flow) {
            flow
        } else {
            "out"
        };
        let flow = format!("--flow={flow}");
        let mut running = start(folder.path(), &[&flow, "--input=-", "--format=json"]);
        for n in 1..=3 {
            running.write(&format!("{n}\n"));
            eventually("written while the flow rests", || {
                read(folder.path(), name).lines().count() == n
            });
        }
        let told = Reported::printed(running.finish().expect_code(0));
        assert_eq!(told.report.number("delivered"), 3);
        assert_eq!(read(folder.path(), name), "1\n2\n3\n");
        fs::remove_file(folder.path().join(name)).expect("it was there");
    }
}

/// The flow never rests, and there are far fewer lines than are written together.
#[test]
fn what_a_busy_flow_delivered_is_there_soon() {
    let folder = folder();
    numbers(folder.path(), 10_000);
    let running = start(folder.path(), &["--flow=slow", "--input=numbers", "--format=json"]);
    eventually("written while the flow works", || {
        !read(folder.path(), "slow").is_empty()
    });
    running.signal("TERM");
    let told = Reported::printed(running.finish_with_open_stdin().expect_code(0));
    let lines = whole_lines(&read(folder.path(), "slow"));
    assert!(lines < 10_000);
    assert_eq!(told.report.number("delivered"), lines);
}

#[test]
fn a_line_without_its_end_gets_one_first() {
    for flow in ["main", "shared", "skipping"] {
        let folder = folder();
        fs::write(folder.path().join("out"), "whole\nha").expect("the folder is writable");
        let mut text = numbers(folder.path(), 100);
        run(folder.path(), &["--flow", flow, "--input=numbers"]).expect_code(0);
        let out = read(folder.path(), "out");
        let rest = out.strip_prefix("whole\nha\n").expect("the half line is ended, once");
        let mut lines: Vec<&str> = rest.lines().collect();
        lines.sort_by_key(|line| line.parse::<u64>().expect("a number"));
        text.truncate(text.len() - 1);
        assert_eq!(lines.join("\n"), text, "{flow}");
        // Nothing is appended, so nothing changes.
        fs::write(folder.path().join("out"), "ha").expect("the folder is writable");
        run(folder.path(), &["--flow", flow, "--input=/dev/null"]).expect_code(0);
        assert_eq!(read(folder.path(), "out"), "ha");
    }
}

#[test]
fn consoles_and_components_print_in_order() {
    let folder = folder();
    let finished = run(folder.path(), &["--flow=printing", "--quiet"]).expect_code(0);
    let lines: Vec<&str> = finished.stdout.lines().collect();
    assert_eq!(lines[0], "stdout: init now");
    let position = |text: String| lines.iter().position(|line| *line == text).expect("it was printed");
    // Whichever of the two gets an element first, neither is more than one element ahead of the other.
    for n in 1..3000 {
        let [printed, sunk] = [n, n + 1].map(|n| [format!("stdout: hello ({n}) ü"), format!("hello ({n})")]);
        assert!(position(printed[0].clone()) < position(sunk[1].clone()), "{n}");
        assert!(position(printed[1].clone()) < position(sunk[0].clone()), "{n}");
    }
}

// ── Signals

#[test]
fn a_hangup_drains() {
    let folder = folder();
    let arguments = ["--flow=main", "--input=generator", "--output=out", "--format=json"];
    let running = start(folder.path(), &arguments);
    eventually("written", || !read(folder.path(), "out").is_empty());
    running.signal("HUP");
    let told = Reported::printed(running.finish_with_open_stdin().expect_code(0));
    assert_eq!(told.report.text("state"), "interrupted");
    assert_eq!(
        told.report.number("delivered"),
        whole_lines(&read(folder.path(), "out"))
    );
}

#[test]
fn a_hangup_that_was_ignored_stays_ignored() {
    let folder = folder();
    let arguments = ["--flow=main", "--input=generator", "--output=out", "--format=json"];
    let running = Running::start(shell(folder.path(), "trap '' HUP; exec $APP", &arguments));
    eventually("written", || !read(folder.path(), "out").is_empty());
    running.signal("HUP");
    let length = read(folder.path(), "out").len();
    eventually("written after the signal", || {
        read(folder.path(), "out").len() > length + 100_000
    });
    running.signal("TERM");
    running.finish_with_open_stdin().expect_code(0);
}

// ── Lines that are too long

#[test]
fn a_line_that_is_too_long_is_skipped_once() {
    let folder = folder();
    let long = "x".repeat(17 << 20);
    for (flow, text, skipped) in [
        ("skipping", format!("first\n{long}\nlast\n"), 1),
        ("shared", format!("first\n{long}\nlast\n"), 1),
        ("skipping", format!("{long}\nfirst\nlast\n{long}"), 2),
        ("shared", format!("{long}\nfirst\nlast\n{long}"), 2),
    ] {
        fs::write(folder.path().join("numbers"), &text).expect("the folder is writable");
        for script in ["$APP", "cat numbers | $APP"] {
            let input = if script == "$APP" {
                "--input=numbers"
            } else {
                "--input=-"
            };
            let flow = format!("--flow={flow}");
            let told = run_in_shell(folder.path(), script, &[&flow, input, "--format=json"]);
            let told = Reported::printed(told.expect_code(0));
            let out = read(folder.path(), "out");
            let mut lines: Vec<&str> = out.lines().collect();
            lines.sort_unstable();
            assert_eq!(lines, ["first", "last"], "{flow} {script}: {}", told.report);
            assert_eq!(
                told.report.node("source"),
                format!("out 2, errors {skipped}, skipped {skipped}")
            );
            fs::remove_file(folder.path().join("out")).expect("it was there");
        }
    }
    fs::write(folder.path().join("numbers"), format!("first\n{long}\nlast\n")).expect("the folder is writable");
    let finished = run(folder.path(), &["--flow=main", "--input=numbers", "--format=json"]).expect_code(1);
    let failure = Reported::printed(finished).report.failure();
    assert!(
        failure.ends_with("line 2 of `numbers`: it is longer than 16777216 bytes"),
        "{failure}"
    );
    assert_eq!(read(folder.path(), "out"), "first\n");
}

// ── Input that is the output

#[test]
fn an_input_that_is_the_output_is_refused() {
    let folder = folder();
    let text = numbers(folder.path(), 100);
    std::os::unix::fs::symlink("numbers", folder.path().join("linked")).expect("a link");
    fs::hard_link(folder.path().join("numbers"), folder.path().join("hard")).expect("a link");
    for (script, arguments, said) in [
        (
            "$APP",
            ["--flow=main", "--input=numbers", "--output=numbers"],
            "can't open `numbers`: source `source` reads the same file: the input would never end",
        ),
        (
            "$APP",
            ["--flow=main", "--input=numbers", "--output=linked"],
            "can't open `linked`: source `source` reads the same file, `numbers`: the input would never end",
        ),
        (
            "$APP",
            ["--flow=main", "--input=hard", "--output=./numbers"],
            "source `source` reads the same file, `hard`",
        ),
        (
            "$APP",
            ["--flow=shared", "--input=linked", "--output=numbers"],
            "source `source` reads the same file, `linked`",
        ),
        (
            "$APP < numbers",
            ["--flow=main", "--input=-", "--output=numbers"],
            "source `source` reads the same file, standard input",
        ),
        (
            "$APP >> numbers",
            ["--flow=main", "--input=numbers", "--output=-"],
            "can't open `numbers`: it is also standard output, to which the program prints: the input would never end",
        ),
        (
            "$APP < numbers >> numbers",
            ["--flow=main", "--input=-", "--output=-"],
            "can't open standard input: it is also standard output",
        ),
    ] {
        let finished = run_in_shell(folder.path(), script, &arguments).expect_code(1);
        assert!(finished.stderr.contains(said), "{arguments:?}: {finished}");
        assert_eq!(read(folder.path(), "numbers"), text, "{arguments:?}");
    }
    // Several flows may append to one file; files without an end of their own cannot form a loop.
    run(folder.path(), &["--flow=shared", "--input=numbers", "--output=out"]).expect_code(0);
    assert_eq!(whole_lines(&read(folder.path(), "out")), 100);
    run(
        folder.path(),
        &["--flow=main", "--input=/dev/null", "--output=/dev/null"],
    )
    .expect_code(0);
}

#[test]
fn a_report_has_a_file_of_its_own() {
    let folder = folder();
    let text = numbers(folder.path(), 100);
    for script in [
        "$APP --report=numbers",
        "$APP --report=out",
        "$APP --report=/dev/stdout > out",
        "$APP --format=json > out",
    ] {
        let arguments = ["--flow=main", "--input=numbers", "--output=out"];
        let finished = run_in_shell(folder.path(), script, &arguments).expect_code(1);
        let words = "a flow is configured to read or write the same file";
        assert!(finished.stderr.contains(words), "{script}: {finished}");
        assert_eq!(read(folder.path(), "numbers"), text, "{script}");
    }
    // Elements never go to standard output where that is reserved for the object.
    let arguments = [
        "--flow=main",
        "--input=numbers",
        "--output=/dev/stdout",
        "--format=json",
    ];
    let finished = run_in_shell(folder.path(), "$APP", &arguments).expect_code(2);
    assert!(finished.stdout.contains("E0704"), "{finished}");
}

#[test]
fn a_report_that_nobody_reads_is_refused() {
    let folder = folder();
    numbers(folder.path(), 100);
    run_in_shell(folder.path(), "mkfifo pipe; true", &[]).expect_code(0);
    let arguments = ["--flow=main", "--input=numbers", "--output=out", "--report=pipe"];
    let finished = run_in_shell(folder.path(), "$APP", &arguments).expect_code(2);
    assert!(finished.stderr.contains("the pipe has no reader"), "{finished}");
}

#[test]
fn flows_do_not_read_what_others_write() {
    let folder = folder();
    let text = numbers(folder.path(), 100);
    // One flow appends to the file under one name, another reads it under the other.
    std::os::unix::fs::symlink("numbers", folder.path().join("safe")).expect("a link");
    let finished = run(folder.path(), &["--all", "--quiet", "--timeout=1s"]).expect_code(1);
    let said = "  = help: run one flow after the other, or connect them by a named pipe (`mkfifo`)\n";
    assert!(finished.stderr.contains(said), "{finished}");
    // Which of them comes first depends on timing.
    let said = [
        "can't open `safe`: source `source` of flow `regular` reads the same file, `numbers`: flows of one run work at the",
        "can't open `numbers`: sink `sink` of flow `safe` writes to the same file, `safe`: flows of one run work at the",
    ];
    assert!(said.iter().any(|said| finished.stderr.contains(said)), "{finished}");
    let flow = ["\n  = flow: safe\n", "\n  = flow: regular\n"];
    assert!(flow.iter().any(|said| finished.stderr.contains(said)), "{finished}");
    assert_eq!(read(folder.path(), "numbers"), text);
}

// ── Pipes whose other end is missing, or does nothing

pub(crate) fn fifo(folder: &Path, name: &str) -> PathBuf {
    let path = folder.join(name);
    let made = Command::new("mkfifo").arg(&path).status();
    assert!(made.is_ok_and(|status| status.success()));
    path
}

#[test]
fn a_pipe_without_its_other_end_holds_up_nothing() {
    for ends in [["--input=pipe", "--output=out"], ["--input=generator", "--output=pipe"]] {
        for (stop, state, code) in [
            ("TERM", "interrupted", 0),
            ("HUP", "interrupted", 0),
            ("", "timed-out", 0),
        ] {
            let folder = folder();
            fifo(folder.path(), "pipe");
            let timeout = if stop.is_empty() {
                "--timeout=100ms"
            } else {
                "--timeout=1h"
            };
            let running = start(
                folder.path(),
                &[&["--flow=main", "--format=json", timeout][..], &ends].concat(),
            );
            if !stop.is_empty() {
                // A signal that arrives before its handlers are installed ends the process.
                eventually("listening", || listens(running.id()));
                running.signal(stop);
            }
            let told = Reported::printed(running.finish_with_open_stdin().expect_code(code));
            assert_eq!(
                (told.report.text("state"), told.report.number("elements")),
                (state, 0),
                "{ends:?} {stop}"
            );
        }
    }
}

/// Whether a process has the thread that handles signals.
fn listens(process: u32) -> bool {
    let threads = fs::read_dir(format!("/proc/{process}/task"));
    threads.is_ok_and(|threads| {
        let names = threads.filter_map(|thread| fs::read_to_string(thread.ok()?.path().join("comm")).ok());
        names.into_iter().any(|name| name.starts_with("signals"))
    })
}

#[test]
fn a_pipe_that_gets_its_other_end_is_used() {
    let folder = folder();
    let text = numbers(folder.path(), 30_000);
    fifo(folder.path(), "in");
    fifo(folder.path(), "out");
    let running = start(
        folder.path(),
        &["--flow=main", "--input=in", "--output=out", "--format=json"],
    );
    let script = "cat numbers > in & cat out > result; wait";
    run_in_shell(folder.path(), script, &[]).expect_code(0);
    let told = Reported::printed(running.finish_with_open_stdin().expect_code(0));
    assert_eq!(told.report.number("delivered"), 30_000);
    assert_eq!(read(folder.path(), "result"), text);
}

#[test]
fn other_flows_go_on_beside_a_pipe_without_its_other_end() {
    let folder = folder();
    numbers(folder.path(), 1000);
    // Most flows append to `out`, and share one thread.
    fifo(folder.path(), "out");
    let running = start(folder.path(), &["--all", "--quiet"]);
    eventually("written beside it", || {
        read(folder.path(), "regular").lines().count() == 1000
    });
    running.signal("TERM");
    running.finish_with_open_stdin();
}

/// Whether a pipe has no room for one write.
fn is_full(pipe: &str) -> bool {
    let Ok(pipe) = File::options().write(true).open(pipe) else {
        return false;
    };
    let mut polled = [PollFd::from_borrowed_fd(pipe.as_fd(), PollFlags::OUT)];
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    rustix::event::poll(&mut polled, Some(&now)).is_ok_and(|ready| ready == 0)
}

/// A reader that does not read: the flow waits, and drains once reading continues.
#[test]
fn a_reader_that_does_not_read_is_waited_for() {
    let folder = folder();
    for flow in ["main", "skipping", "shared"] {
        let script = "mkfifo go; { $APP 2>told; echo $? >code; } | { read line < go; cat > result; }; rm go";
        let flow = format!("--flow={flow}");
        let running = Running::start(shell(
            folder.path(),
            script,
            &[&flow, "--input=generator", "--output=-"],
        ));
        eventually("the pipe", || folder.path().join("go").exists());
        let app = child_of(running.id(), "ends");
        eventually("full", || is_full(&format!("/proc/{app}/fd/1")));
        signal(app, "TERM");
        thread::sleep(Duration::from_millis(100));
        assert!(
            Path::new(&format!("/proc/{app}")).exists(),
            "it drains as soon as somebody reads"
        );
        fs::write(folder.path().join("go"), "\n").expect("somebody waits for it");
        running.finish().expect_code(0);
        let lines = whole_lines(&read(folder.path(), "result"));
        let told = read(folder.path(), "told");
        assert!(
            lines > 1000 && told.contains(&format!("Elements:    {lines}\n")),
            "{lines}: {told}"
        );
        assert_eq!(read(folder.path(), "code"), "0\n");
    }
}

#[test]
fn a_second_signal_ends_a_flow_that_nobody_reads() {
    let folder = folder();
    let script = "{ $APP 2>told; echo $? >code; } | sleep 1000 & wait";
    let arguments = ["--flow=main", "--input=generator", "--output=-", "--report"];
    let mut command = shell(folder.path(), script, &arguments);
    let mut child = command.process_group(0).spawn().expect("a shell");
    let mut app = 0;
    eventually("running", || {
        app = find_child(child.id(), "ends").unwrap_or_default();
        app > 0 && listens(app)
    });
    thread::sleep(Duration::from_millis(300));
    signal(app, "TERM");
    thread::sleep(Duration::from_millis(50));
    signal(app, "TERM");
    eventually("ended", || !read(folder.path(), "code").is_empty());
    // The reader belongs to the same process group.
    let ended = Command::new("kill")
        .args(["-s", "KILL", "--", &format!("-{}", child.id())])
        .status();
    assert!(ended.is_ok_and(|status| status.success()));
    child.wait().expect("it can be waited for");
    let told = read(folder.path(), "told");
    assert!(told.contains("State:       cancelled"), "{told}");
    assert!(!told.contains("E0402"), "{told}");
    assert_eq!(read(folder.path(), "code"), "1\n");
}

pub(crate) fn signal(process: u32, name: &str) {
    let sent = Command::new("kill").args(["-s", name, &process.to_string()]).status();
    assert!(sent.is_ok_and(|status| status.success()), "can't send {name}");
}

fn child_of(shell: u32, name: &str) -> u32 {
    let mut child = None;
    eventually("started", || {
        child = find_child(shell, name);
        child.is_some()
    });
    child.expect("it was found")
}

/// The process of that name that descends from another.
fn find_child(of: u32, name: &str) -> Option<u32> {
    let processes = fs::read_dir("/proc").ok()?;
    let numbers = processes.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    let stat = |number: u32| -> Option<(String, u32)> {
        let stat = fs::read_to_string(format!("/proc/{number}/stat")).ok()?;
        let (comm, rest) = stat.split_once('(')?.1.rsplit_once(')')?;
        Some((comm.to_owned(), rest.split_whitespace().nth(1)?.parse().ok()?))
    };
    numbers.into_iter().find(|number| {
        let Some((comm, mut parent)) = stat(*number) else {
            return false;
        };
        while comm.starts_with(name) && parent > 1 {
            if parent == of {
                return true;
            }
            parent = stat(parent).map_or(0, |(_, parent)| parent);
        }
        false
    })
}
