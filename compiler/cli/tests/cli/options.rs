//! Options of every command.

use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::{Run, folder, torvync};

#[test]
fn the_version_is_one_line() {
    let run = torvync(folder().path(), &["--version"]).succeeds();
    assert_eq!(run.stdout, format!("torvync {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn a_wrong_command_line_exits_with_1() {
    let folder = folder();
    let run = torvync(folder.path(), &["chekc"]).fails(1);
    assert!(run.stderr.contains("'check'"), "{}", run.stderr);
    assert_eq!(run.stdout, "");
    torvync(folder.path(), &[]).fails(1);
}

#[test]
fn a_wrong_command_line_is_json_when_json_is_wanted() {
    let run = torvync(folder().path(), &["build", "--nonsense", "--format", "json"]).fails(1);
    assert_eq!(run.json()["exit_code"], 1);
    assert_eq!(run.json()["errors"][0]["code"], "E0704");
    assert_eq!(run.stderr, "");
}

/// Command lines that come to nothing, and the code of the error.
const EARLY: &[(&str, &str)] = &[
    ("buid", "E0704"),
    ("check --nope", "E0704"),
    ("check --color x", "E0704"),
    ("check --flow a b", "E0704"),
    ("check --manifest nope.toml", "E0001"),
    ("check --manifest folder", "E0014"),
    ("check --manifest file/Torvyn.toml", "E0014"),
    ("link --manifest nope.toml", "E0001"),
    ("build --manifest nope.toml", "E0001"),
    ("build -o file/app", "E0704"),
    ("build --work-dir file --manifest Torvyn.toml", "E0014"),
    ("build --target", "E0704"),
];

/// Of commands that have a result of their own besides what they found, as one object.
const EARLY_OBJECTS: &[(&str, &str)] = &[
    ("", "E0704"),
    ("contract", "E0704"),
    ("completions", "E0704"),
    ("graph --manifest nope.toml", "E0001"),
    ("inspect nope.wasm", "E0210"),
    ("explain E9999", "E0704"),
    ("init Not-Allowed", "E0704"),
    ("run --manifest nope.toml", "E0001"),
    ("run --timeout 5", "E0704"),
    ("contract diff a b", "E0014"),
];

/// Whatever stands in the way, who asked for a format gets it, and nothing else.
#[test]
fn early_failures_have_the_format_that_is_asked_for() {
    let folder = folder();
    std::fs::create_dir(folder.path().join("folder")).expect("the folder is writable");
    std::fs::write(folder.path().join("file"), "").expect("the folder is writable");
    let manifest = "[torvyn]\nname = \"p\"\nversion = \"0.1.0\"\ncontract_version = \"0.1.0\"\n\
                    [flow.main.nodes]\na = { component = \"builtin:generator\" }\nb = { component = \"builtin:console\" }\n\
                    [[flow.main.edges]]\nfrom = { node = \"a\", port = \"output\" }\nto = { node = \"b\", port = \"input\" }\n";
    std::fs::write(folder.path().join("Torvyn.toml"), manifest).expect("the folder is writable");
    let said = |line: &str, format: &str| {
        let option = format!("--format={format}");
        let arguments: Vec<&str> = [&*option].into_iter().chain(line.split_whitespace()).collect();
        let run = torvync(folder.path(), &arguments);
        assert!(run.code != Some(0), "{arguments:?}: {run:?}");
        assert_eq!(run.stderr, "", "{arguments:?}");
        run
    };
    for (line, code) in EARLY.iter().chain(EARLY_OBJECTS) {
        let run = said(line, "json");
        let error = &run.json()["errors"][0];
        assert_eq!(error["code"], *code, "{line}: {run:?}");
        assert!(error["help"].is_array() && error["notes"].is_array(), "{line}: {error}");
        let message = error["message"].as_str().expect("a message");
        assert!(
            !message.contains('\n') && !message.contains("Usage"),
            "{line}: {message}"
        );
        assert_eq!(run.json()["exit_code"], run.code.expect("it ended"), "{line}");
    }
    for (line, code) in EARLY {
        let run = said(line, "jsonl");
        assert_eq!(run.json()["code"], *code, "{line}: one line, {run:?}");
        let log = said(line, "sarif").json();
        let sarif = &log["runs"][0];
        assert_eq!(sarif["results"][0]["ruleId"], *code, "{line}");
        assert_eq!(sarif["invocations"][0]["executionSuccessful"], false, "{line}");
    }
}

/// A run that does not come to be leaves no report of an older one.
#[test]
fn the_report_has_what_could_not_be_built() {
    let folder = folder();
    let report = folder.path().join("report.json");
    for (line, exit_code) in [("--manifest nope.toml", 2), ("--nonsense", 1), ("--timeout 5", 1)] {
        for format in ["human", "json"] {
            std::fs::write(&report, "an older one, which is longer than what is written now")
                .expect("it can be written");
            let format = format!("--format={format}");
            let before = ["run", &format, "--report=report.json"];
            let arguments: Vec<&str> = before.into_iter().chain(line.split_whitespace()).collect();
            let run = torvync(folder.path(), &arguments).fails(exit_code);
            let text = std::fs::read_to_string(&report).expect("it is there");
            let told: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
            assert_eq!(told["exit_code"], exit_code, "{arguments:?}");
            assert_eq!(
                told["errors"].as_array().map(Vec::len),
                Some(1),
                "{arguments:?}: {text}"
            );
            assert_eq!(run.stdout, "", "{arguments:?}");
            assert_eq!(
                run.stderr.is_empty(),
                format == "--format=json",
                "{arguments:?}: {run:?}"
            );
        }
    }
    let run = torvync(folder.path(), &["run", "--report=-", "--manifest", "nope.toml"]).fails(2);
    assert_eq!(run.json()["errors"][0]["code"], "E0001");
    let run = torvync(
        folder.path(),
        &["run", "--report=no/r.json", "--format=json", "--manifest=nope"],
    )
    .fails(2);
    assert_eq!(run.json()["errors"][0]["code"], "E0001");
    assert!(run.stderr.contains("cannot write the report to `no/r.json`"), "{run:?}");
}

#[test]
fn a_missing_manifest_is_e0001() {
    let folder = folder();
    for command in ["check", "link", "build"] {
        let run = torvync(folder.path(), &[command]).fails(1);
        assert!(run.stderr.contains("E0001"), "{command}: {}", run.stderr);
        let run = torvync(folder.path(), &[command, "--format", "json"]).fails(1);
        assert_eq!(run.json()["errors"][0]["code"], "E0001", "{command}");
    }
    torvync(folder.path(), &["run"]).fails(2);
}

#[test]
fn the_call_path_is_one_of_four() {
    let folder = folder();
    for command in ["build", "run"] {
        let run = torvync(folder.path(), &[command, "--opt", "fastest"]).fails(1);
        let expected = "[possible values: auto, component, direct, fused]";
        assert!(run.stderr.contains(expected), "{command}: {}", run.stderr);
        let help = torvync(folder.path(), &[command, "--help"]).succeeds().stdout;
        assert!(help.contains("--opt <PATH>"), "{command}: {help}");
    }
    let run = torvync(folder.path(), &["build", "--opt", "fused"]).fails(1);
    assert!(run.stderr.contains("E0001"), "the option is fine: {}", run.stderr);
}

#[test]
fn colour_is_as_asked_for() {
    let folder = folder();
    assert!(
        torvync(folder.path(), &["check", "--color", "always"])
            .fails(1)
            .stderr
            .contains('\u{1b}')
    );
    assert!(!torvync(folder.path(), &["check"]).fails(1).stderr.contains('\u{1b}'));
}

/// A terminal, made by `script`.
#[cfg(target_os = "linux")]
#[test]
fn a_terminal_is_coloured_unless_no_color_is_set() {
    let folder = folder();
    // A mistake in a project, and one in the command line.
    for (command, said) in [("check", "E0001"), ("chek", "unrecognized subcommand")] {
        colours_of(folder.path(), command, said);
    }
}

#[cfg(target_os = "linux")]
fn colours_of(folder: &Path, wrong: &str, expected: &str) {
    let on_terminal = |arguments: &str, no_color: Option<&str>| {
        let mut command = Command::new("script");
        let inner = format!("{} {wrong} {arguments}", env!("CARGO_BIN_EXE_torvync"));
        command.args(["-qec", &inner, "/dev/null"]).current_dir(folder);
        command.env_remove("NO_COLOR").env("TERM", "xterm");
        if let Some(value) = no_color {
            command.env("NO_COLOR", value);
        }
        let said = command.stdin(Stdio::null()).output().expect("script starts");
        let said = String::from_utf8_lossy(&said.stdout).into_owned();
        assert!(said.contains(expected), "{said}");
        said.contains("\u{1b}[")
    };
    assert!(on_terminal("", None));
    assert!(!on_terminal("", Some("1")));
    assert!(
        on_terminal("", Some("")),
        "an empty variable is none, as no-color.org has it"
    );
    assert!(on_terminal("--color always", Some("1")), "an option beats the variable");
    assert!(!on_terminal("--color never", None));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_torvync"))
        .arg("explain")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("torvync starts");
    drop(child.stdout.take());
    let mut stderr = String::new();
    child
        .stderr
        .take()
        .expect("piped")
        .read_to_string(&mut stderr)
        .expect("UTF-8");
    assert!(child.wait().expect("an exit code").success());
    assert_eq!(stderr, "");
}

/// A command line, and what is said to it on standard error.
const REFUSED: &[(&[&str], &str)] = &[
    (&["trace"], "this version has no command `trace`"),
    (&["trace"], "`torvync run --report=FILE`"),
    (&["publish"], "help: `torvync build --release -o FILE`"),
    (
        &["build", "--all"],
        "without it, all components that flows use are built",
    ),
    (&["run", "--limit", "-1"], "expected a number of elements, such as `10`"),
    (
        &["run", "--timeout", "5"],
        "the unit is missing; for seconds, write `5s`",
    ),
    (
        &["run", "--timeout", "1d"],
        "`d` is not a unit of time; units: ms, s, m, h",
    ),
    (
        &["check", "--flow", "main", "other"],
        "several flows are named: `main` and `other`",
    ),
    (
        &["run", "--flow=main", "--flow=other"],
        "several flows are named: `main` and `other`",
    ),
    (&["build", "-o", "/no/such/app"], "there is no folder `/no/such`"),
    (
        &["build", "-o", "it's a/b c/app"],
        r"create it first: `mkdir -p 'it'\''s a/b c'`",
    ),
    (
        &["build", "-o", "Torvyn.toml/app"],
        "`-o Torvyn.toml/app`: `Torvyn.toml` is not a folder",
    ),
    (
        &["build", "-o", "Torvyn.toml/deeper/app"],
        "`Torvyn.toml` is not a folder",
    ),
    (&["build", "-o", "."], "`-o .` is a folder"),
    (
        &["build", "-o", "Torvyn.toml"],
        "`-o Torvyn.toml`: there is a file that is not an executable",
    ),
];

#[test]
fn what_is_wrong_with_a_command_line_is_said() {
    let folder = folder();
    std::fs::write(folder.path().join("Torvyn.toml"), "# not an executable\n").expect("the folder is writable");
    for (arguments, words) in REFUSED {
        let run = torvync(folder.path(), arguments).fails(1);
        assert!(run.stderr.contains(words), "{arguments:?}: {}", run.stderr);
        assert_eq!(run.stdout, "");
        let arguments = [arguments, &["--format=json"][..]].concat();
        let json = torvync(folder.path(), &arguments).fails(1).json();
        assert_eq!(json["errors"][0]["code"], "E0704", "{arguments:?}");
    }
    assert!(!std::path::Path::new("/no").exists());
}

/// Every command of the reference that is not there yet is told of as such.
#[test]
fn commands_to_come_say_what_there_is_instead() {
    let folder = folder();
    for command in [
        "trace", "bench", "pack", "publish", "top", "tap", "cache", "verify", "test", "record", "replay", "bindings",
    ] {
        let run = torvync(folder.path(), &[command]).fails(1);
        assert!(
            run.stderr.contains(&format!("no command `{command}`")),
            "{}",
            run.stderr
        );
        assert!(run.stderr.contains("\n  help: "), "{}", run.stderr);
    }
}

#[test]
fn the_log_level_of_the_environment_is_understood_or_warned_of() {
    let folder = folder();
    let said = |level: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_torvync"));
        command.arg("check").current_dir(folder.path()).env("TORVYN_LOG", level);
        String::from_utf8_lossy(&command.output().expect("torvync starts").stderr).into_owned()
    };
    let warning = "warning: `TORVYN_LOG=nope` is ignored: expected `error`, `warn`, `info`, `debug` or `trace`\n";
    assert!(said("nope").starts_with(warning), "{}", said("nope"));
    // The closing line is neither result nor error.
    for (level, is_closed) in [
        ("error", false),
        ("warn", false),
        ("info", true),
        ("debug", true),
        ("", true),
    ] {
        let said = said(level);
        assert!(said.starts_with("error[E0001]"), "{level}: {said}");
        assert_eq!(said.contains("1 error;"), is_closed, "{level}: {said}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn paths_need_not_be_utf_8() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let folder = folder();
    let project = folder.path().join(OsStr::from_bytes(b"caf\xe9"));
    let run = |arguments: &[&OsStr]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_torvync"));
        let output = command.args(arguments).current_dir(folder.path()).output();
        Run::of(&output.expect("torvync starts"))
    };
    run(&[OsStr::new("init"), project.as_os_str(), OsStr::new("--no-git")]).fails(1);
    let project = project.join("named");
    run(&[OsStr::new("init"), project.as_os_str(), OsStr::new("--no-git")]).succeeds();
    let manifest = project.join("Torvyn.toml");
    run(&[OsStr::new("check"), OsStr::new("--manifest"), manifest.as_os_str()]).succeeds();
    let missing = project.join(OsStr::from_bytes(b"\xff.wasm"));
    let said = run(&[OsStr::new("inspect"), missing.as_os_str()]).fails(1).stderr;
    assert!(said.contains("E0210"), "{said}");
}
