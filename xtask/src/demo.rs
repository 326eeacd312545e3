//! A first look: the log-triage example, from nothing to its output.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::setup;
use crate::shell::{Done, Phases, build_torvync, root, run, target_dir, torvyn_home, torvync};

const SHOWN: usize = 8;

/// Sets up, builds the compiler, lets it build `examples/log-triage`, and runs the result.
pub(crate) fn demo() -> Done {
    let mut phases = Phases::new();
    let folder = target_dir().join("demo");
    let executable = folder.join("log-triage");
    let (input, output) = (root().join("examples/log-triage/dpkg.log"), folder.join("triage.jsonl"));
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    // The pipeline appends to the file.
    let _ = fs::remove_file(&output);

    phases.run("set up the machine", setup::for_rust)?;
    phases.run("build the compiler, torvync", || build_torvync("demo"))?;
    phases.run("torvync build examples/log-triage", || {
        let manifest = root().join("examples/log-triage/Torvyn.toml");
        let mut command = Command::new(torvync("demo"));
        command
            .arg("build")
            .arg("--manifest")
            .arg(manifest)
            .arg("-o")
            .arg(&executable);
        run(command.env("TORVYN_HOME", torvyn_home()))
    })?;
    phases.run("run the executable", || {
        let mut command = Command::new(&executable);
        command
            .arg("run")
            .arg("--input")
            .arg(&input)
            .arg("--output")
            .arg(&output);
        run(command.current_dir(&folder))
    })?;
    show(&input, &output)?;
    phases.summary();
    println!(
        "\nThe executable is one file and needs nothing beside it: {}",
        executable.display()
    );
    Ok(())
}

fn show(input: &Path, output: &Path) -> Done {
    let read = |path: &Path| fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()));
    let (log, triaged) = (read(input)?, read(output)?);
    println!("\n── {}", output.display());
    for line in triaged.lines().take(SHOWN) {
        println!("{line}");
    }
    let (read, kept) = (log.lines().count(), triaged.lines().count());
    println!(
        "… {} more\n\n{read} lines read, {kept} kept:",
        kept.saturating_sub(SHOWN)
    );
    for action in ["install", "upgrade"] {
        let quoted = format!("\"{action}\"");
        println!(
            "{:>6}  {action}",
            triaged.lines().filter(|line| line.contains(&quoted)).count()
        );
    }
    Ok(())
}
