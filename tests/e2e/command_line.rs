//! The command line of an executable: what it rejects and how, and where the result of a run is reported.

use serde_json::Value;

use crate::lab::{LAB, TOGETHER};
use crate::process::Finished;
use crate::torvync::REPORT;

fn run(arguments: &[&str]) -> (Finished, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    (LAB.built().run_in(folder.path(), arguments), folder)
}

/// The one object on standard output.
#[track_caller]
fn object(finished: &Finished) -> Value {
    serde_json::from_str(&finished.stdout).unwrap_or_else(|error| panic!("{error}: {finished}"))
}

/// Rejected command lines, each with its error and its help.
const REFUSED: &[(&[&str], &str, &str)] = &[
    (
        &["--limit", "-1"],
        "`--limit -1`: expected a number of elements",
        "`--help`",
    ),
    (
        &["--limit=many"],
        "`--limit many`: expected a number of elements",
        "`--help`",
    ),
    (&["--timeout", "5"], "`--timeout 5`: the unit is missing", "`5s`"),
    (&["--timeout=1d"], "`d` is not a unit of time", "ms, s, m, h"),
    (&["--limit=1", "--limit=2"], "`--limit` is given twice", "`--help`"),
    (
        &["--flow", "passthrough", "diamond"],
        "two flows are named: `passthrough` and `diamond`",
        "`--all`",
    ),
    (&["passthrough", "diamond"], "two flows are named", "`--all`"),
    (
        &["passthrough", "--output", "source=stdout"],
        "node `source` is a source, not a sink",
        "sinks of the flow: sink",
    ),
    (
        &["passthrough", "--output", "nope=x"],
        "flow `passthrough` has no node `nope`",
        "`./nope=x`",
    ),
    (
        &["passthrough", "--input", "sink=x"],
        "node `sink` is a sink, not a source",
        "sources of the flow: source",
    ),
    (
        &["passthrough", "--input", "nope=x"],
        "flow `passthrough` has no node `nope`",
        "`./nope=x`",
    ),
    (&["passthrough", "--output", "sink="], "the path is empty", "`--help`"),
    (
        &["passthrough", "--output", "generator"],
        "`generator` is not a sink",
        "`./generator`",
    ),
    (
        &["passthrough", "--input", "stdout"],
        "`stdout` is not a source",
        "`./stdout`",
    ),
    (
        &["passthrough", "--config", "none.key=1"],
        "has no node `none`",
        "nodes: source",
    ),
    (&["trace"], "this version has no command `trace`", "--log-level debug"),
    (
        &["--report", "file.json"],
        "unknown command or flow `file.json`",
        "`--report=file.json`",
    ),
    // What is to be typed is quoted for a shell where that is needed.
    (
        &["--report", "my file.json"],
        "unknown command or flow `my file.json`",
        "`--report='my file.json'`",
    ),
    (
        &["several", "--input", "my lines"],
        "the flow has several sources",
        "`--input 'NODE=my lines'`",
    ),
    (
        &["several", "--input", "-"],
        "the flow has several sources",
        "`--input NODE=-`",
    ),
    (
        &["passthrough", "--output", "nope=my lines"],
        "flow `passthrough` has no node `nope`",
        "`'./nope=my lines'`",
    ),
    (
        &["passthrough", "--output", "sin=my lines"],
        "flow `passthrough` has no node `sin`",
        "did you mean `--output 'sink=my lines'`?",
    ),
    (&["inspect", "--limit=5"], "`--limit` is an option of `run`", "`--help`"),
    (&["inspect", "passthrough"], "`inspect` describes all flows", "`--help`"),
    (&["--nonsense"], "unknown option `--nonsense`", "`--help`"),
    (
        &["--report=/none/report.json"],
        "cannot write the report to `/none/report.json`",
        "`-` for standard output",
    ),
];

#[test]
fn what_is_wrong_is_said_with_what_to_do() {
    for (arguments, error, help) in REFUSED {
        let (finished, folder) = run(arguments);
        let finished = finished.expect_code(2);
        let said: Vec<&str> = finished.stderr.lines().collect();
        let [first, second] = said.as_slice() else {
            panic!("not two lines: {arguments:?}: {finished}")
        };
        assert!(
            first.starts_with("error[E0704]: ") && first.contains(error),
            "{arguments:?}: {finished}"
        );
        assert!(
            second.starts_with("  = help: ") && second.contains(help),
            "{arguments:?}: {finished}"
        );
        assert_eq!(finished.stdout, "");
        assert_eq!(
            folder.path().read_dir().expect("the folder is there").count(),
            0,
            "{arguments:?}"
        );
    }
}

#[test]
fn what_is_wrong_is_an_object_where_one_is_wanted() {
    for (arguments, error, _) in REFUSED {
        // Before and after the mistake.
        for place in [0, arguments.len()] {
            let mut arguments = arguments.to_vec();
            arguments.insert(place, "--format=json");
            let finished = run(&arguments).0.expect_code(2);
            let told = object(&finished);
            assert_eq!(
                (told["exit_code"].as_i64(), finished.stderr.as_str()),
                (Some(2), ""),
                "{finished}"
            );
            assert_eq!(told["errors"][0]["code"], "E0704");
            let message = told["errors"][0]["message"].as_str().expect("a message");
            assert!(message.contains(error), "{arguments:?}: {finished}");
            assert!(told["errors"][0]["help"].is_array(), "{finished}");
        }
    }
}

#[test]
fn a_mistake_is_in_the_report_too() {
    let finished = run(&[&["--nonsense"], &REPORT[..]].concat()).0.expect_code(2);
    let told: Value = serde_json::from_str(&finished.report.expect("there is a report")).expect("it is JSON");
    assert_eq!(told["errors"][0]["message"], "unknown option `--nonsense`");
    assert_eq!((finished.stdout.as_str(), finished.stderr.as_str()), ("", ""));
}

#[test]
fn elements_and_the_report_do_not_share_standard_output() {
    for arguments in [&["--format=json"][..], &["--report=-"]] {
        let arguments = [&["passthrough", "--output=-"], arguments].concat();
        let finished = run(&arguments).0.expect_code(2);
        let told = object(&finished);
        let error = &told["errors"][0];
        assert!(
            error["message"]
                .as_str()
                .is_some_and(|text| text.contains("sink `sink`")),
            "{finished}"
        );
        assert!(
            error["help"][0]
                .as_str()
                .is_some_and(|text| text.contains("`--output sink=FILE`")),
            "{finished}"
        );
    }
    // A component's own output is no element, and goes to standard error.
    let finished = run(&["passthrough", "--format=json"]).0.expect_code(0);
    assert_eq!(object(&finished)["state"], "completed");
    assert!(finished.stderr.contains("push 0"), "{finished}");
    // With a file for the report, standard output does not change.
    let finished = run(&[&["passthrough"], &REPORT[..]].concat()).0.expect_code(0);
    assert!(finished.stdout.contains("push 0"), "{finished}");
    assert_eq!(finished.stderr, "");
}

#[test]
fn a_report_that_gets_lost_is_an_error() {
    for arguments in [&["--report=/dev/full"][..], &["--report=/dev/full", "--format=json"]] {
        let finished = run(&[&["passthrough"], arguments].concat()).0.expect_code(1);
        assert!(
            finished.stderr.contains("`/dev/full`: No space left on device"),
            "{finished}"
        );
    }
}

#[test]
fn all_flows_are_one_object() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let finished = TOGETHER
        .built()
        .run_in(folder.path(), &["--all", "--format=json"])
        .expect_code(1);
    let told = object(&finished);
    let names: Vec<&str> = told["flows"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|flow| flow["flow"].as_str())
        .collect();
    assert_eq!((names.len(), names[0], names[9]), (10, "first", "last"));
    assert_eq!(told["exit_code"], 1);
    let failed: Vec<&str> = told["errors"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|error| error["flow"].as_str())
        .collect();
    assert_eq!(
        failed,
        ["trapping", "looping", "burning", "greedy", "forging", "hoarding"]
    );
}

#[test]
fn a_failure_comes_last_and_is_short() {
    let (finished, _folder) = run(&["passthrough", "--input", "none.txt"]);
    let finished = finished.expect_code(1);
    let said: Vec<&str> = finished.stderr.lines().collect();
    assert_eq!(said.len(), 2, "{finished}");
    assert!(
        said[1].starts_with("  = help: relative paths start in the folder"),
        "{finished}"
    );
    assert!(
        said[0].starts_with("error[E0414]: node `source` failed in `init`: "),
        "{finished}"
    );
    assert!(said[0].contains("none.txt"), "{finished}");

    // Elements that passed before the failure are reported in one line above it.
    let broken = [
        "broken-processor",
        "--config=middle.fault=invalid-input",
        "--config=middle.in=process",
        "--config=middle.element=3",
    ];
    let finished = run(&broken).0.expect_code(1);
    let said: Vec<&str> = finished.stderr.lines().collect();
    let expected = [
        "▶ Running flow \"broken-processor\"",
        "",
        "",
        "Flow broken-processor failed: 4 in, 3 delivered, 1 undelivered; `--report` shows the account",
        "error[E0411]: node `middle` returned an error in `process` of element 3: invalid-input: asked to fail in `process` at 3",
        "  = component: faulty-processor",
    ];
    assert_eq!(said, expected, "{finished}");

    // With `--report`, the whole account comes above the error too.
    let finished = run(&[&broken[..], &["--report"]].concat()).0.expect_code(1);
    let account = finished.stderr.find("── Account").expect("the account is told");
    assert!(
        finished
            .stderr
            .find("error[E0411]")
            .is_some_and(|error| error > account),
        "{finished}"
    );
}

#[test]
fn a_log_level_that_there_is_not_is_told() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut command = crate::torvync::executable(&LAB.built().executable, folder.path(), &["passthrough", "--quiet"]);
    command.env("TORVYN_LOG", "nope");
    let finished = crate::process::Running::start(command).finish().expect_code(0);
    assert!(
        finished
            .stderr
            .starts_with("warning: `TORVYN_LOG=nope` is ignored: expected `error`, `warn`"),
        "{finished}"
    );
}
