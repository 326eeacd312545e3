//! What is around an executable: names of files that are no text, standard error that nobody reads, limits of the process.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;

use crate::ends::{folder, numbers, run_in_shell};
use crate::report::Reported;

// ── Names that are no text

#[test]
fn a_file_is_found_whatever_bytes_its_name_has() {
    let folder = folder();
    let text = numbers(folder.path(), 100);
    let odd = |name: &[u8]| folder.path().join(OsStr::from_bytes(name));
    fs::rename(folder.path().join("numbers"), odd(b"in\xff")).expect("the system takes any name");
    for flow in ["main", "shared"] {
        let script = r"$APP --input=$'in\xff' --output=sink=$'out\xfe{replica}'";
        run_in_shell(folder.path(), script, &["--flow", flow]).expect_code(0);
    }
    let of = |name: &[u8]| fs::read_to_string(odd(name)).unwrap_or_default();
    // Of `shared` there are two.
    assert_eq!((of(b"out\xfe0") + &of(b"out\xfe1")).lines().count(), 200);
    assert!(of(b"out\xfe0").starts_with(&text));
    let script = r"mkfifo $'pipe\xff'; cat $'in\xff' > $'pipe\xff' & $APP --input=$'pipe\xff' --output=$'copy\xff'";
    run_in_shell(folder.path(), script, &["--flow=main"]).expect_code(0);
    assert_eq!(of(b"copy\xff"), text);
}

#[test]
fn a_name_that_is_no_text_is_shown_as_far_as_it_is() {
    let folder = folder();
    numbers(folder.path(), 1);
    let script = r"$APP --input=$'none\xff'";
    let told = run_in_shell(folder.path(), script, &["--flow=main", "--format=json"]).expect_code(1);
    let failure = Reported::printed(told).report.failure();
    assert!(failure.contains("can't open `none\u{fffd}`: No such file"), "{failure}");
    let script = r"$APP --input=numbers --report=$'report\xff'; cat $'report\xff'";
    let told = run_in_shell(folder.path(), script, &["--flow=main", "--output=out"]).expect_code(0);
    assert_eq!(Reported::printed(told).report.number("delivered"), 1);
}

#[test]
fn a_configuration_is_text() {
    let folder = folder();
    let script = r"$APP --config source.path=$'in\xff'";
    let told = run_in_shell(folder.path(), script, &["--flow=main"]).expect_code(2);
    assert_eq!(
        told.stderr,
        "error[E0704]: `--config source.path=in\u{fffd}`: the value is not UTF-8, and a configuration is text\n  \
         = help: `--input NODE=FILE` and `--output NODE=FILE` take any path\n"
    );
}
