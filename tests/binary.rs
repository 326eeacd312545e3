//! The `torvync` under test, and whether it was built from the current sources of this workspace.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::SystemTime;
use std::{env, fs};

/// Path of `torvync` in the profile that the tests were compiled with.
///
/// # Panics
/// When there is none, or a source is newer: cargo does not rebuild it for a single test target.
pub(crate) fn torvync() -> PathBuf {
    static FOUND: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let found = FOUND.get_or_init(find).clone();
    found.unwrap_or_else(|error| panic!("{error}"))
}

/// What `torvync` is made of, in folders of the workspace. Cargo does not always write its own list: `cargo test` leaves it out.
const SOURCES: [&str; 8] = [
    "codegen/src",
    "compiler/cli/src",
    "compiler/cli/templates",
    "compiler/lsp/src",
    "compiler/src",
    "macros/src",
    "runtime-core/src",
    "wit",
];

fn find() -> Result<PathBuf, String> {
    let test = env::current_exe().map_err(|error| format!("the test has no path: {error}"))?;
    let profile = test.ancestors().nth(2);
    let profile = profile.ok_or("test executables lie in target/PROFILE/deps")?;
    let binary = profile.join(format!("torvync{}", env::consts::EXE_SUFFIX));
    let build = "run `cargo build --workspace --bin torvync` first";
    let Some(built) = changed(&binary) else {
        return Err(format!("no {}: {build}", binary.display()));
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    match SOURCES.iter().find_map(|folder| newer(&root.join(folder), built)) {
        Some(source) => Err(format!(
            "{} is older than {}: {build}",
            binary.display(),
            source.display()
        )),
        None => Ok(binary),
    }
}

/// A source at or below `path` that changed after `built`. Modules of tests are no sources of the program.
fn newer(path: &Path, built: SystemTime) -> Option<PathBuf> {
    let of_tests = ["tests", "tests.rs", "sample.rs"];
    if path
        .file_name()
        .is_some_and(|name| of_tests.iter().any(|test| name == *test))
    {
        return None;
    }
    if path.is_dir() {
        let entries = fs::read_dir(path).ok()?.flatten();
        return entries.map(|entry| entry.path()).find_map(|path| newer(&path, built));
    }
    (changed(path)? > built).then(|| path.to_owned())
}

fn changed(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|about| about.modified()).ok()
}
