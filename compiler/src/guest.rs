//! Builds components. In: the components that flows use. Out: the path of each one's binary.
//!
//! A component's `build_command` builds it. A component with `wasm` alone, and the file of a `file://` node, is used as
//! it is. Any other component is a cargo package. Binaries that were built are copied to the work folder, where
//! `torvync link` looks for them, whatever folder the build uses.

mod command;
mod configuration;
mod error;
mod kept;
mod package;

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;

use cargo_metadata::cargo_platform::Cfg;

use self::configuration::Configuration;
use self::error::GuestError;
use self::package::Package;
use crate::cache::{sha256, toml_string, write_atomically};
use crate::contract::BinaryFile;
use crate::diag::{Checked, Diagnostics};
use crate::manifest::ast::{ComponentDecl, ComponentRef, Language, Manifest};
use crate::process;
use crate::source::{Span, Spanned, display_path};
use crate::toolchain::{GUEST_TARGET, Toolchain, ToolchainError, ask, cargo_home, missing_tool, relative_to};
use crate::work::{Work, absolute};

/// Settings of a build.
#[derive(Clone, Copy, Debug)]
pub struct GuestOptions<'a> {
    /// Folder of the manifest.
    pub root: &'a Path,
    /// Whether to build with cargo's release profile.
    pub release: bool,
    /// Whether the binaries keep the names of functions, whatever their profile says.
    pub profiling: bool,
    /// The project's work folder.
    pub work: &'a Work,
    /// Cargo's target folder for all components of the project; nothing else may write there.
    pub target: &'a Path,
    /// The target folder (`CARGO_TARGET_DIR`) that a `build_command` inherits, if the user has set one.
    pub command_target: Option<&'a Path>,
}

/// Returns the path of a component's binary; `None` if the binary has to be built first, and for a built-in.
#[must_use]
pub fn prebuilt_path(manifest: &Manifest, root: &Path, reference: &ComponentRef) -> Option<PathBuf> {
    match reference {
        ComponentRef::Declared(name) => {
            let wasm = manifest.component(name)?.prebuilt()?;
            Some(root.join(&wasm.value))
        }
        ComponentRef::File(path) => Some(root.join(path)),
        ComponentRef::Builtin(_) => None,
    }
}

/// Builds the components among `references`. `on_line` gets each line that the tools print.
///
/// # Errors
/// When a component can't be built; every failure is reported.
pub fn build(
    diags: &mut Diagnostics,
    toolchain: &Toolchain,
    manifest: &Manifest,
    references: &[Spanned<ComponentRef>],
    options: GuestOptions<'_>,
    on_line: &mut dyn FnMut(&str),
) -> Checked<Vec<BinaryFile>> {
    let jobs: Vec<(&Spanned<ComponentRef>, Job<'_>)> = references
        .iter()
        .filter_map(|reference| Some((reference, job(manifest, options.root, reference)?)))
        .collect();
    let rustc = if jobs.iter().any(|(_, job)| matches!(job, Job::Cargo(_))) {
        toolchain.guest_rustc().map_err(|error| diags.error(error))?
    } else {
        toolchain.rustc.clone()
    };
    let builder = Builder {
        cargo: &toolchain.cargo,
        rustc,
        toolchain,
        manifest,
        options,
        turn: Mutex::default(),
    };
    let (said, lines) = mpsc::channel::<String>();
    let results: Vec<_> = thread::scope(|scope| {
        let running: Vec<_> = jobs
            .iter()
            .map(|(_, job)| {
                let (builder, said) = (&builder, said.clone());
                scope.spawn(move || builder.run(job, &mut |line: &str| drop(said.send(line.to_owned()))))
            })
            .collect();
        drop(said);
        lines.iter().for_each(|line| on_line(&line));
        running
            .into_iter()
            .map(|one| one.join().expect("invariant: building does not panic"))
            .collect()
    });
    let mut binaries = Vec::new();
    for ((reference, _), result) in jobs.iter().zip(results) {
        match result {
            Ok(path) => binaries.push(BinaryFile::new(manifest, reference, path)),
            Err(error) => {
                diags.error(error);
            }
        }
    }
    diags.barrier().map(|()| binaries)
}

enum Job<'a> {
    /// A binary that needs no build.
    Prebuilt(PathBuf),
    /// A cargo package.
    Cargo(&'a ComponentDecl),
    /// A shell command.
    Command(&'a ComponentDecl, &'a Spanned<String>),
}

fn job<'a>(manifest: &'a Manifest, root: &Path, reference: &Spanned<ComponentRef>) -> Option<Job<'a>> {
    if let Some(path) = prebuilt_path(manifest, root, &reference.value) {
        return Some(Job::Prebuilt(path));
    }
    match &reference.value {
        ComponentRef::Declared(name) => {
            let decl = manifest.component(name)?;
            Some(
                decl.build_command
                    .as_ref()
                    .map_or(Job::Cargo(decl), |command| Job::Command(decl, command)),
            )
        }
        ComponentRef::File(_) | ComponentRef::Builtin(_) => None,
    }
}

struct Builder<'a> {
    cargo: &'a Path,
    rustc: PathBuf,
    toolchain: &'a Toolchain,
    manifest: &'a Manifest,
    options: GuestOptions<'a>,
    /// Lets one cargo run at a time: cargo uses all processors by itself, and a second one would only wait for the lock
    /// of the target folder.
    turn: Mutex<()>,
}

impl Builder<'_> {
    fn run(&self, job: &Job<'_>, on_line: &mut dyn FnMut(&str)) -> Result<PathBuf, GuestError> {
        match job {
            Job::Prebuilt(path) => Ok(path.clone()),
            Job::Cargo(decl) => {
                let _alone = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
                let made = self.run_cargo(decl, on_line)?;
                self.keep(decl, &made, Some(&made.with_extension("d")))
            }
            Job::Command(decl, command) => {
                let before = self.before(decl, command)?;
                self.run_command(decl, command, on_line)?;
                let made = self.made_by_command(decl, command, before)?;
                self.keep(decl, &made, None)
            }
        }
    }

    fn folder(&self, decl: &ComponentDecl) -> PathBuf {
        decl.path.as_ref().map_or_else(
            || self.options.root.to_owned(),
            |path| self.options.root.join(&path.value),
        )
    }

    fn run_cargo(&self, decl: &ComponentDecl, on_line: &mut dyn FnMut(&str)) -> Result<PathBuf, GuestError> {
        let name = decl.name.value.clone();
        let (at, folder) = (place(decl), absolute(&self.folder(decl)));
        match decl.language.map_or(Language::Rust, |language| language.value) {
            Language::Rust => {}
            language @ (Language::Go | Language::Python | Language::Zig) => {
                return Err(GuestError::NoCommand { name, at, language });
            }
        }
        if folder.to_str().is_none() {
            return Err(GuestError::Place { name, at, folder });
        }
        let package = Package::of(self.cargo, &folder, decl)?;
        let target = self.slot(&package).map_err(|error| GuestError::Io {
            at,
            path: self.options.target.to_owned(),
            error,
        })?;
        let mut cargo = self.cargo(decl, &folder, &package, &target)?;
        let finished = process::run(&mut cargo, on_line).map_err(|error| not_started(self.cargo, &error))?;
        if finished.status.success() {
            package.made(&finished).ok_or(GuestError::NoArtifact { name, at })
        } else if let Some(missing) = missing_tool(&finished.said) {
            Err(GuestError::Tool(missing))
        } else {
            Err(GuestError::Failed {
                name,
                at,
                tool: "cargo".to_owned(),
                status: finished.status.to_string(),
                said: process::without_progress(&finished.said),
            })
        }
    }

    /// Returns the target folder for a package: the shared one, or a folder of its own if another package has already
    /// claimed the same file name in the shared one. Cargo would let the two packages overwrite each other's file, and
    /// use the other package's file as this one's.
    #[expect(clippy::disallowed_methods, reason = "the claim is a file of the back half")]
    fn slot(&self, package: &Package) -> io::Result<PathBuf> {
        let target = absolute(self.options.target);
        let claim = target.join("claims").join(package.file_name());
        let claimant = package.manifest().as_os_str().as_encoded_bytes();
        match std::fs::read(&claim) {
            Ok(first) if first == claimant => Ok(target),
            Ok(_) => Ok(target.join("beside").join(&sha256(claimant)[..16])),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                write_atomically(&claim, claimant).map(|()| target)
            }
            Err(error) => Err(error),
        }
    }

    #[expect(clippy::disallowed_methods, reason = "compiling components is the step's job")]
    fn cargo(
        &self,
        decl: &ComponentDecl,
        folder: &Path,
        package: &Package,
        target: &Path,
    ) -> Result<Command, GuestError> {
        let configuration = Configuration::of(folder, cargo_home().as_deref());
        let mut cargo = Command::new(self.cargo);
        // In the package's folder, as its author would run it, so that its cargo configuration applies.
        cargo.current_dir(folder).args(["build", "--target", GUEST_TARGET]);
        cargo.args(["--message-format=json-render-diagnostics", "--color=never"]);
        cargo.args(package.selection());
        cargo.args(self.options.release.then_some("--release"));
        cargo.arg("--target-dir").arg(target);
        let mut settings = vec![
            format!("build.build-dir={}", toml_string(target)),
            format!("target.{GUEST_TARGET}.rustflags={}", self.flags(&configuration)),
        ];
        if self.options.profiling {
            let profile = if self.options.release { "release" } else { "dev" };
            settings.push(format!("profile.{profile}.strip=\"debuginfo\""));
        }
        if package.wants_sdk() && !configuration.patches("torvyn") {
            let sdk = self.options.work.sdk().map_err(|error| GuestError::Io {
                at: place(decl),
                path: self.options.work.folder().to_owned(),
                error,
            })?;
            settings.push(format!("patch.crates-io.torvyn.path={}", toml_string(&sdk)));
        }
        for setting in &settings {
            cargo.args(["--config", setting]);
        }
        cargo.env("RUSTC", &self.rustc);
        // Settings meant for native code must neither reach the components nor replace their own.
        for variable in [
            "RUSTFLAGS",
            "CARGO_ENCODED_RUSTFLAGS",
            "CARGO_BUILD_RUSTFLAGS",
            "CARGO_BUILD_TARGET",
            "CARGO_BUILD_TARGET_DIR",
            "CARGO_BUILD_BUILD_DIR",
            "CARGO_TARGET_DIR",
        ] {
            cargo.env_remove(variable);
        }
        Ok(cargo)
    }

    /// Returns the component's own rustc flags and torvync's, as a TOML array.
    fn flags(&self, configuration: &Configuration) -> String {
        let mut folders = relative_to(&absolute(self.options.root), "/project");
        if self.options.work.is_named() {
            folders.push((absolute(self.options.work.folder()), "/work".to_owned()));
        }
        let mut flags = configuration.build_flags(|| cfg(&self.rustc));
        flags.extend(self.toolchain.remapped(&folders));
        serde_json::to_string(&flags).expect("invariant: strings have a JSON form")
    }

    #[expect(clippy::disallowed_methods, reason = "running the command is the step's job")]
    fn run_command(
        &self,
        decl: &ComponentDecl,
        command: &Spanned<String>,
        on_line: &mut dyn FnMut(&str),
    ) -> Result<(), GuestError> {
        let mut shell = Command::new("sh");
        // The command's standard output goes to standard error: it is progress, not torvync's result.
        shell
            .args(["-c", "exec 1>&2; eval \"$1\"", "build_command", &command.value])
            .current_dir(self.folder(decl));
        let finished = process::run(&mut shell, on_line).map_err(|error| not_started(Path::new("sh"), &error))?;
        if finished.status.success() {
            return Ok(());
        }
        let (name, at, tool) = (decl.name.value.clone(), command.span, command.value.clone());
        Err(GuestError::Failed {
            name,
            at,
            tool,
            status: finished.status.to_string(),
            said: finished.said,
        })
    }
}

fn place(decl: &ComponentDecl) -> Span {
    decl.path.as_ref().map_or(decl.span, |path| path.span)
}

fn not_started(tool: &Path, error: &io::Error) -> GuestError {
    GuestError::Tool(ToolchainError::NotFound {
        tool: display_path(tool),
        reason: error.to_string(),
    })
}

/// Returns the `cfg` values of the guest target; none if rustc does not print them.
fn cfg(rustc: &Path) -> Vec<Cfg> {
    let said = ask(rustc, &["--print", "cfg", "--target", GUEST_TARGET]).unwrap_or_default();
    said.lines().filter_map(|line| line.parse().ok()).collect()
}
