//! Errors in the files that contracts are read from.

use std::path::PathBuf;

use semver::Version;

use super::binary::BinaryFile;
use super::component::BinaryError;
use crate::diag::{Code, Diagnostic, listed};
use crate::source::{Span, Spanned, display_path};

/// Why the contracts of a project can't be read.
pub(super) enum ContractError {
    Version {
        targets: Spanned<Version>,
        speaks: Version,
    },
    FolderMissing {
        folder: PathBuf,
        path: Span,
    },
    BinaryMissing {
        path: PathBuf,
        used: Span,
        is_prebuilt: bool,
        meant: Option<String>,
    },
    /// Prebuilt binaries that do not exist where none is needed; a warning. Each with the place that names it, and the
    /// component that was probably meant.
    Absent {
        binaries: Vec<(PathBuf, Span, Option<String>)>,
    },
    Nothing {
        path: String,
    },
    NotOneWorld {
        path: String,
        worlds: Vec<String>,
        component: String,
    },
    Unreadable {
        path: PathBuf,
        used: Span,
        reason: String,
    },
    Binary {
        path: PathBuf,
        used: Span,
        error: BinaryError,
    },
}

impl ContractError {
    /// The error for a binary that does not exist.
    pub(super) fn missing(file: &BinaryFile) -> Self {
        ContractError::BinaryMissing {
            path: file.path.clone(),
            used: file.named_by,
            is_prebuilt: file.is_prebuilt,
            meant: file.meant.clone(),
        }
    }
}

/// Adds the component that was probably meant by a file name.
fn component_meant(diagnostic: Diagnostic, at: Span, meant: Option<String>) -> Diagnostic {
    match meant {
        Some(name) => diagnostic.meant(&name, at, format!("\"{name}\"")),
        None => diagnostic,
    }
}

impl From<ContractError> for Diagnostic {
    fn from(error: ContractError) -> Self {
        match error {
            ContractError::Version { targets, speaks } => Diagnostic::error(
                Code::VersionMismatch,
                format!(
                    "the project targets contracts {}, but the runtime supports {speaks}",
                    targets.value
                ),
            )
            .primary(targets.span, format!("expected {speaks}")),
            ContractError::FolderMissing { folder, path } => Diagnostic::error(
                Code::ComponentNotFound,
                format!("there is no folder `{}`", display_path(&folder)),
            )
            .primary(path, "the source of the component should be here")
            .help("the path is relative to the folder of Torvyn.toml"),
            ContractError::BinaryMissing {
                path,
                used,
                is_prebuilt,
                meant,
            } => {
                let shown = display_path(&path);
                let diagnostic = Diagnostic::error(
                    Code::ComponentNotFound,
                    format!("there is no component binary `{shown}`"),
                )
                .primary(used, "needs this binary")
                .help(if is_prebuilt {
                    "the path is relative to the folder of Torvyn.toml; build the component first"
                } else {
                    "run `torvync build` first, or name the folder of the binaries with `--components`"
                });
                component_meant(diagnostic, used, meant)
            }
            ContractError::Absent { binaries } => {
                let paths: Vec<String> = binaries.iter().map(|(path, ..)| display_path(path)).collect();
                let message = match paths.as_slice() {
                    [only] => format!("there is no component binary `{only}`: it was not checked"),
                    several => format!(
                        "{} component binaries do not exist: they were not checked",
                        several.len()
                    ),
                };
                let warning = Diagnostic::warning(Code::ComponentNotFound, message);
                let labels = binaries.iter().zip(&paths);
                let warning = labels
                    .fold(warning, |diagnostic, ((_, at, _), path)| {
                        diagnostic.primary(*at, format!("there is no `{path}`"))
                    })
                    .help("the path is relative to the folder of Torvyn.toml; build the component first");
                let meant = binaries.into_iter();
                meant.fold(warning, |diagnostic, (_, at, meant)| {
                    component_meant(diagnostic, at, meant)
                })
            }
            ContractError::Nothing { path } => {
                Diagnostic::error(Code::IoFailed, format!("there is no contract at `{path}`"))
                    .help("name a folder with `.wit` files, a `.wit` file or a component")
            }
            ContractError::NotOneWorld {
                path,
                worlds,
                component,
            } => {
                let number = match worlds.is_empty() {
                    true => "no world",
                    false => "several worlds",
                };
                let message = format!("component `{component}` can't be compared with `{path}`, which has {number}");
                let diagnostic = Diagnostic::error(Code::InvalidOption, message);
                let diagnostic = match worlds.is_empty() {
                    true => diagnostic,
                    false => diagnostic.note(listed("worlds that it may be", &worlds)),
                };
                let general = "name two components, two contracts, or a contract with one world";
                diagnostic.help(match worlds.first() {
                    Some(world) => {
                        format!("{general}; or call the component's file like its world, such as `{world}.wasm`")
                    }
                    None => general.to_owned(),
                })
            }
            ContractError::Unreadable { path, used, reason } => Diagnostic::error(
                Code::IoFailed,
                format!("`{}` can't be read: {reason}", display_path(&path)),
            )
            .primary(used, "needs this file"),
            ContractError::Binary { path, used, error } => binary_diagnostic(&display_path(&path), used, error),
        }
    }
}

fn binary_diagnostic(path: &str, used: Span, error: BinaryError) -> Diagnostic {
    let needed = match error {
        BinaryError::Invalid(_) => "needs a valid component",
        BinaryError::NotWasm | BinaryError::WitPackage | BinaryError::NoMetadata => "needs a component",
    };
    binary_message(path, error).primary(used, needed)
}

/// The diagnostic for a binary, without a place.
pub(super) fn binary_message(path: &str, error: BinaryError) -> Diagnostic {
    match error {
        BinaryError::NotWasm => {
            Diagnostic::error(Code::ComponentInvalid, format!("`{path}` is not a WebAssembly binary"))
                .note("a WebAssembly binary starts with the bytes `00 61 73 6d`")
        }
        BinaryError::Invalid(reason) => {
            Diagnostic::error(Code::ComponentInvalid, format!("`{path}` is not a valid component"))
                .note(reason)
                .help("build it again: the file may be truncated")
        }
        BinaryError::WitPackage => {
            Diagnostic::error(Code::ComponentInvalid, format!("`{path}` contains WIT but no code"))
        }
        BinaryError::NoMetadata => Diagnostic::error(
            Code::NoWitMetadata,
            format!("`{path}` is a core module that does not say which world it implements"),
        )
        .help(
            "build for `wasm32-wasip2`, or add the metadata with \
             `wasm-tools component embed --world WORLD wit/ MODULE.wasm -o MODULE.wasm`",
        ),
    }
}
