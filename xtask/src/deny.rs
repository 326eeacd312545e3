//! Checks of the dependencies' licences, advisories and sources, by cargo-deny.

use std::process::Command;

use crate::shell::{Done, answers, cargo, root, run, target_dir};

/// Runs `cargo deny check`; with `install`, first installs the tool in the target folder if it is missing.
pub(crate) fn deny(install: bool) -> Done {
    let tools = target_dir().join("tools");
    let own = tools.join("bin/cargo-deny");
    if install && !answers("cargo-deny", &["--version"]) && !own.exists() {
        run(cargo()
            .args(["install", "cargo-deny", "--locked", "--root"])
            .arg(&tools))?;
    }
    let program = if own.exists() {
        own.into_os_string()
    } else {
        "cargo-deny".into()
    };
    if !answers(&program, &["--version"]) {
        return Err("cargo-deny is not installed; `cargo xtask deny --install` fetches it".to_owned());
    }
    let check = |what: &[&str]| run(Command::new(&program).arg("check").args(what).current_dir(root()));
    // The checks without network access come first.
    check(&["bans", "licenses", "sources"])?;
    check(&["advisories"])
}
