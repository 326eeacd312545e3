//! Results of a build: reproducible, and self-contained.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::process::Running;
use crate::torvync::{executable, root, run_to_end, torvync, workshop};

#[test]
fn two_builds_in_two_folders_are_equal() {
    let (one, other) = (workshop("equal/one"), workshop("equal/a longer path/to/the ötherone"));
    let (first, second) = (generated(&copy_of_example(&one)), generated(&copy_of_example(&other)));
    let names: Vec<&String> = first.keys().collect();
    assert!(names.iter().any(|name| name.ends_with(".cwasm")), "{names:?}");
    assert!(names.iter().any(|name| name.ends_with("main.rs")), "{names:?}");
    assert_eq!(names, second.keys().collect::<Vec<_>>());
    let home = root().to_string_lossy().into_owned();
    for (name, bytes) in &first {
        assert!(*bytes == second[name], "{name} differs");
        let named = bytes.windows(home.len()).any(|window| window == home.as_bytes());
        assert!(!named, "{name} contains {home}");
    }
}

#[test]
fn the_release_executable_runs_alone_and_carries_no_compiler() {
    let project = copy_of_example(&workshop("alone"));
    let manifest = project.join("Torvyn.toml");
    let built = project.join("hello");
    let mut command = torvync();
    run_to_end(
        command
            .args(["build", "--release", "--manifest"])
            .arg(&manifest)
            .arg("-o")
            .arg(&built),
    );

    let empty = tempfile::tempdir().expect("a temporary folder");
    let alone = empty.path().join("hello");
    std::fs::copy(&built, &alone).expect("a copy");
    let finished = Running::start(executable(&alone, empty.path(), &[]))
        .finish()
        .expect_code(0);
    let expected = root().join("examples/hello-world/expected-output.txt");
    assert_eq!(
        finished.stdout,
        std::fs::read_to_string(expected).expect("the example says")
    );
    assert_eq!(
        empty.path().read_dir().expect("the folder is there").count(),
        1,
        "the executable is one file"
    );

    let bytes = alone.metadata().expect("the executable is there").len();
    assert!(bytes <= 4_500_000, "the executable has {bytes} bytes");
    // Where the linker can leave them out, there are no unwind tables: not even the name of their section.
    if cfg!(all(target_arch = "x86_64", target_os = "linux", target_env = "gnu")) {
        let code = std::fs::read(&alone).expect("the executable can be read");
        let name = b".eh_frame";
        assert!(
            !code.windows(name.len()).any(|bytes| bytes == name),
            "it has unwind tables"
        );
    }

    let lock = std::fs::read_to_string(generated_crate(&project).join("Cargo.lock")).expect("cargo locks the crate");
    assert!(lock.contains("name = \"wasmtime\""), "{lock}");
    for compiler in [
        "cranelift-codegen\"",
        "winch-codegen\"",
        "wasmtime-internal-cranelift\"",
        "torvync-compiler\"",
    ] {
        assert!(!lock.contains(compiler), "the generated crate depends on {compiler}");
    }
}

/// Copies `examples/hello-world` into `folder`. Returns the project.
fn copy_of_example(folder: &Path) -> PathBuf {
    let project = folder.join("hello-world");
    copy(&root().join("examples/hello-world"), &project);
    project
}

/// Copies a project without its build results.
pub(crate) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("the workshop is writable");
    for entry in from.read_dir().expect("a folder") {
        let entry = entry.expect("a folder entry");
        let (path, name) = (entry.path(), entry.file_name());
        if path.is_file() {
            std::fs::copy(&path, to.join(name)).expect("a copy");
        } else if !["target", ".torvyn"].contains(&name.to_string_lossy().as_ref()) {
            copy(&path, &to.join(name));
        }
    }
}

/// Builds a project. Returns the path of the generated crate.
fn generated_crate(project: &Path) -> PathBuf {
    let mut command = torvync();
    let printed = run_to_end(
        command
            .args(["build", "--emit", "crate", "--manifest"])
            .arg(project.join("Torvyn.toml")),
    );
    PathBuf::from(printed.trim())
}

/// Builds a project. Returns the generated files by relative path, except for the lock file, which cargo edits.
fn generated(project: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    collect(&generated_crate(project), "", &mut files);
    files.retain(|name, _| name != "Cargo.lock");
    files
}

fn collect(folder: &Path, prefix: &str, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in folder.read_dir().expect("the generated crate is there") {
        let path = entry.expect("a folder entry").path();
        let name = format!("{prefix}{}", path.file_name().expect("a name").to_string_lossy());
        if path.is_dir() {
            collect(&path, &format!("{name}/"), files);
        } else {
            files.insert(name, std::fs::read(&path).expect("a readable file"));
        }
    }
}
