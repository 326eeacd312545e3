//! The errors of building components.

use std::io;
use std::path::PathBuf;

use crate::diag::{Code, Diagnostic};
use crate::manifest::ast::Language;
use crate::source::{Span, display_path};
use crate::toolchain::ToolchainError;

pub(super) enum GuestError {
    Tool(ToolchainError),
    /// cargo can't work with the path of the sources.
    Place {
        name: String,
        at: Span,
        folder: PathBuf,
    },
    NoCommand {
        name: String,
        at: Span,
        language: Language,
    },
    NoPackage {
        name: String,
        at: Span,
        path: PathBuf,
    },
    /// The folder holds the manifest of a workspace, but of no package.
    Workspace {
        name: String,
        at: Span,
        path: PathBuf,
        members: Vec<PathBuf>,
    },
    /// No target of the package can be a component.
    NoLibrary {
        name: String,
        at: Span,
        programs: usize,
    },
    NoArtifact {
        name: String,
        at: Span,
    },
    /// There is no file in any of the places that a binary is looked for in.
    NothingMade {
        name: String,
        at: Span,
        looked: Vec<PathBuf>,
    },
    /// There is no file at the path that `wasm` names.
    NamedMissing {
        name: String,
        at: Span,
        path: PathBuf,
        command: Span,
    },
    /// There are files, but which of them the command made is unclear.
    Unclear {
        name: String,
        at: Span,
        found: Vec<PathBuf>,
        /// Whether the command wrote all of them.
        is_new: bool,
    },
    /// Another component's command makes a file of the same name.
    SameFile {
        name: String,
        at: Span,
        file: String,
        other: Span,
    },
    Io {
        at: Span,
        path: PathBuf,
        error: io::Error,
    },
    NotCopied {
        at: Span,
        from: PathBuf,
        to: PathBuf,
        error: io::Error,
    },
    Failed {
        name: String,
        at: Span,
        tool: String,
        status: String,
        said: String,
    },
}

/// The help for a binary that can't be found automatically.
const NAME_IT: &str = "add `wasm` with the path of the file that the command writes";

impl From<GuestError> for Diagnostic {
    fn from(error: GuestError) -> Self {
        match error {
            GuestError::Tool(error) => error.into(),
            GuestError::Place { name, at, folder } => failed(format!(
                "component `{name}` can't be built in `{}`: the path is not UTF-8",
                display_path(&folder)
            ))
            .primary(at, "the sources of this component")
            .note("cargo and rustc need paths that are")
            .help("move or rename the folder, or build the component elsewhere and name its binary with `wasm`"),
            GuestError::NoCommand { name, at, language } => failed(format!(
                "component `{name}` is written in `{}`, which torvync can't build by itself",
                language.as_str()
            ))
            .primary(at, "how is this built?")
            .help("add `build_command`, and `wasm` with the path of its output"),
            GuestError::NoPackage { name, at, path } => failed(format!(
                "component `{name}` is not a cargo package: there is no `{}`",
                display_path(&path)
            ))
            .primary(at, "expected a `Cargo.toml` in this folder")
            .help("if it is not a cargo package, add `build_command`, or `wasm` for an existing binary"),
            GuestError::Workspace {
                name,
                at,
                path,
                members,
            } => workspace(&name, at, &display_path(&path), &paths(&members)),
            GuestError::NoLibrary { name, at, programs } => {
                failed(format!("the cargo package of component `{name}` builds no component"))
                    .primary(
                        at,
                        match programs {
                            0 | 1 => "this package has no library of the type `cdylib`",
                            _ => "this package has no library, and several programs",
                        },
                    )
                    .help("add `[lib]` with `crate-type = [\"cdylib\"]` to its `Cargo.toml`")
            }
            GuestError::NoArtifact { name, at } => {
                failed(format!("cargo built component `{name}` but reported no WebAssembly file"))
                    .primary(at, "the package of this component")
            }
            GuestError::NothingMade { name, at, looked } => failed(format!(
                "the build of component `{name}` succeeded, but its binary was not found"
            ))
            .primary(at, "wrote no binary that could be found")
            .note(format!("looked for {}", paths(&looked).join(", ")))
            .help(NAME_IT),
            GuestError::NamedMissing {
                name,
                at,
                path,
                command,
            } => {
                let is = if path.is_dir() { "is a folder" } else { "does not exist" };
                let path = display_path(&path);
                failed(format!(
                    "the build of component `{name}` succeeded, but its binary `{path}` {is}"
                ))
                .primary(at, "the binary is expected here")
                .secondary(command, "this command")
                .help("name the file that the command writes; the path is relative to the folder of Torvyn.toml")
            }
            GuestError::Unclear {
                name,
                at,
                found,
                is_new,
            } => unclear(&name, at, &paths(&found), is_new),
            GuestError::SameFile { name, at, file, other } => failed(format!(
                "the output of component `{name}` can't be identified: another component's output is called `{file}` too"
            ))
            .primary(at, "builds this file, or the other one")
            .secondary(other, "so does this one")
            .help(NAME_IT),
            GuestError::Io { at, path, error } => Diagnostic::error(
                Code::IoFailed,
                format!("can't write in `{}`: {error}", display_path(&path)),
            )
            .primary(at, "to build this component"),
            GuestError::NotCopied { at, from, to, error } => Diagnostic::error(
                Code::IoFailed,
                format!(
                    "can't copy `{}` to `{}`: {error}",
                    display_path(&from),
                    display_path(&to)
                ),
            )
            .primary(at, "the binary of this component"),
            GuestError::Failed {
                name,
                at,
                tool,
                status,
                said,
            } => {
                let diagnostic = failed(format!(
                    "component `{name}` does not build: `{tool}` failed with {status}"
                ))
                .primary(at, "this component")
                .note(said.trim_end().to_owned());
                match advice(&said) {
                    Some(advice) => diagnostic.help(advice),
                    None => diagnostic,
                }
            }
        }
    }
}

/// Returns help for failures of cargo that the component's code did not cause.
fn advice(said: &str) -> Option<&'static str> {
    let is_locked = said.contains("failed to write") && said.contains("Cargo.lock");
    is_locked.then_some(
        "cargo writes a lock file beside the sources: run `cargo generate-lockfile` where the folder is writable",
    )
}

fn failed(message: String) -> Diagnostic {
    Diagnostic::error(Code::GuestBuildFailed, message)
}

fn paths(paths: &[PathBuf]) -> Vec<String> {
    paths.iter().map(|path| display_path(path)).collect()
}

fn workspace(name: &str, at: Span, path: &str, members: &[String]) -> Diagnostic {
    let diagnostic = failed(format!(
        "component `{name}` is not a cargo package: `{path}` is the manifest of a workspace"
    ))
    .primary(at, "expected the folder of a package");
    match members {
        [] => diagnostic.help("name the folder of the package"),
        members => diagnostic
            .note(format!("its packages are in {}", members.join(", ")))
            .help("name the folder of one of them"),
    }
}

fn unclear(name: &str, at: Span, found: &[String], is_new: bool) -> Diagnostic {
    let diagnostic = failed(format!(
        "the build of component `{name}` succeeded, but its output can't be identified"
    ));
    if is_new {
        diagnostic
            .primary(at, "wrote several binaries with this name")
            .note(format!("wrote {}", found.join(", ")))
    } else {
        diagnostic.primary(at, "wrote nothing new").note(format!(
            "may be older, or belong to another project: {}",
            found.join(", ")
        ))
    }
    .help(NAME_IT)
}
