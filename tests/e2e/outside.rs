//! The surroundings of an executable: file names that are not UTF-8, standard error that is not read, limits of the
//! process.

use std::ffi::OsStr;
use std::fs;
use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::process::Stdio;
use std::thread;

use crate::ends::{eventually, folder, numbers, read, run_in_shell};
use crate::lab::{ENDS, LAB};
use crate::report::Reported;
use crate::torvync::{executable, run_to_end, torvync};

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
    // There are two replicas of `shared`.
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
        "error[E0704]: `--config source.path=in\u{fffd}`: the value is not UTF-8, but a configuration is text\n  \
         = help: `--input NODE=FILE` and `--output NODE=FILE` take any path\n"
    );
}

// ── What is wrong on the command line

/// Mistakes in the configuration of built-ins, and words similar to unknown ones.
const REFUSED: &[(&[&str], &str, &str)] = &[
    (
        &["printing", "--config=source.count=many"],
        "`--config source.count=many`: the configuration of node `source` has `count = \"many\"`, which is not a whole \
         number from 0",
        "keys of `builtin:generator`: count, message",
    ),
    (
        &["printing", "--config=source.cuont=1"],
        "the configuration of node `source` has an unknown key `cuont`",
        "did you mean `count`?",
    ),
    (
        &["main", "--config=sink={}"],
        "the configuration of node `sink` has no `path`",
        "keys of `builtin:file`",
    ),
    (
        &["main", "--config=sink=path"],
        "the configuration of node `sink` is not JSON",
        "keys of `builtin:file`",
    ),
    (
        &["main", "--input=numbers", "--config=source.path=other"],
        "`--input` or `--output` sets the path of node `source`",
        "set the path only once",
    ),
    (
        &["main", "--output=-", "--config=sink.fsync=always"],
        "the configuration of node `sink` has an unknown key `fsync`",
        "keys of `builtin:console`",
    ),
    (
        &["main", "--config=suorce.path=x"],
        "no node `suorce`",
        "did you mean `source`?",
    ),
    (&["--lmit=5"], "unknown option `--lmit`", "did you mean `--limit`?"),
    (
        &["--vresion"],
        "unknown option `--vresion`",
        "did you mean `--version`?",
    ),
    (
        &["prnting"],
        "unknown command or flow `prnting`",
        "did you mean `printing`?",
    ),
    (
        &["inspcet"],
        "unknown command or flow `inspcet`",
        "did you mean `inspect`?",
    ),
    (
        &["--flow=prnting"],
        "`ends` has no flow `prnting`",
        "did you mean `printing`?",
    ),
    (
        &["main", "--input=suorce=x"],
        "flow `main` has no node `suorce`",
        "did you mean `--input source=x`?",
    ),
    (&["--limit"], "`--limit` needs a value", "`--help`"),
    (&["--all=main"], "`--all` takes no value, but got `main`", "`--help`"),
];

#[test]
fn mistakes_on_the_command_line_are_told_before_anything_runs() {
    for (arguments, error, help) in REFUSED {
        let folder = folder();
        let told = run_in_shell(folder.path(), "$APP", arguments).expect_code(2);
        let said: Vec<&str> = told.stderr.lines().collect();
        let [first, second] = said.as_slice() else {
            panic!("{arguments:?}: not two lines: {told}")
        };
        assert!(first.starts_with("error[E0704]: ") && first.contains(error), "{told}");
        assert!(second.starts_with("  = help: ") && second.contains(help), "{told}");
        let left = fs::read_dir(folder.path()).expect("the folder is there").count();
        assert_eq!(left, 0, "{arguments:?}");
    }
}

#[test]
fn an_executable_describes_itself_as_torvync_does() {
    let executable = &LAB.built().executable;
    let folder = folder();
    let own = LAB.built().run_in(folder.path(), &["inspect"]).expect_code(0).stdout;
    let told = run_to_end(torvync().arg("inspect").arg(executable));
    let (sizes, said): (Vec<&str>, Vec<&str>) = told.split("\n\n").partition(|part| part.starts_with("Size\n"));
    assert_eq!((said.join("\n\n"), sizes.len()), (own.clone(), 1));
    assert!(own.contains("\nCapabilities granted in flow "), "{own}");
    let mut lacking = torvync();
    lacking.arg("inspect").arg(executable).args(["--show", "size,code"]);
    let refused = lacking.output().expect("torvync starts");
    let said = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(said.contains("is an executable, which has no section `code`"), "{said}");
}

#[test]
fn a_replaced_sink_takes_the_other_settings() {
    let folder = folder();
    let text = numbers(folder.path(), 3);
    let arguments = [
        "--flow=main",
        "--input=numbers",
        "--output=out{replica}",
        "--config=sink.flush_ms=0",
        "--config=sink.fsync=always",
    ];
    run_in_shell(folder.path(), "$APP", &arguments).expect_code(0);
    assert_eq!(read(folder.path(), "out0"), text);
}

#[test]
fn the_throughput_of_a_moment_is_not_told() {
    let folder = folder();
    numbers(folder.path(), 3);
    let told = run_in_shell(folder.path(), "$APP", &["--flow=main", "--input=/dev/null", "--report"]);
    let told = told.expect_code(0);
    assert!(
        told.stderr.contains("Duration:") && !told.stderr.contains("Throughput:"),
        "{told}"
    );
    // Three lines, and an end that comes later.
    let script = "(cat numbers; sleep 1) | $APP";
    let told = run_in_shell(folder.path(), script, &["--flow=main", "--report"]).expect_code(0);
    let rate = told
        .stderr
        .lines()
        .find_map(|line| line.trim().strip_prefix("Throughput:"));
    let rate = rate.unwrap_or_else(|| panic!("{told}")).trim();
    assert!(
        rate.starts_with('~') && rate.contains('.') || rate.starts_with("less than"),
        "{told}"
    );
}

// ── Limits of the process

#[test]
fn what_a_process_may_not_have_is_told_with_what_to_do() {
    let folder = folder();
    numbers(folder.path(), 3);
    let arguments = ["--flow=main", "--input=numbers", "--output=out"];
    let told = run_in_shell(folder.path(), "ulimit -n 5; $APP", &arguments).expect_code(1);
    assert_eq!(
        told.stderr,
        "error[E0413]: the flow could not be started: it needs at least 9 files open at once, including standard \
         input and output, but the process may open 5\n  = help: raise the limit on open \
         files (`ulimit -n`)\n"
    );
    let told = run_in_shell(folder.path(), "ulimit -n 8; $APP", &arguments).expect_code(1);
    assert!(told.stderr.contains("(`ulimit -n`)"), "{told}");
    run_in_shell(folder.path(), "ulimit -n 9; $APP", &arguments).expect_code(0);
}

// ── Standard error that nobody reads

/// Components' output, events and reports do not wait for a reader of standard error; lines that are not shown are
/// counted.
#[test]
fn messages_that_nobody_reads_hold_up_nothing() {
    const LINES: usize = 40_000;
    const PIPE: usize = 64 << 10;
    for path in ["component", "fused"] {
        for (flow, options, mark) in [
            ("printing", &["--report=report"][..], "stderr: "),
            // Output to standard output goes to standard error too.
            ("printing", &["--format=json"][..], "stdout: "),
            ("main", &["--log-level=debug", "--report"][..], "Summary"),
        ] {
            let folder = folder();
            let (mut reader, mut writer) = std::io::pipe().expect("the system has pipes");
            writer.write_all(&[b'\n'; PIPE]).expect("it has room for so much");
            let arguments = [&["--flow", flow, "--input=source=-", "--output=sink=out"], options].concat();
            let mut command = executable(&ENDS.built_for(path).executable, folder.path(), &arguments);
            command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(writer);
            let mut child = command.spawn().expect("it was built");
            // The child's end of the pipe is the only one left.
            drop(command);
            let mut input = child.stdin.take().expect("it is piped");
            let text: String = (0..LINES).map(|n| format!("{n}\n")).collect();
            input.write_all(text.as_bytes()).expect("the flow reads");
            // All of them pass, though nothing has been read.
            eventually("delivered", || read(folder.path(), "out").lines().count() >= LINES);
            let reading = thread::spawn(move || {
                let mut told = String::new();
                reader.read_to_string(&mut told).map(|_| told)
            });
            drop(input);
            assert!(child.wait().is_ok_and(|status| status.success()), "{flow} {path}");
            let told = reading.join().expect("it reads").expect("messages are text");
            assert!(told.contains(mark), "{told}");
            if flow == "printing" {
                let lost = told.lines().filter_map(|line| {
                    let line = line.strip_prefix("warning: ")?;
                    let number = line.strip_suffix(" lines could not be shown: standard error was not being read")?;
                    number.parse::<usize>().ok()
                });
                let lost: usize = lost.sum();
                let shown = told.lines().filter(|line| line.ends_with('ü')).count();
                let printed = if options == ["--format=json"] { 2 * LINES } else { LINES };
                // The unfinished line at the end of the run may be one of them.
                assert!((printed..=printed + 1).contains(&(shown + lost)), "{shown} and {lost}");
                let numbers = told
                    .lines()
                    .filter_map(|line| line.strip_prefix("stderr: ")?.strip_suffix(" ü"));
                let numbers: Vec<u64> = numbers.filter_map(|number| number.parse().ok()).collect();
                assert!(numbers.is_sorted(), "the order stays");
            }
        }
    }
}
