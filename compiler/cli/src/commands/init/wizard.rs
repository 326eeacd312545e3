//! `torvync init --interactive`: asks for the values of options. An empty answer keeps the value that the command line
//! has, or the default.

use std::io::{self, BufRead};
use std::path::{Path, PathBuf};

use torvync_compiler::diag::Diagnostic;

use super::{Init, TEMPLATES, project_name};
use crate::output::Context;
use crate::template::Template;

/// Asks all questions. At the end of the input, the remaining answers are empty.
pub(super) fn ask(init: &mut Init, context: &Context, answers: &mut dyn BufRead) -> io::Result<()> {
    let mut wizard = Wizard { context, answers };
    let folder = init.project_name.clone().unwrap_or_else(|| PathBuf::from("."));
    init.project_name = Some(
        wizard.until_valid("Folder, and name of the project", folder.display(), |answer| {
            let folder = if answer.is_empty() {
                folder.clone()
            } else {
                answer.into()
            };
            project_name(&folder)
                .map(|_| folder)
                .map_err(|error| Diagnostic::from(error).message)
        })?,
    );
    let names: Vec<&str> = TEMPLATES.available.iter().map(|(name, _)| *name).collect();
    let question = format!("Template: {}", names.join(", "));
    let default = init.template;
    init.template = wizard.until_valid(&question, default.name(), |answer| match answer {
        "" => Ok(default),
        name => template(name).ok_or_else(|| format!("there is no template `{name}`")),
    })?;
    init.no_example = !wizard.yes("A working example", !init.no_example)?;
    init.no_git = !wizard.yes("A git repository", !init.no_git)?;
    if is_in_use(init.project_name.as_deref()) {
        init.force = wizard.yes("The folder is not empty. Write into it", init.force)?;
    }
    Ok(())
}

fn template(name: &str) -> Option<Template> {
    let found = TEMPLATES.available.iter().find(|(known, _)| *known == name);
    found.map(|(_, template)| *template)
}

fn is_in_use(folder: Option<&Path>) -> bool {
    folder.is_some_and(super::is_in_use)
}

struct Wizard<'a> {
    context: &'a Context,
    answers: &'a mut dyn BufRead,
}

impl Wizard<'_> {
    fn yes(&mut self, question: &str, default: bool) -> io::Result<bool> {
        let shown = if default { "yes" } else { "no" };
        self.until_valid(question, shown, |answer| match answer.to_lowercase().as_str() {
            "" => Ok(default),
            "y" | "yes" => Ok(true),
            "n" | "no" => Ok(false),
            _ => Err("answer `yes` or `no`".to_owned()),
        })
    }

    /// Repeats a question until the answer is valid, or the input ends.
    fn until_valid<T>(
        &mut self,
        question: &str,
        default: impl std::fmt::Display,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> io::Result<T> {
        loop {
            self.context.ask(&format!("{question} [{default}]: "));
            let mut line = String::new();
            let ended = self.answers.read_line(&mut line)? == 0;
            match read(line.trim()) {
                Ok(answer) => return Ok(answer),
                Err(_) if ended => return Err(io::ErrorKind::UnexpectedEof.into()),
                Err(problem) => self.context.ask(&format!("{problem}\n")),
            }
        }
    }
}
