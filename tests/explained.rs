//! The examples of `torvync explain`: each wrong one raises its code, each right one does not, and the printed example
//! is the tested one.

use std::fs;
use std::path::{Path, PathBuf};

use libtest_mimic::{Failed, Trial};
use tempfile::TempDir;
use torvync_compiler::diag::Code;
use torvync_compiler::diag::code::Raiser;

use crate::support::Case;

/// Codes that only a finished build can raise: for tools that the machine lacks, and for bugs of ours.
pub(crate) const WITHOUT_EXAMPLE: [Code; 2] = [Code::AotFailed, Code::ExecutableBuildFailed];

/// A trial for every code that the compiler raises.
pub(crate) fn trials(root: &Path) -> Vec<Trial> {
    let raised = Code::ALL
        .iter()
        .copied()
        .filter(|code| is_raised_by_the_compiler(*code));
    let with_example = raised.filter(|code| !WITHOUT_EXAMPLE.contains(code));
    with_example
        .map(|code| {
            let folder = root.join("explain").join(code.as_str());
            Trial::test(format!("explained/{code}"), move || explained(code, &folder))
        })
        .collect()
}

/// Whether a command of `torvync` raises the code, rather than the executable.
pub(crate) fn is_raised_by_the_compiler(code: Code) -> bool {
    match code.raiser() {
        Raiser::Init | Raiser::Check | Raiser::Link | Raiser::Build => true,
        Raiser::Run | Raiser::Nothing => false,
    }
}

fn explained(code: Code, folder: &Path) -> Result<(), Failed> {
    let (wrong, right) = examples(code)?;
    let (said, exit) = run(&folder.join("wrong"), &wrong)?;
    if !said.contains(&format!("[{code}]")) {
        return Err(format!("what is wrong does not raise {code}:\n{said}").into());
    }
    if said.matches("error[").count() + said.matches("warning[").count() != 1 {
        return Err(format!("what is wrong shows more than {code}:\n{said}").into());
    }
    if exit == Some(0) && !said.contains("warning[") {
        return Err(format!("what is wrong ends with success:\n{said}").into());
    }
    let (said, exit) = run(&folder.join("right"), &right)?;
    if exit != Some(0) || said.contains("error[") || said.contains("warning[") {
        return Err(format!("what is right has mistakes:\n{said}").into());
    }
    Ok(())
}

/// The code blocks of an explanation: those after `Wrong…:`, and those after `Right…:`.
fn examples(code: Code) -> Result<(Vec<String>, Vec<String>), Failed> {
    let (mut wrong, mut right) = (Vec::new(), Vec::new());
    let mut is_wrong = None;
    let mut block: Option<String> = None;
    for line in code.explanation().lines() {
        match &mut block {
            Some(text) if line.starts_with("```") => {
                let list = if is_wrong == Some(true) { &mut wrong } else { &mut right };
                list.push(std::mem::take(text));
                block = None;
            }
            Some(text) => text.push_str(&format!("{line}\n")),
            None if line.starts_with("```") => block = Some(String::new()),
            None if line.starts_with("Wrong") => is_wrong = Some(true),
            None if line.starts_with("Right") => is_wrong = Some(false),
            None => {}
        }
    }
    if wrong.is_empty() || right.is_empty() {
        return Err(format!("the explanation of {code} lacks an example that is wrong, or one that is right").into());
    }
    Ok((wrong, right))
}

/// Runs an example, each of whose blocks must be in one of its files, or be its command.
fn run(folder: &Path, blocks: &[String]) -> Result<(String, Option<i32>), Failed> {
    let home = TempDir::new()?;
    let project = home.path().join("project");
    let case = Case {
        name: folder.display().to_string(),
        path: folder.to_owned(),
    };
    let script = case.prepare(&project)?;
    let settings = script.variables.iter().map(|(name, value)| format!("{name}={value} "));
    let command = format!("$ {}torvync {}\n", settings.collect::<String>(), script.words.join(" "));
    let mut texts = vec![command];
    collect(folder, &mut texts);
    for block in blocks {
        if !texts.iter().any(|text| text.contains(block.as_str())) {
            return Err(format!("no file of {} has this block:\n{block}", folder.display()).into());
        }
    }
    let output = crate::run_torvync(&project, home.path(), &script.words, &script.variables)?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Ok((said, output.status.code()))
}

fn collect(folder: &Path, texts: &mut Vec<String>) {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    for path in entries.map(|entry| entry.path()).collect::<Vec<PathBuf>>() {
        if path.is_dir() {
            collect(&path, texts);
        } else if let Ok(text) = fs::read_to_string(&path) {
            texts.push(text);
        }
    }
}
