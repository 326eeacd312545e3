//! Lines that are too long to be elements.

use std::fs;

use super::{folder, read, run, run_in_shell};
use crate::report::Reported;

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
