//! Options of every command.

use std::io::Read;
use std::process::{Command, Stdio};

use crate::{folder, torvync};

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
fn the_call_path_is_one_of_three() {
    let folder = folder();
    for command in ["build", "run"] {
        let run = torvync(folder.path(), &[command, "--opt", "fastest"]).fails(1);
        let expected = "[possible values: component, direct, fused]";
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
    let on_terminal = |arguments: &str, no_color: Option<&str>| {
        let mut command = Command::new("script");
        let inner = format!("{} check {arguments}", env!("CARGO_BIN_EXE_torvync"));
        command.args(["-qec", &inner, "/dev/null"]).current_dir(folder.path());
        command.env_remove("NO_COLOR").env("TERM", "xterm");
        if let Some(value) = no_color {
            command.env("NO_COLOR", value);
        }
        let said = command.stdin(Stdio::null()).output().expect("script starts");
        let said = String::from_utf8_lossy(&said.stdout).into_owned();
        assert!(said.contains("E0001"), "{said}");
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
