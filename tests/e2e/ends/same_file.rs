//! Input that is also the output, of the same flow or another, or the report's file.

use std::fs;

use super::{folder, numbers, read, run, run_in_shell, whole_lines};

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
