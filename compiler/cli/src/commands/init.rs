//! `torvync init`

mod wizard;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use clap::Args;
use torvync_compiler::diag::{Code, Diagnostic};
use torvync_compiler::source::display_path;
use torvync_compiler::words::shell_path;

use crate::choice::Choice;
use crate::output::{Context, Outcome};
use crate::template::{NewFile, Template};
use crate::text;

const TEMPLATES: Choice<Template> = Choice {
    available: Template::ALL,
    later: &[],
};
const LANGUAGES: Choice<&str> = Choice {
    available: &[("rust", "rust")],
    later: &["go", "python", "zig"],
};
const CONTRACT_VERSIONS: Choice<&str> = Choice {
    available: &[("0.1.0", "0.1.0")],
    later: &[],
};
const LONGEST_NAME: usize = 64;

/// Create a project: manifest, contracts and a working example
#[derive(Args)]
pub(crate) struct Init {
    /// Folder to create, and name of the project [default: the current folder and its name]
    project_name: Option<PathBuf>,
    /// What to start from
    #[arg(long, default_value = "transform", value_parser = TEMPLATES)]
    template: Template,
    /// Language of the components
    #[arg(long, default_value = "rust", value_parser = LANGUAGES)]
    language: &'static str,
    /// Create no git repository
    #[arg(long)]
    no_git: bool,
    /// Only contracts, no implementation
    #[arg(long)]
    no_example: bool,
    /// Version of the Torvyn contracts
    #[arg(long, value_name = "VERSION", default_value = "0.1.0", value_parser = CONTRACT_VERSIONS)]
    contract_version: &'static str,
    /// Ask for name, template and so on, with the other options as defaults
    #[arg(long)]
    interactive: bool,
    /// Write into a folder that is not empty, overwriting files of the same name
    #[arg(long)]
    force: bool,
}

/// The packages that are vendored into a project.
const SDK: [&str; 2] = ["torvyn", "torvyn-macros"];

/// Why no project was created.
enum InitError {
    NoName,
    InvalidName { name: String, problem: &'static str },
    DirectoryExists { folder: PathBuf },
    NotAFolder { path: PathBuf },
    NoAnswer { error: io::Error },
    Io { path: PathBuf, error: io::Error },
}

impl From<InitError> for Diagnostic {
    fn from(error: InitError) -> Self {
        match error {
            InitError::NoName => Diagnostic::error(
                Code::InvalidOption,
                "the name of this folder can't be the name of a project",
            )
            .help("name the project: `torvync init PROJECT_NAME`"),
            InitError::InvalidName { name, problem } => {
                Diagnostic::error(Code::InvalidOption, format!("invalid project name `{name}`: {problem}")).help(
                    "use lower-case letters, digits, `-` and `_`, starting with a letter, for example `my-pipeline`",
                )
            }
            InitError::DirectoryExists { folder } => {
                let message = format!("the folder `{}` exists and is not empty", display_path(&folder));
                Diagnostic::error(Code::DirectoryExists, message)
                    .help("choose another name, or write into it with `--force`")
            }
            InitError::NotAFolder { path } => {
                let message = format!("`{}` is a file, not a folder", display_path(&path));
                Diagnostic::error(Code::InvalidOption, message).help("choose another name, or remove the file")
            }
            InitError::NoAnswer { error } => {
                Diagnostic::error(Code::IoFailed, format!("can't read the answer to a question: {error}"))
            }
            InitError::Io { path, error } => Diagnostic::error(
                Code::IoFailed,
                format!("cannot write `{}`: {error}", display_path(&path)),
            ),
        }
    }
}

impl Init {
    pub(crate) fn exec(mut self, context: &Context) -> Outcome {
        if self.interactive
            && let Err(error) = wizard::ask(&mut self, context, &mut io::stdin().lock())
        {
            return context.failure(InitError::NoAnswer { error });
        }
        match self.create(context) {
            Ok(outcome) => outcome,
            Err(error) => context.failure(error),
        }
    }

    fn create(&self, context: &Context) -> Result<Outcome, InitError> {
        let folder = self.project_name.clone().unwrap_or_else(|| PathBuf::from("."));
        let name = project_name(&folder)?;
        if let Some(path) = file_in_the_way(&folder) {
            return Err(InitError::NotAFolder { path });
        }
        if !self.force && is_in_use(&folder) {
            return Err(InitError::DirectoryExists { folder });
        }
        let files = self.template.files(&name, !self.no_example);
        for file in &files {
            write(&folder.join(&file.path), &file.text)?;
        }
        let repository = !self.no_git && make_repository(&folder);
        Ok(self.outcome(context, &folder, &name, &files, repository))
    }

    fn outcome(&self, context: &Context, folder: &Path, name: &str, files: &[NewFile], repository: bool) -> Outcome {
        let paths: Vec<String> = files.iter().map(|file| display_path(&file.path)).collect();
        let outcome = Outcome::success(if context.quiet {
            String::new()
        } else {
            self.summary(context, folder, name, files)
        });
        outcome
            .field("project", name)
            .field("template", self.template.name())
            .field("language", self.language)
            .field("contract_version", self.contract_version)
            .field("path", display_path(folder))
            .field("files", paths)
            .field("git", repository)
    }

    fn summary(&self, context: &Context, folder: &Path, name: &str, files: &[NewFile]) -> String {
        let mut shown: Vec<String> = Vec::new();
        for file in files {
            let entry = match &file.shown_as {
                Some(folder) => format!("{}/", display_path(folder)),
                None => display_path(&file.path),
            };
            if shown.last() != Some(&entry) {
                shown.push(entry);
            }
        }
        let shown: Vec<&str> = shown.iter().map(String::as_str).collect();
        let tree: String = text::tree(name, &shown)
            .lines()
            .map(|line| format!("  {line}\n"))
            .collect();
        let mut steps = Vec::new();
        if folder != Path::new(".") {
            steps.push((format!("cd {}", shell_path(&display_path(folder))), ""));
        }
        if self.template == Template::Empty {
            steps.push((
                "$EDITOR Torvyn.toml".to_owned(),
                "# Add a [[component]] and a [flow.main]",
            ));
        } else if self.no_example {
            steps.push(("$EDITOR README.md".to_owned(), "# What is left to write"));
        }
        steps.push(("torvync check".to_owned(), "# Validate contracts and manifest"));
        steps.push(("torvync build".to_owned(), "# Compile to one executable"));
        steps.push(("torvync run --limit 10".to_owned(), "# Run and see output"));
        let steps: String = steps
            .iter()
            .map(|(step, comment)| format!("{}\n", format!("    {step:<26} {comment}").trim_end()))
            .collect();
        let tick = context.tick();
        let template = self.template.name();
        format!("  {tick} Created project \"{name}\" with template \"{template}\"\n\n{tree}\n  Next steps:\n{steps}")
    }
}

/// Returns the file that has the name of the folder, or of one that it would be in.
fn file_in_the_way(folder: &Path) -> Option<PathBuf> {
    let existing = folder.ancestors().find(|part| part.exists())?;
    (!existing.is_dir()).then(|| existing.to_path_buf())
}

fn is_in_use(folder: &Path) -> bool {
    fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some())
}

/// Returns the last part of the folder's full path, if it can name a project.
fn project_name(folder: &Path) -> Result<String, InitError> {
    let full = match folder.canonicalize() {
        Ok(full) => full,
        // The folder does not exist yet: it will have the name that the user wrote.
        Err(_) => folder.to_path_buf(),
    };
    let name = full
        .file_name()
        .ok_or(InitError::NoName)?
        .to_string_lossy()
        .into_owned();
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    let problem = if name.len() > LONGEST_NAME {
        "it is longer than 64 characters"
    } else if !name.starts_with(|first: char| first.is_ascii_alphabetic()) {
        "it does not start with a letter from a to z"
    } else if !name.ends_with(|last: char| last.is_ascii_alphanumeric()) {
        "it does not end with a letter or a digit"
    } else if name.chars().any(|c| c.is_ascii_uppercase()) {
        "it has capital letters"
    } else if !name.chars().all(allowed) {
        "it has characters other than the letters from a to z, digits, `-` and `_`"
    } else if SDK.contains(&name.as_str()) {
        "it is the name of the SDK"
    } else {
        return Ok(name);
    };
    Err(InitError::InvalidName { name, problem })
}

#[expect(clippy::disallowed_methods, reason = "writing the new project is the command's job")]
fn write(path: &Path, text: &str) -> Result<(), InitError> {
    let io = |error| InitError::Io {
        path: path.to_path_buf(),
        error,
    };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(io)?;
    }
    fs::write(path, text).map_err(io)
}

/// Creates a git repository, unless there is one already or no git. Returns whether it did.
fn make_repository(folder: &Path) -> bool {
    !git(folder, &["rev-parse", "--is-inside-work-tree"]) && git(folder, &["init", "--quiet"])
}

#[expect(clippy::disallowed_methods, reason = "git makes the repository")]
fn git(folder: &Path, arguments: &[&str]) -> bool {
    let mut command = Command::new("git");
    command
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
