//! The tools a build needs: rustc, cargo, the WebAssembly target, a C linker, folders to write to.
//!
//! Builds use [`Toolchain::locate`]; `torvync doctor` uses [`examine`] and [`fix`].

mod doctor;
mod linker;
mod target;

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use semver::Version;

use crate::diag::{Code, Diagnostic};

pub use doctor::{Check, Doctor, Repair, Status, examine, fix};
pub use linker::CrossCompiler;
pub use torvyn_codegen::target::Target;

/// The target that guests are compiled for.
pub const GUEST_TARGET: &str = "wasm32-wasip2";

/// The oldest rustc that compiles the runtime.
const OLDEST: Version = Version::new(1, 95, 0);

/// Name of the rustup toolchain that `doctor --fix` creates if the active one can't have the guest target.
const GUEST_TOOLCHAIN: &str = "wasm-guest";

/// The tools of this machine.
#[derive(Clone, Debug)]
pub struct Toolchain {
    /// The `cargo` to run.
    pub cargo: PathBuf,
    /// The `rustc` that belongs to it.
    pub rustc: PathBuf,
    /// Version of rustc.
    pub version: Version,
    /// Target of this machine.
    pub host: Target,
    /// Output of `rustc -vV`, which identifies the compiler.
    pub identity: String,
    /// Folder of rustc's own files, its libraries included.
    pub sysroot: PathBuf,
}

/// Why the tools can't build, in general or for a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToolchainError {
    /// `rustc` or `cargo` can't be started.
    NotFound {
        /// The tool.
        tool: String,
        /// Why not.
        reason: String,
    },
    /// A tool fails, or prints something unexpected.
    Broken {
        /// The command.
        command: String,
        /// Its output.
        said: String,
    },
    /// rustc is too old to compile the runtime.
    TooOld {
        /// Its version.
        found: Version,
    },
    /// There is no standard library for a target.
    NoTarget {
        /// The target triple.
        target: String,
    },
    /// rustc knows no such target.
    UnknownTarget {
        /// The requested target.
        target: String,
        /// The target that was probably meant.
        near: Option<String>,
    },
    /// This version can't build for the target.
    UnsupportedTarget {
        /// The target triple.
        target: String,
        /// Why not.
        reason: &'static str,
        /// An alternative.
        help: &'static str,
    },
    /// There is no C compiler for a target other than this machine's.
    NoCrossCompiler {
        /// The target triple.
        target: String,
        /// The program that was looked for.
        sought: String,
        /// Whether the user has named it.
        is_set: bool,
    },
    /// Native code can't be linked.
    NoLinker {
        /// Cargo's message.
        said: String,
    },
}

impl Toolchain {
    /// Finds the rustc that belongs to `cargo`, and runs it to get its version, host and sysroot.
    ///
    /// # Errors
    /// When it is missing or too old, or its output is unexpected.
    pub fn locate(cargo: &Path) -> Result<Self, ToolchainError> {
        let rustc = rustc_beside(cargo);
        let identity = ask(&rustc, &["-vV"])?;
        let field = |name: &str| {
            let line = identity.lines().find_map(|line| line.strip_prefix(name));
            line.map(str::to_owned).ok_or_else(|| broken(&rustc, "-vV", &identity))
        };
        let version: Version = field("release: ")?
            .parse()
            .map_err(|_| broken(&rustc, "-vV", &identity))?;
        // A nightly of the same number is new enough.
        if (version.major, version.minor) < (OLDEST.major, OLDEST.minor) {
            return Err(ToolchainError::TooOld { found: version });
        }
        let host = Target::new(&field("host: ")?);
        let sysroot = PathBuf::from(ask(&rustc, &["--print", "sysroot"])?.trim());
        Ok(Self {
            cargo: cargo.to_owned(),
            rustc,
            version,
            host,
            identity,
            sysroot,
        })
    }

    /// Whether there is a standard library for `target`.
    #[must_use]
    pub fn has_target(&self, target: &str) -> bool {
        has_std(&self.sysroot, target)
    }

    /// Finds the rustc that compiles guests: the active one if it can, or else that of the toolchain `wasm-guest`.
    ///
    /// # Errors
    /// When neither can.
    pub fn guest_rustc(&self) -> Result<PathBuf, ToolchainError> {
        if self.has_target(GUEST_TARGET) {
            return Ok(self.rustc.clone());
        }
        let other = ask(Path::new("rustup"), &["which", "--toolchain", GUEST_TOOLCHAIN, "rustc"]).ok();
        let other = other.map(|path| PathBuf::from(path.trim()));
        let fits = |rustc: &PathBuf| {
            ask(rustc, &["--print", "sysroot"]).is_ok_and(|sysroot| has_std(Path::new(sysroot.trim()), GUEST_TARGET))
        };
        other.filter(fits).ok_or_else(|| ToolchainError::NoTarget {
            target: GUEST_TARGET.to_owned(),
        })
    }

    /// Returns rustc arguments that keep paths of this machine out of its output. `folders` are mapped to names; if two
    /// of them contain a file, the later one counts.
    #[must_use]
    pub fn remapped(&self, folders: &[(PathBuf, String)]) -> Vec<String> {
        let of_tools = [
            cargo_home().map(|home| (home, "/cargo".to_owned())),
            Some((self.sysroot.join("lib/rustlib/src/rust"), "/rust".to_owned())),
        ];
        let all = folders.iter().cloned().chain(of_tools.into_iter().flatten());
        all.map(|(from, to)| format!("--remap-path-prefix={}={to}", from.display()))
            .collect()
    }
}

/// Maps `folder` to `name`, and each folder above it to a path relative to `name`. So the mapped path of a dependency
/// beside a project does not depend on where both are.
pub(crate) fn relative_to(folder: &Path, name: &str) -> Vec<(PathBuf, String)> {
    let above = folder
        .ancestors()
        .filter(|ancestor| ancestor.parent().is_some())
        .enumerate();
    let mut folders: Vec<_> = above
        .map(|(levels, ancestor)| (ancestor.to_owned(), format!("{name}{}", "/..".repeat(levels))))
        .collect();
    folders.reverse();
    folders
}

/// Cargo's home folder, which contains the sources of dependencies.
#[expect(clippy::disallowed_methods, reason = "cargo itself decides by this variable")]
pub(crate) fn cargo_home() -> Option<PathBuf> {
    let set = std::env::var("CARGO_HOME")
        .ok()
        .filter(|home| !home.is_empty())
        .map(PathBuf::from);
    set.or_else(|| std::env::home_dir().map(|home| home.join(".cargo")))
}

fn rustc_beside(cargo: &Path) -> PathBuf {
    let beside = cargo.with_file_name(format!("rustc{}", std::env::consts::EXE_SUFFIX));
    if beside.is_file() {
        beside
    } else {
        PathBuf::from("rustc")
    }
}

fn has_std(sysroot: &Path, target: &str) -> bool {
    let libraries = sysroot.join("lib/rustlib").join(target).join("lib");
    let is_std = |name: &str| name.starts_with("libstd-") && name.ends_with(".rlib");
    std::fs::read_dir(libraries).is_ok_and(|entries| {
        entries
            .flatten()
            .any(|entry| entry.file_name().to_str().is_some_and(is_std))
    })
}

#[expect(clippy::disallowed_methods, reason = "asking a tool is to run it")]
pub(crate) fn ask(tool: &Path, arguments: &[&str]) -> Result<String, ToolchainError> {
    let output = Command::new(tool)
        .args(arguments)
        .output()
        .map_err(|error| ToolchainError::NotFound {
            tool: tool
                .file_stem()
                .unwrap_or(tool.as_os_str())
                .to_string_lossy()
                .into_owned(),
            reason: reason(&error),
        })?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(broken(
            tool,
            &arguments.join(" "),
            &String::from_utf8_lossy(&output.stderr),
        ))
    }
}

fn reason(error: &io::Error) -> String {
    if error.kind() == io::ErrorKind::NotFound {
        "it is not installed".to_owned()
    } else {
        error.to_string()
    }
}

fn broken(tool: &Path, arguments: &str, said: &str) -> ToolchainError {
    let name = tool.file_name().unwrap_or(tool.as_os_str()).to_string_lossy();
    ToolchainError::Broken {
        command: format!("{name} {arguments}"),
        said: said.trim().to_owned(),
    }
}

/// Finds the missing tool that caused cargo to fail with this output; `None` for other errors.
#[must_use]
pub fn missing_tool(said: &str) -> Option<ToolchainError> {
    let no_linker = |line: &&str| line.contains("linker `") && line.contains("` not found");
    if let Some(line) = said.lines().find(no_linker) {
        return Some(ToolchainError::NoLinker {
            said: line.trim_start_matches("error: ").to_owned(),
        });
    }
    let (_, rest) = said.split_once("error[E0463]: can't find crate for `")?;
    let target = rest
        .split_once("the `")
        .and_then(|(_, rest)| rest.split_once("` target may not be installed"));
    let (target, _) = target?;
    Some(ToolchainError::NoTarget {
        target: target.to_owned(),
    })
}

impl From<ToolchainError> for Diagnostic {
    fn from(error: ToolchainError) -> Self {
        let missing = |message: String| Diagnostic::error(Code::ToolchainMissing, message);
        match error {
            ToolchainError::NotFound { tool, reason } => missing(format!("`{tool}` can't be started: {reason}"))
                .note("executables and Rust components are compiled with the Rust toolchain")
                .help("install it with rustup (https://rustup.rs), then run `torvync doctor`"),
            ToolchainError::Broken { command, said } => missing(format!("`{command}` failed"))
                .note(said)
                .help("`torvync doctor` says what is wrong"),
            ToolchainError::TooOld { found } => {
                missing(format!("expected rustc {OLDEST} or newer, found {found}")).help("run `rustup update stable`")
            }
            ToolchainError::NoTarget { target } if target == GUEST_TARGET => {
                missing(format!("rustc has no standard library for the target `{target}`"))
                    .note("Rust components are compiled for this target")
                    .help(format!(
                        "run `torvync doctor --fix`: it runs `rustup target add {target}` and, where that can't be \
                         had, builds the library from a distribution's sources"
                    ))
            }
            ToolchainError::NoTarget { target } => {
                missing(format!("rustc has no standard library for the target `{target}`")).help(format!(
                    "run `torvync doctor --fix --target {target}`: it runs `rustup target add {target}` and, where \
                     that can't be had, builds the library from a distribution's sources"
                ))
            }
            ToolchainError::NoCrossCompiler {
                target,
                sought,
                is_set: true,
            } => {
                let variable = Target::new(&target).cargo_variable("LINKER");
                missing(format!("`{sought}`, which {variable} names, can't be started"))
                    .note(format!("it is to link the executable for the target `{target}`"))
                    .help("name a C compiler for that target, or unset the variable")
            }
            ToolchainError::NoCrossCompiler {
                target,
                sought,
                is_set: false,
            } => missing(format!(
                "there is no C compiler for the target `{target}`: `{sought}` can't be started"
            ))
            .note("it links the executable, and compiles the little C in the runtime")
            .help(format!(
                "run `torvync doctor --fix --target {target}`, which installs zig in the cache; or install the \
                 distribution's (Debian: `apt-get install {}`), or name another one in {}",
                linker::debian_package(&sought),
                Target::new(&target).cargo_variable("LINKER"),
            )),
            ToolchainError::UnknownTarget { target, near } => {
                let diagnostic = Diagnostic::error(
                    Code::InvalidOption,
                    format!("`--target {target}`: there is no such target"),
                );
                let diagnostic = match near {
                    Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
                    None => diagnostic,
                };
                diagnostic
                    .help("`rustc --print target-list` names all targets; without `--target`, the executable is for this machine")
            }
            ToolchainError::UnsupportedTarget { target, reason, help } => Diagnostic::error(
                Code::InvalidOption,
                format!("`--target {target}`: this version can't build executables for it"),
            )
            .note(reason)
            .help(help),
            ToolchainError::NoLinker { said } => missing("there is no C linker".to_owned()).note(said).help(
                "install a C compiler (`apt-get install gcc`, `xcode-select --install`): `torvync doctor` checks it",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_that_are_missing_are_recognised_in_what_cargo_says() {
        let linker = "error: linker `cc` not found\n  |\n  = note: No such file or directory (os error 2)\n";
        assert_eq!(
            missing_tool(linker),
            Some(ToolchainError::NoLinker {
                said: "linker `cc` not found".into()
            })
        );
        let target = "error[E0463]: can't find crate for `core`\n  |\n  \
                      = note: the `wasm32-wasip2` target may not be installed\n";
        assert_eq!(
            missing_tool(target),
            Some(ToolchainError::NoTarget {
                target: "wasm32-wasip2".into()
            })
        );
        assert_eq!(missing_tool("error[E0463]: can't find crate for `serde`\n"), None);
    }

    #[test]
    fn the_place_of_a_dependency_beside_a_project_is_relative() {
        let folders = relative_to(Path::new("/home/a/project"), "/project");
        let expected = [
            ("/home", "/project/../.."),
            ("/home/a", "/project/.."),
            ("/home/a/project", "/project"),
        ];
        assert_eq!(folders, expected.map(|(from, to)| (PathBuf::from(from), to.to_owned())));
    }

    #[test]
    fn a_cargo_that_does_not_exist_is_no_panic() {
        let found = Toolchain::locate(Path::new("no/such/folder/cargo"));
        // Falls back to the rustc on the search path, which also compiled this test.
        assert!(found.is_ok_and(|tools| tools.host.system().is_some() && tools.has_target(tools.host.triple())));
    }
}
