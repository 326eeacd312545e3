//! When output is written and in which order, and half a line that a file had before.

use std::fs;

use super::{eventually, folder, numbers, read, run, start, whole_lines};
use crate::report::Reported;

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
