//! Small machines: little address space, one thread.

use std::process::{Command, Stdio};

#[cfg(target_os = "linux")]
use rustix::process::{Pid, Resource, Rlimit, prlimit};

use crate::lab::{Built, LAB, SMALL};
#[cfg(target_os = "linux")]
use crate::process::status;
use crate::process::{Finished, Running};
use crate::report::{Reported, split};
use crate::torvync::{REPORT, executable, workshop};

/// Address space of the process in KiB: less than one memory takes by default.
const LIMIT_KIB: &str = "500000";

/// Runs a flow under `ulimit -v`.
fn confined(built: &Built, arguments: &[&str]) -> Finished {
    let command = executable(&built.executable, &workshop("small"), arguments);
    let mut shell = Command::new("sh");
    shell
        .args(["-c", "ulimit -v \"$1\" && shift && exec \"$@\"", "sh", LIMIT_KIB])
        .arg(command.get_program())
        .args(command.get_args())
        .current_dir(workshop("small"))
        .stdin(Stdio::null());
    Running::start(shell).finish()
}

#[test]
fn too_little_address_space_is_told_with_what_is_needed() {
    for built in LAB.paths() {
        let finished = confined(built, &["--flow", "count"]).expect_code(1);
        let told = &finished.stderr;
        // The memory shared by fused and direct stages belongs to the flow.
        let whose = ["error[E0413]: node `", "error[E0413]: the flow could not be started: "];
        assert!(whose.iter().any(|whose| told.contains(whose)), "{finished}");
        assert!(
            told.contains(" of address space, but the process may have 489 MiB"),
            "{finished}"
        );
        assert!(
            told.contains("  = help: raise the limit (`ulimit -v`), or build with a smaller"),
            "{finished}"
        );
    }
}

#[test]
fn a_small_reservation_runs_in_little_address_space() {
    for built in SMALL.paths() {
        let finished = confined(built, &[&["--flow", "healthy"], &REPORT[..]].concat());
        let told = Reported::of(finished.expect_code(0));
        assert_eq!(told.report.number("delivered"), 1000);
    }
}

#[test]
fn a_memory_grows_beyond_its_reservation() {
    for built in SMALL.paths() {
        let told = built.report("hungry", &[], 0);
        assert_eq!(
            told.report.node("middle"),
            "in 3, out 2, errors 1, skipped 1, restarts 1"
        );
        assert!(told.stderr.contains("memory allocation of"), "{}", told.stderr);
    }
}

/// The machine refuses the memory for a new instance of a shell. The stages of the old one can be stopped all the same.
#[cfg(target_os = "linux")]
#[test]
fn calls_can_be_stopped_after_a_restart_in_vain() {
    let mut running = LAB.built_for("fused").start(&["--flow", "restarted-in-vain"]);
    running.write("one\n");
    running.wait_for("push one\n");
    let process = i32::try_from(running.id()).ok().and_then(Pid::from_raw);
    // Room for anything but another memory.
    let limit = Rlimit {
        current: Some(status(&running, "VmSize") + (64 << 20)),
        maximum: None,
    };
    prlimit(process, Resource::As, limit).expect("the limit of a child can be set");
    running.write("two\n");
    let finished = running.finish().expect_code(1);
    let is_told = |words: &[&str]| {
        let mut lines = finished.stderr.lines();
        lines.any(|line| words.iter().all(|word| line.contains(word)))
    };
    assert!(is_told(&["error[E0413]", "`middle`", "cannot reserve"]), "{finished}");
    assert!(is_told(&["teardown-failed", "E0401", "`sink`"]), "{finished}");
    assert_eq!(finished.stdout, "push one\ncomplete\n");
}

/// The flows share one thread, which one of them occupies. The other one continues.
#[test]
fn a_flow_whose_call_does_not_end_does_not_stop_another() {
    for built in SMALL.paths() {
        let running = built.start(&[&["--all"], &REPORT[..]].concat());
        running.wait_for("healthy complete");
        let finished = running.insist("INT").expect_code(130);
        let (_, reports) = split(&finished);
        let states: Vec<_> = reports.iter().map(|report| report.text("state")).collect();
        assert_eq!(states.len(), 3, "{finished}");
        assert_eq!(states[0], "cancelled", "{finished}");
    }
}
