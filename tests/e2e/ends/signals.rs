//! A hangup drains a flow, unless the program was started with that signal ignored.

use super::{eventually, folder, read, shell, start, whole_lines};
use crate::process::Running;
use crate::report::Reported;

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
