use crate::{folder, torvync};

#[test]
fn there_is_a_script_for_each_shell() {
    let folder = folder();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let run = torvync(folder.path(), &["completions", shell]).succeeds();
        assert!(
            run.stdout.contains("torvync") && run.stdout.contains("doctor"),
            "{shell}"
        );
        assert_eq!(run.stderr, "", "{shell}");
    }
}

#[test]
fn an_unknown_shell_is_refused() {
    let folder = folder();
    let run = torvync(folder.path(), &["completions", "abacus"]).fails(1);
    assert!(
        run.stderr.contains("abacus") && run.stderr.contains("fish"),
        "{}",
        run.stderr
    );
}
