//! Projects in folders with any name, in folders that cannot be written, copied from elsewhere, or built by another
//! user.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;

use crate::artifacts::copy;
use crate::guests::{package, project};
use crate::process::PATIENCE;
use crate::torvync::{executable, output, root, run_to_end, torvync, workshop};

/// A project without components in `folder`.
fn built_ins(folder: &Path) {
    let manifest = "[torvyn]\nname = \"odd\"\nversion = \"0.1.0\"\ncontract_version = \"0.1.0\"\n\n\
                    [flow.main]\nnodes.from = { component = \"builtin:generator\" }\n\
                    nodes.to = { component = \"builtin:console\" }\n\
                    edges = [{ from = { node = \"from\", port = \"output\" }, to = { node = \"to\", port = \"input\" } }]\n";
    std::fs::create_dir_all(folder).expect("the workshop is writable");
    std::fs::write(folder.join("Torvyn.toml"), manifest).expect("the workshop is writable");
}

/// Folder names with every character that is special to some tool.
fn odd_names() -> Vec<OsString> {
    let mut names: Vec<OsString> = vec![
        "a, b".into(),
        "c'd\"e\\f".into(),
        "gäh=i;j#k$l`m{n}[o]*?!".into(),
        "50%".into(),
    ];
    #[cfg(unix)]
    {
        names.push("p:q".into());
        names.push(std::os::unix::ffi::OsStringExt::from_vec(b"r\xffs".to_vec()));
    }
    names
}

/// Each is built with other values of the variables that C compilers read.
#[test]
fn a_release_is_built_wherever_the_project_is() {
    let odd = workshop("odd");
    let _ = std::fs::remove_dir_all(&odd);
    for (at, name) in odd_names().into_iter().enumerate() {
        let folder = odd.join(&name);
        built_ins(&folder);
        let mut command = torvync();
        command.args(["build", "--release", "--verbose"]).current_dir(&folder);
        command
            .env("SOURCE_DATE_EPOCH", at.to_string())
            .env("CFLAGS", format!("-DODD={at}"));
        let finished = output(&mut command).expect_code(0);
        for unchanged in ["wasmtime", "torvyn-runtime-core"].map(|name| format!("Compiling {name} v")) {
            // The first build on this machine makes it.
            assert!(at == 0 || !finished.stderr.contains(&unchanged), "{name:?}: {finished}");
        }
        let program = folder.join(".torvyn/bin/odd");
        assert_eq!(
            run_to_end(&mut executable(&program, &folder, &["--limit", "1"])),
            "Hello, Torvyn! (1)\n",
            "{name:?}"
        );
    }
}

#[test]
fn components_are_built_with_their_own_flags_wherever_they_are() {
    let folder = project("guests/a, b:c 50% ä", "path = \"judge\"");
    package(&folder, "cfg!(loud) && text.len() == 3");
    let settings = folder.join("judge/.cargo");
    std::fs::create_dir_all(&settings).expect("the workshop is writable");
    std::fs::write(
        settings.join("config.toml"),
        "[build]\nrustflags = [\"--cfg\", \"loud\"]\n",
    )
    .expect("is writable");
    let mut command = torvync();
    command.arg("build").current_dir(&folder);
    // Flags for native programs are not for components.
    command
        .env_remove("CARGO_TARGET_DIR")
        .env("RUSTFLAGS", "--no-such-flag");
    run_to_end(&mut command);
    std::fs::write(folder.join("lines"), "one\nthree\n").expect("the workshop is writable");
    let program = folder.join(".torvyn/bin/project");
    let printed = run_to_end(&mut executable(&program, &folder, &["--input", "lines"]));
    assert_eq!(printed, "one\n");
}

#[cfg(unix)]
#[test]
fn sources_that_cargo_can_not_read_are_told_with_their_place() {
    let name: OsString = std::os::unix::ffi::OsStringExt::from_vec(b"guests-\xff".to_vec());
    let folder = workshop("odd-sources").join(name);
    built_ins(&folder);
    std::fs::create_dir_all(folder.join("judge")).expect("the workshop is writable");
    let manifest = std::fs::read_to_string(folder.join("Torvyn.toml")).expect("was written");
    let manifest =
        manifest.replace("builtin:console", "judge") + "\n[[component]]\nname = \"judge\"\npath = \"judge\"\n";
    std::fs::write(folder.join("Torvyn.toml"), manifest).expect("the workshop is writable");
    let finished = output(torvync().arg("build").current_dir(&folder)).expect_code(2);
    for words in [
        "error[E0011]",
        "the path is not UTF-8",
        "Torvyn.toml:13:8",
        "move or rename the folder",
    ] {
        assert!(finished.stderr.contains(words), "expected `{words}`: {finished}");
    }
}

/// Every file below `folder`, with its time.
fn listing(folder: &Path) -> BTreeMap<PathBuf, std::time::SystemTime> {
    let mut found = BTreeMap::new();
    for entry in folder.read_dir().expect("a folder") {
        let path = entry.expect("a folder entry").path();
        if path.is_dir() {
            found.extend(listing(&path));
        }
        let time = path.metadata().and_then(|file| file.modified()).expect("has a time");
        found.insert(path, time);
    }
    found
}

#[test]
fn a_copied_example_is_built_without_a_trace_in_its_folder() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let (example, work) = (place.path().join("example"), place.path().join("work"));
    copy(&root().join("examples/hello-world"), &example);
    let before = listing(&example);
    let mut command = torvync();
    command
        .arg("build")
        .current_dir(&example)
        .env_remove("CARGO_TARGET_DIR");
    run_to_end(command.env("TORVYN_WORK_DIR", &work));
    let expected = std::fs::read_to_string(example.join("expected-output.txt")).expect("the example says");
    let printed = run_to_end(&mut executable(&work.join("bin/hello-world"), place.path(), &[]));
    assert_eq!(printed, expected);

    let link = |work: Option<&Path>| {
        let mut command = torvync();
        command.arg("link").current_dir(&example);
        command.args(work.map(|_| "--work-dir")).args(work);
        output(&mut command)
    };
    link(Some(&work)).expect_code(0);
    link(None).expect_code(2);
    assert_eq!(listing(&example), before);
}

#[test]
fn every_example_can_be_copied() {
    let examples = root().join("examples");
    for entry in examples.read_dir().expect("there are examples") {
        let place = tempfile::tempdir().expect("a temporary folder");
        let example = entry.expect("a folder entry").file_name();
        // This one measures the others, with their components.
        let with_others = example == "benchmark-real";
        let copied = place.path().join(&example);
        match with_others {
            true => copy(&examples, place.path()),
            false => copy(&examples.join(&example), &copied),
        }
        if copied.join("Torvyn.toml").is_file() {
            run_to_end(torvync().args(["check", "--strict"]).current_dir(&copied));
            // No path in a component's package leads out of the example.
            let cargo = std::env::var_os("CARGO").expect("cargo runs the tests");
            let packages = run_to_end(
                Command::new(cargo)
                    .args(["metadata", "--no-deps", "--offline"])
                    .current_dir(&copied),
            );
            let home = root().display().to_string();
            assert!(!packages.contains(&home), "{}: {packages}", copied.display());
        }
    }
}

#[test]
fn a_folder_that_can_not_be_written_is_told_with_the_way_out() {
    let place = tempfile::tempdir().expect("a temporary folder");
    built_ins(place.path());
    // This holds for every user, including root.
    std::fs::write(place.path().join(".torvyn"), "no folder").expect("the folder is writable");
    let finished = output(torvync().arg("build").current_dir(place.path())).expect_code(2);
    for words in ["error[E0014]", "can't build in the folder `.torvyn`", "--work-dir DIR"] {
        assert!(finished.stderr.contains(words), "expected `{words}`: {finished}");
    }
}

#[test]
fn a_work_folder_with_other_files_is_refused() {
    let place = tempfile::tempdir().expect("a temporary folder");
    built_ins(place.path());
    // The whole project would be in the way.
    let mut command = torvync();
    command.args(["build", "--work-dir", "."]).current_dir(place.path());
    let finished = output(&mut command).expect_code(1);
    for words in ["error[E0704]", "`.` can't be the work folder", "--work-dir DIR"] {
        assert!(finished.stderr.contains(words), "expected `{words}`: {finished}");
    }
    let left: Vec<_> = listing(place.path()).into_keys().collect();
    assert_eq!(left, [place.path().join("Torvyn.toml")]);
}

#[test]
fn waiting_for_another_build_is_said_at_once() {
    let folder = workshop("waiting");
    built_ins(&folder);
    let work = folder.join(".torvyn");
    std::fs::create_dir_all(&work).expect("the workshop is writable");
    let lock = std::fs::File::create(work.join("lock")).expect("the workshop is writable");
    lock.lock().expect("nobody else builds here");
    let mut command = torvync();
    command
        .arg("build")
        .current_dir(&folder)
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut build = command.spawn().expect("torvync starts");
    let lines = BufReader::new(build.stderr.take().expect("stderr is piped")).lines();
    let (told, heard) = mpsc::channel();
    std::thread::spawn(move || {
        for line in lines.map_while(Result::ok) {
            let _ = told.send(line);
        }
    });
    let waits = |line: &String| line.contains("waiting for another process, which builds in");
    let said = std::iter::from_fn(|| heard.recv_timeout(PATIENCE).ok()).find(waits);
    assert!(said.is_some(), "nothing was said");
    assert!(build.try_wait().expect("torvync was started").is_none(), "it went on");
    lock.unlock().expect("was locked");
    assert!(build.wait().expect("torvync was started").success());
}
