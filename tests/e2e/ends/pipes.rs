//! Pipes whose other end is missing, or does nothing.

use std::fs::{self, File};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec};

use super::{eventually, fifo, folder, numbers, read, run_in_shell, shell, start, whole_lines};
use crate::process::Running;
use crate::report::Reported;

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
    running.finish_with_open_stdin().expect_code(0);
}

#[test]
fn a_report_that_nobody_reads_is_refused() {
    let folder = folder();
    numbers(folder.path(), 100);
    fifo(folder.path(), "pipe");
    let arguments = ["--flow=main", "--input=numbers", "--output=out", "--report=pipe"];
    let finished = run_in_shell(folder.path(), "$APP", &arguments).expect_code(2);
    assert!(finished.stderr.contains("the pipe has no reader"), "{finished}");
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
    ends_unread("--report", "State:       cancelled");
    ends_unread("--quiet", "Flow main cancelled: ");
}

fn ends_unread(option: &str, expected: &str) {
    let folder = folder();
    let script = "{ $APP 2>told; echo $? >code; } | sleep 1000 & wait";
    let arguments = ["--flow=main", "--input=generator", "--output=-", option];
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
    assert!(told.contains(expected), "{told}");
    assert!(!told.contains("E0402"), "{told}");
    assert_eq!(read(folder.path(), "code"), "1\n");
}

fn signal(process: u32, name: &str) {
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
