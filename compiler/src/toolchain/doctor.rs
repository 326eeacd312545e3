//! `torvync doctor`: checks the requirements of a build one by one, and repairs what it can.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use torvyn_codegen::target::Target;

use super::{GUEST_TARGET, Toolchain, ToolchainError, linker};
use crate::diag::Diagnostic;
use crate::manifest::FILE_NAME;
use crate::process;
use crate::source::display_path;

/// Script that installs a target where rustup can't.
const INSTALL_TARGET: &str = include_str!("../../../xtask/install-target.sh");

/// What to examine.
#[derive(Clone, Debug)]
pub struct Doctor {
    /// The `cargo` of builds.
    pub cargo: PathBuf,
    /// The cache folder.
    pub cache: PathBuf,
    /// Path of the manifest that the user named; otherwise a project is looked for, and not required.
    pub manifest: Option<PathBuf>,
    /// Whether rustup must not be asked for targets.
    pub no_rustup: bool,
    /// Targets of executables besides this machine's.
    pub targets: Vec<Target>,
}

/// A requirement of a build, and its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Name of the requirement.
    pub name: String,
    /// Its state.
    pub status: Status,
    /// How [`fix`] may repair it.
    pub repair: Option<Repair>,
}

/// What can be repaired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Repair {
    /// The standard library of a target is missing.
    Library(String),
    /// The C compiler of a target is missing.
    Compiler(Target),
}

/// State of a requirement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// Met, and by what.
    Ok(String),
    /// Not met, which is no obstacle here, and why.
    Warn(String),
    /// Not met.
    Missing {
        /// Why.
        why: String,
        /// How to repair it.
        fix: String,
    },
}

impl Check {
    fn new(name: impl Into<String>, status: Status) -> Self {
        Self {
            name: name.into(),
            status,
            repair: None,
        }
    }

    fn repaired_by(self, repair: Repair) -> Self {
        Self {
            repair: Some(repair),
            ..self
        }
    }

    /// Whether the requirement is not met.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        matches!(self.status, Status::Missing { .. })
    }
}

/// Examines everything a build needs, in the order in which it needs it.
#[must_use]
pub fn examine(doctor: &Doctor) -> Vec<Check> {
    let tools = Toolchain::locate(&doctor.cargo);
    let mut checks = vec![check_rustc(&tools), check_cargo(&doctor.cargo)];
    if let Ok(tools) = &tools {
        checks.push(check_guest_target(tools));
    }
    checks.push(check_linker());
    if let Ok(tools) = &tools {
        let of_targets = doctor.targets.iter();
        checks.extend(of_targets.flat_map(|target| check_target(tools, target, &doctor.cache)));
    }
    checks.push(check_cache(&doctor.cache));
    checks.push(check_project(doctor.manifest.as_deref()));
    checks
}

/// Repairs what can be repaired. `on_line` gets each line that the tools print.
///
/// # Errors
/// When a repair fails.
pub fn fix(doctor: &Doctor, checks: &[Check], on_line: &mut dyn FnMut(&str)) -> io::Result<()> {
    for check in checks.iter().filter(|check| check.is_missing()) {
        match &check.repair {
            Some(Repair::Library(target)) => fix_library(doctor, target, on_line)?,
            Some(Repair::Compiler(target)) => linker::install(target, &doctor.cache, on_line)?,
            None => {}
        }
    }
    Ok(())
}

fn check_rustc(tools: &Result<Toolchain, ToolchainError>) -> Check {
    let status = match tools {
        Ok(tools) => Status::Ok(format!("{} for {}", tools.version, tools.host)),
        Err(ToolchainError::TooOld { found }) => Status::Missing {
            why: format!("found {found}, which is too old"),
            fix: "run `rustup update stable`".to_owned(),
        },
        Err(ToolchainError::NotFound { reason, .. }) => Status::Missing {
            why: reason.clone(),
            fix: "install it with rustup (https://rustup.rs)".to_owned(),
        },
        Err(ToolchainError::Broken { command, said }) => Status::Missing {
            why: format!("`{command}` failed: {said}"),
            fix: "run `rustup default stable`".to_owned(),
        },
        Err(
            ToolchainError::NoTarget { .. }
            | ToolchainError::UnknownTarget { .. }
            | ToolchainError::UnsupportedTarget { .. }
            | ToolchainError::NoCrossCompiler { .. }
            | ToolchainError::NoLinker { .. },
        ) => {
            unreachable!("invariant: `locate` asks for neither target nor linker")
        }
    };
    Check::new("rustc", status)
}

fn check_cargo(cargo: &Path) -> Check {
    let fix = "install it with rustup (https://rustup.rs)".to_owned();
    Check::new(
        "cargo",
        first_line(cargo, "--version").map_or_else(|why| Status::Missing { why, fix }, Status::Ok),
    )
}

fn check_guest_target(tools: &Toolchain) -> Check {
    let status = match tools.guest_rustc() {
        Ok(rustc) if rustc == tools.rustc => Status::Ok("installed".to_owned()),
        Ok(rustc) => Status::Ok(format!("by {}", display_path(&rustc))),
        Err(_) => Status::Missing {
            why: "rustc has no standard library for it".to_owned(),
            fix: format!("run `rustup target add {GUEST_TARGET}`"),
        },
    };
    Check::new(GUEST_TARGET, status).repaired_by(Repair::Library(GUEST_TARGET.to_owned()))
}

/// Checks what executables for another target take.
fn check_target(tools: &Toolchain, target: &Target, cache: &Path) -> Vec<Check> {
    let triple = target.triple();
    if let Err(error) = tools.check_support(target) {
        let diagnostic = Diagnostic::from(error);
        let fix = diagnostic.help.first().cloned().unwrap_or_default();
        return vec![Check::new(
            triple,
            Status::Missing {
                why: diagnostic.message.clone(),
                fix,
            },
        )];
    }
    let library = match tools.has_target(triple) {
        true => Status::Ok("standard library installed".to_owned()),
        false => Status::Missing {
            why: "rustc has no standard library for it".to_owned(),
            fix: format!("run `rustup target add {triple}`"),
        },
    };
    let found = tools.cross_compiler(target, cache);
    let is_set = matches!(found, Err(ToolchainError::NoCrossCompiler { is_set: true, .. }));
    let compiler = match found {
        Ok(None) => Status::Ok("that of this machine".to_owned()),
        Ok(Some(found)) => Status::Ok(format!("{}: {}", display_path(&found.program), found.version)),
        Err(error) => {
            let fix = match is_set {
                true => "name another one, or unset the variable",
                false => "install one, or let `--fix` install zig",
            };
            Status::Missing {
                why: Diagnostic::from(error).message,
                fix: fix.to_owned(),
            }
        }
    };
    let compiler = Check::new(format!("{triple}-cc"), compiler);
    vec![
        Check::new(triple, library).repaired_by(Repair::Library(triple.to_owned())),
        match is_set {
            true => compiler,
            false => compiler.repaired_by(Repair::Compiler(target.clone())),
        },
    ]
}

fn check_linker() -> Check {
    let fix = "install a C compiler, such as gcc".to_owned();
    let status = first_line(Path::new("cc"), "--version").map_or_else(|why| Status::Missing { why, fix }, Status::Ok);
    Check::new("C linker", status)
}

fn check_cache(cache: &Path) -> Check {
    let shown = display_path(cache);
    // If the folder does not exist yet, its nearest existing ancestor decides whether the first build can create it.
    let existing = cache.ancestors().find(|folder| folder.exists()).unwrap_or(cache);
    let status = match tempfile::tempfile_in(existing) {
        Ok(_) if existing == cache => Status::Ok(shown),
        Ok(_) => Status::Ok(format!("{shown}, created by the first build")),
        Err(error) => Status::Missing {
            why: format!("`{}` can't be written: {error}", display_path(existing)),
            fix: "make it writable, or set TORVYN_HOME to another folder".to_owned(),
        },
    };
    Check::new("cache folder", status)
}

fn check_project(named: Option<&Path>) -> Check {
    let manifest = named.unwrap_or(Path::new(FILE_NAME));
    let shown = display_path(manifest);
    let status = match named {
        _ if manifest.is_file() => Status::Ok(format!("{shown} is there; `torvync check` reads it")),
        None => Status::Warn(format!("there is no `{shown}` here: `torvync init` creates a project")),
        Some(folder) if folder.join(FILE_NAME).is_file() => Status::Missing {
            why: format!("`{shown}` is a folder, not a manifest"),
            fix: format!("name `{}`", display_path(&folder.join(FILE_NAME))),
        },
        Some(_) => Status::Missing {
            why: format!("there is no file `{shown}`"),
            fix: "name the project's Torvyn.toml, or leave out `--manifest`".to_owned(),
        },
    };
    Check::new("project", status)
}

#[expect(clippy::disallowed_methods, reason = "the repair runs tools")]
fn fix_library(doctor: &Doctor, target: &str, on_line: &mut dyn FnMut(&str)) -> io::Result<()> {
    if !doctor.no_rustup {
        on_line(&format!("rustup target add {target}"));
        let added = process::run(Command::new("rustup").args(["target", "add", target]), on_line);
        let works = || Toolchain::locate(&doctor.cargo).is_ok_and(|tools| tools.has_target(target));
        if added.is_ok_and(|finished| finished.status.success()) && works() {
            return Ok(());
        }
    }
    let mut script = tempfile::NamedTempFile::new()?;
    script.write_all(INSTALL_TARGET.as_bytes())?;
    // The script's standard output goes to standard error. It must not ask rustup, which has failed or is not to be
    // asked.
    let mut bash = Command::new("bash");
    bash.args(["-c", "exec bash \"$1\" \"$2\" 1>&2", "install"])
        .arg(script.path())
        .arg(target);
    let finished = process::run(bash.env("WASM_TARGET_NO_RUSTUP", "1"), on_line)?;
    if finished.status.success() {
        Ok(())
    } else {
        Err(io::Error::other(format!(
            "the target {target} could not be installed:\n{}",
            finished.said.trim()
        )))
    }
}

#[expect(clippy::disallowed_methods, reason = "asking a tool is to run it")]
fn first_line(tool: &Path, argument: &str) -> Result<String, String> {
    let output = Command::new(tool)
        .arg(argument)
        .output()
        .map_err(|error| super::reason(&error))?;
    let text = String::from_utf8_lossy(&output.stdout);
    match text.lines().next() {
        Some(line) if output.status.success() => Ok(line.to_owned()),
        Some(_) | None => Err(format!("`{} {argument}` failed", display_path(tool))),
    }
}
