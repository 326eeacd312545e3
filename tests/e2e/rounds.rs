//! Random endings of flows: a full disk, a reader that closes, signals at any time, slow input. After each round the
//! report and the contents of the disk agree to the element.
//!
//! Runs a few rounds of each kind; `TORVYNC_ROUNDS=200`, which `cargo xtask rounds` sets, runs more and prints the
//! results.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use fastrand::Rng;

use crate::ends::{eventually, fifo, folder, numbers, read, run, run_in_shell, shell, start, whole_lines};
use crate::process::Running;
use crate::report::Reported;

/// Default number of rounds of each kind.
const FEW: u64 = 2;
const SEED: u64 = 13;

/// Time after which a line is certainly in the file when the process is killed, even on the slowest machine. The rounds
/// print how long it really takes.
const LONG_AGO: Duration = Duration::from_secs(10);

/// Runs and logs the rounds of a kind. A round returns the number to log.
fn rounds(kind: &str, round: impl Fn(&mut Rng, u64) -> u64) {
    let count = std::env::var("TORVYNC_ROUNDS").map_or(FEW, |text| text.parse().expect("TORVYNC_ROUNDS is a number"));
    let mut values: Vec<u64> = (0..count)
        .map(|number| round(&mut Rng::with_seed(SEED + number), number))
        .collect();
    values.sort_unstable();
    let median = values.get(values.len() / 2).copied().unwrap_or_default();
    let (least, most) = (
        values.first().copied().unwrap_or_default(),
        values.last().copied().unwrap_or_default(),
    );
    tell(&format!(
        "{kind}: {count} rounds, all agree; least {least}, median {median}, most {most}"
    ));
}

#[expect(clippy::print_stdout, reason = "what long rounds are run for")]
fn tell(text: &str) {
    println!("{text}");
}

const FLOWS: [&str; 3] = ["main", "skipping", "shared"];

/// The flow of a round, and its exit code when it cannot write everything.
fn flow(round: u64) -> (&'static str, i32) {
    let flow = FLOWS[round as usize % FLOWS.len()];
    (flow, i32::from(flow != "skipping"))
}

#[test]
fn a_full_disk() {
    rounds("a full disk, lines delivered", |rng, round| {
        let folder = folder();
        numbers(folder.path(), 60_000);
        fs::create_dir(folder.path().join("disk")).expect("the folder is writable");
        let (flow, code) = flow(round);
        let size = 4 * rng.u64(1..60);
        let script = if may_mount() {
            format!(
                "unshare -rm bash -c 'mount -t tmpfs -o size={size}k none disk && \"$0\" \"$@\"; code=$?; cp disk/out out; exit $code' $APP"
            )
        } else {
            format!("ulimit -f {size}; $APP; code=$?; cp disk/out out; exit $code")
        };
        let arguments = ["--input=numbers", "--output=disk/out", "--format=json"];
        let arguments = [&["--flow", flow][..], &arguments].concat();
        let told = Reported::printed(run_in_shell(folder.path(), &script, &arguments).expect_code(code));
        let lines = whole_lines(&read(folder.path(), "out"));
        assert_eq!(told.report.number("delivered"), lines, "round {round}: {}", told.report);
        assert!(lines < 60_000, "round {round}: the disk was full");
        lines
    });
}

/// Whether a process can have a file system of its own.
fn may_mount() -> bool {
    static ANSWER: OnceLock<bool> = OnceLock::new();
    *ANSWER.get_or_init(|| {
        let mut command = Command::new("unshare");
        command.args(["-rm", "mount", "-t", "tmpfs", "-o", "size=64k", "none", "/mnt"]);
        command.output().is_ok_and(|output| output.status.success())
    })
}

#[test]
fn a_reader_that_goes_away() {
    rounds("a reader that goes away, lines delivered", |rng, round| {
        let folder = folder();
        fifo(folder.path(), "pipe");
        // Its output is cut off in the middle of a line, or after one.
        let wanted = rng.u64(0..300_000);
        let script = format!("head -c {wanted} pipe > out & $APP; code=$?; wait; exit $code");
        let flow = ["main", "shared"][round as usize % 2];
        let arguments = ["--flow", flow, "--input=generator", "--output=pipe", "--format=json"];
        let told = Reported::printed(run_in_shell(folder.path(), &script, &arguments).expect_code(1));
        let out = read(folder.path(), "out");
        assert_eq!(out.len() as u64, wanted, "round {round}");
        let lines = out.matches('\n').count() as u64;
        let delivered = told.report.number("delivered");
        // Lines that the pipe accepted but that were not read count as delivered too: at most 64 KiB.
        let most = lines + (64 << 10) / "Hello, Torvyn! (1)\n".len() as u64 + 2;
        assert!(
            (lines..=most).contains(&delivered),
            "round {round}: {lines} read, {}",
            told.report
        );
        assert_eq!(told.report.codes(), ["E0414"], "round {round}");
        delivered
    });
}

#[test]
fn a_hangup_at_any_time() {
    a_signal("HUP");
}

#[test]
fn a_termination_at_any_time() {
    a_signal("TERM");
}

fn a_signal(signal: &str) {
    rounds(&format!("SIG{signal}, lines delivered"), |rng, round| {
        let folder = folder();
        let (flow, _) = flow(round);
        let through_pipe = rng.bool();
        let mut arguments = vec!["--flow", flow, "--input=generator", "--format=json", "--output=out"];
        let reader = through_pipe.then(|| {
            fifo(folder.path(), "pipe");
            arguments[4] = "--output=pipe";
            Running::start(shell(folder.path(), "cat pipe > out", &[]))
        });
        let running = start(folder.path(), &arguments);
        eventually("written", || !read(folder.path(), "out").is_empty());
        thread::sleep(Duration::from_micros(rng.u64(0..50_000)));
        running.signal(signal);
        let told = Reported::printed(running.finish_with_open_stdin().expect_code(0));
        if let Some(reader) = reader {
            reader.finish();
        }
        let lines = whole_lines(&read(folder.path(), "out"));
        assert_eq!(told.report.number("delivered"), lines, "round {round}: {}", told.report);
        assert_eq!(told.report.number("elements"), lines, "round {round}: {}", told.report);
        lines
    });
}

#[test]
fn a_kill_at_any_time() {
    rounds("SIGKILL while it works, lines found", |rng, round| {
        let folder = folder();
        let (flow, _) = flow(round);
        let arguments = ["--flow", flow, "--input=generator", "--output=out"];
        let running = start(folder.path(), &arguments);
        eventually("written", || !read(folder.path(), "out").is_empty());
        thread::sleep(Duration::from_micros(rng.u64(0..50_000)));
        running.signal("KILL");
        running.finish_with_open_stdin();
        let found = read(folder.path(), "out");
        let (whole, half) = found
            .rsplit_once('\n')
            .map_or(("", &*found), |(whole, half)| (whole, half));
        let mut seen: Vec<u64> = whole.lines().map(number).collect();
        if flow != "shared" {
            assert!(seen.is_sorted(), "round {round}");
        }
        let count = seen.len();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), count, "round {round}: a line is there twice");
        // The next run ends the incomplete line before it appends.
        let arguments = [
            "--flow",
            flow,
            "--input=generator",
            "--output=out",
            "--limit=2",
            "--format=json",
        ];
        let told = Reported::printed(run(folder.path(), &arguments).expect_code(0));
        assert_eq!(told.report.number("delivered"), 2);
        let after = read(folder.path(), "out");
        let ended = if half.is_empty() {
            found.clone()
        } else {
            format!("{found}\n")
        };
        let new = after
            .strip_prefix(&ended)
            .unwrap_or_else(|| panic!("round {round}: {half:?} is not ended"));
        let mut new: Vec<u64> = new.lines().map(number).collect();
        new.sort_unstable();
        assert_eq!(new, [1, 2], "round {round}");
        count as u64
    });
}

/// The `12` of `Hello, Torvyn! (12)`.
#[track_caller]
fn number(line: &str) -> u64 {
    let number = line
        .strip_prefix("Hello, Torvyn! (")
        .and_then(|rest| rest.strip_suffix(')'));
    number
        .and_then(|text| text.parse().ok())
        .unwrap_or_else(|| panic!("not a line of ours: {line:?}"))
}

#[test]
fn a_kill_after_a_while() {
    rounds(
        "SIGKILL with slow input, ms since the newest line that was lost",
        |rng, round| {
            let folder = folder();
            let (flow, _) = flow(round);
            let mut running = start(folder.path(), &["--flow", flow, "--input=-", "--output=out"]);
            let mut written = Vec::new();
            for n in 0..rng.u64(1..20) {
                running.write(&format!("{n}\n"));
                written.push(Instant::now());
                thread::sleep(Duration::from_millis(rng.u64(0..30)));
            }
            eventually("written", || !read(folder.path(), "out").is_empty());
            thread::sleep(Duration::from_millis(rng.u64(0..150)));
            let killed = Instant::now();
            running.signal("KILL");
            running.finish_with_open_stdin();
            let out = read(folder.path(), "out");
            let mut found: Vec<usize> = out.lines().map(|line| line.parse().expect("a number")).collect();
            found.sort_unstable();
            let lost = (0..written.len()).filter(|n| !found.contains(n));
            let oldest = lost
                .map(|n| killed.duration_since(written[n]))
                .max()
                .unwrap_or_default();
            assert!(oldest < LONG_AGO, "round {round}: {found:?} after {oldest:?}");
            oldest.as_millis() as u64
        },
    );
}

#[test]
fn slow_input() {
    rounds("slow input, µs until a line is in the file", |rng, round| {
        let folder = folder();
        let (flow, _) = flow(round);
        let mut running = start(
            folder.path(),
            &["--flow", flow, "--input=-", "--output=out", "--format=json"],
        );
        let mut longest = Duration::ZERO;
        let mut lines = 0;
        for _ in 0..rng.u64(1..6) {
            let more = rng.u64(1..50);
            let text: String = (lines..lines + more).map(|n| format!("{n}\n")).collect();
            running.write(&text);
            lines += more;
            let since = Instant::now();
            eventually("in the file", || {
                read(folder.path(), "out").lines().count() as u64 == lines
            });
            longest = longest.max(since.elapsed());
        }
        let told = Reported::printed(running.finish().expect_code(0));
        assert_eq!(told.report.number("delivered"), lines, "round {round}");
        is_all(folder.path(), lines);
        longest.as_micros() as u64
    });
}

/// Checks that the file has each of the first `lines` numbers once.
#[track_caller]
fn is_all(folder: &Path, lines: u64) {
    let out = read(folder, "out");
    let mut found: Vec<u64> = out.lines().map(|line| line.parse().expect("a number")).collect();
    found.sort_unstable();
    assert_eq!(found, (0..lines).collect::<Vec<_>>());
}
