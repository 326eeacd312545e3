//! The call paths, and the results that must be equal on all of them.

use serde_json::Value;

use crate::process::Finished;

/// The call paths, in the words of `--opt`.
pub(crate) const PATHS: [&str; 3] = ["component", "direct", "fused"];

/// Fields of a report that depend on the machine.
const OF_THE_MACHINE: [&str; 2] = ["duration_ms", "elements_per_s"];

/// Lines of the summary that depend on the machine.
const LINES_OF_THE_MACHINE: [&str; 2] = ["Duration:", "Throughput:"];

/// All results of a run except those that depend on the machine.
pub(crate) fn comparable(finished: &Finished) -> String {
    let report = finished.report.as_deref().map_or_else(String::new, without_times);
    let stdout = &finished.stdout;
    let is_kept = |line: &&str| {
        let line = line.trim_start();
        !LINES_OF_THE_MACHINE.iter().any(|start| line.starts_with(start))
    };
    let stderr: String = finished
        .stderr
        .lines()
        .filter(is_kept)
        .map(|line| format!("{line}\n"))
        .collect();
    format!("{stdout}{report}exit code {:?}\n{stderr}", finished.code)
}

/// A report, with one field per line.
fn without_times(report: &str) -> String {
    let Ok(Value::Object(mut report)) = serde_json::from_str(report) else {
        return report.to_owned();
    };
    for field in OF_THE_MACHINE {
        report.remove(field);
    }
    if let Some(events) = report.get_mut("events").and_then(Value::as_array_mut) {
        events.retain(|event| event["event"] != "slow-quantum");
    }
    format!("{:#}\n", Value::Object(report))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finished(report: &str, stderr: &str) -> Finished {
        Finished {
            code: Some(0),
            stdout: "k 0 - x\n".to_owned(),
            stderr: stderr.to_owned(),
            report: Some(report.to_owned()),
        }
    }

    #[test]
    fn paths_differ_in_nothing_but_what_the_machine_decides() {
        let report = |ms: u32, copies: u32| {
            let events = format!("[{{\"event\":\"slow-quantum\",\"duration_ns\":{ms}}},{{\"event\":\"retry\"}}]");
            format!("{{\"duration_ms\":{ms},\"elements_per_s\":{ms},\"copies\":{copies},\"events\":{events}}}\n")
        };
        let one = comparable(&finished(&report(1, 2), "  Duration:  1 ms\nCopies: 2\n"));
        assert_eq!(
            one,
            comparable(&finished(&report(3, 2), "  Duration:  3 ms\nCopies: 2\n"))
        );
        assert_ne!(
            one,
            comparable(&finished(&report(1, 3), "  Duration:  1 ms\nCopies: 2\n"))
        );
        assert_ne!(
            one,
            comparable(&finished(&report(1, 2), "  Duration:  1 ms\nCopies: 3\n"))
        );
        assert!(one.starts_with("k 0 - x\n{\n  \"copies\": 2,\n"), "{one}");
    }
}
