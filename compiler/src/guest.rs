//! Builds components. In: the components that flows use. Out: the path of each one's binary.
//!
//! A component with a `build_command` is built by it; one with `wasm` alone, and a `file://` node, is taken as it is;
//! any other one is a cargo package. Each binary that was built is copied to `.torvyn/components`, where `torvync link`
//! finds it, whatever folder the build uses.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc;
use std::thread;
use std::time::SystemTime;

use cargo_metadata::Message;

use crate::cache::write_atomically;
use crate::diag::{Checked, Code, Diagnostic, Diagnostics};
use crate::manifest::ast::{ComponentDecl, ComponentRef, Language, Manifest};
use crate::process::{self, Finished};
use crate::source::{Span, Spanned, display_path};
use crate::toolchain::{GUEST_TARGET, Toolchain, ToolchainError, missing_tool, relative_to};

/// Where the binary of a component lies, or should.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BinaryFile {
    /// The component.
    pub reference: ComponentRef,
    /// Path of the binary.
    pub path: PathBuf,
    /// What names it: the key `wasm`, or the use of the component.
    pub named_by: Span,
    /// Whether it is there before a build.
    pub is_prebuilt: bool,
}

impl BinaryFile {
    /// The binary of `reference` at `path`.
    #[must_use]
    pub fn new(manifest: &Manifest, reference: &Spanned<ComponentRef>, path: PathBuf) -> Self {
        let wasm = match &reference.value {
            ComponentRef::Declared(name) => manifest.component(name).and_then(prebuilt),
            ComponentRef::File(_) | ComponentRef::Builtin(_) => None,
        };
        // Another folder for the binaries may have been named.
        let wasm = wasm.filter(|wasm| path.ends_with(&wasm.value));
        Self {
            reference: reference.value.clone(),
            path,
            named_by: wasm.map_or(reference.span, |wasm| wasm.span),
            is_prebuilt: wasm.is_some() || matches!(reference.value, ComponentRef::File(_)),
        }
    }
}

/// How to build.
#[derive(Clone, Copy, Debug)]
pub struct GuestOptions<'a> {
    /// Folder of the manifest.
    pub root: &'a Path,
    /// Optimise.
    pub release: bool,
    /// Cargo's target folder for all components.
    pub target: &'a Path,
}

/// Where a component's binary lies once the component is built.
#[must_use]
pub fn built_path(root: &Path, name: &str) -> PathBuf {
    root.join(".torvyn/components").join(format!("{name}.wasm"))
}

/// Where a component's binary lies when nothing needs to be built for it.
#[must_use]
pub fn prebuilt_path(manifest: &Manifest, root: &Path, reference: &ComponentRef) -> Option<PathBuf> {
    match reference {
        ComponentRef::Declared(name) => {
            let wasm = prebuilt(manifest.component(name)?)?;
            Some(root.join(&wasm.value))
        }
        ComponentRef::File(path) => Some(root.join(path)),
        ComponentRef::Builtin(_) => None,
    }
}

/// The binary that is not built.
fn prebuilt(decl: &ComponentDecl) -> Option<&Spanned<String>> {
    decl.wasm.as_ref().filter(|_| decl.build_command.is_none())
}

/// Builds the components among `references`. `on_line` gets what the tools say.
///
/// # Errors
/// When one of them can't be built; all that fail are reported.
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
        options,
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
    /// Nothing to do.
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
    options: GuestOptions<'a>,
}

impl Builder<'_> {
    fn run(&self, job: &Job<'_>, on_line: &mut dyn FnMut(&str)) -> Result<PathBuf, GuestError> {
        match job {
            Job::Prebuilt(path) => Ok(path.clone()),
            Job::Cargo(decl) => {
                let made = self.run_cargo(decl, on_line)?;
                self.keep(decl, &made)
            }
            Job::Command(decl, command) => {
                self.run_command(decl, command, on_line)?;
                let made = self.made_by_command(decl)?;
                self.keep(decl, &made)
            }
        }
    }

    fn folder(&self, decl: &ComponentDecl) -> PathBuf {
        decl.path.as_ref().map_or_else(
            || self.options.root.to_owned(),
            |path| self.options.root.join(&path.value),
        )
    }

    #[expect(clippy::disallowed_methods, reason = "compiling components is the step's job")]
    fn run_cargo(&self, decl: &ComponentDecl, on_line: &mut dyn FnMut(&str)) -> Result<PathBuf, GuestError> {
        let name = decl.name.value.clone();
        let at = place(decl);
        let folder = self.folder(decl);
        let package = folder.join("Cargo.toml");
        match decl.language.map_or(Language::Rust, |language| language.value) {
            Language::Rust => {}
            language @ (Language::Go | Language::Python | Language::Zig) => {
                return Err(GuestError::NoCommand { name, at, language });
            }
        }
        if !package.is_file() {
            return Err(GuestError::NoPackage {
                name,
                at,
                path: package,
            });
        }
        let mut cargo = Command::new(self.cargo);
        cargo.args([
            "build",
            "--target",
            GUEST_TARGET,
            "--message-format=json-render-diagnostics",
            "--color=never",
        ]);
        cargo.args(self.options.release.then_some("--release"));
        // From the package's folder, as its author would, so that its cargo configuration counts.
        cargo
            .current_dir(&folder)
            .arg("--target-dir")
            .arg(absolute(self.options.target));
        cargo
            .arg("--config")
            .arg(format!("target.{GUEST_TARGET}.rustflags={}", self.flags()));
        cargo.env("RUSTC", &self.rustc);
        // Flags meant for this machine's own code must neither reach nor replace those of the components.
        for variable in [
            "RUSTFLAGS",
            "CARGO_ENCODED_RUSTFLAGS",
            "CARGO_BUILD_TARGET",
            "CARGO_TARGET_DIR",
        ] {
            cargo.env_remove(variable);
        }
        let finished = process::run(&mut cargo, on_line).map_err(|error| not_started(self.cargo, &error))?;
        if finished.status.success() {
            component_of(&finished, &package).ok_or(GuestError::NoArtifact { name, at })
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

    /// As a TOML array.
    fn flags(&self) -> String {
        let flags = self
            .toolchain
            .remapped(&relative_to(&absolute(self.options.root), "/project"));
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
        // What it prints belongs to the progress, not to the result.
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

    /// What `wasm` names, else the newest one where cargo puts them.
    fn made_by_command(&self, decl: &ComponentDecl) -> Result<PathBuf, GuestError> {
        if let Some(wasm) = &decl.wasm {
            return Ok(self.options.root.join(&wasm.value));
        }
        let file = format!("{}.wasm", decl.name.value.replace('-', "_"));
        let root_target = self.options.root.join("target");
        let mut targets = vec![
            self.folder(decl).join("target"),
            self.options.target.to_owned(),
            root_target,
        ];
        targets.dedup();
        let candidates: Vec<PathBuf> = targets
            .iter()
            .flat_map(|target| ["debug", "release"].map(|profile| target.join(GUEST_TARGET).join(profile).join(&file)))
            .collect();
        let modified = |path: &PathBuf| -> Option<SystemTime> { path.metadata().ok()?.modified().ok() };
        let newest = candidates.iter().filter_map(|path| Some((modified(path)?, path))).max();
        newest
            .map(|(_, path)| path.clone())
            .ok_or_else(|| GuestError::NothingMade {
                name: decl.name.value.clone(),
                at: decl
                    .build_command
                    .as_ref()
                    .map_or_else(|| place(decl), |command| command.span),
                candidates,
            })
    }

    /// Copies a binary to where `torvync link` looks for it.
    #[expect(
        clippy::disallowed_methods,
        reason = "the binary is a file that another program made"
    )]
    fn keep(&self, decl: &ComponentDecl, made: &Path) -> Result<PathBuf, GuestError> {
        let kept = built_path(self.options.root, &decl.name.value);
        let copy = || -> io::Result<()> {
            let bytes = std::fs::read(made)?;
            if std::fs::read(&kept).is_ok_and(|old| old == bytes) {
                Ok(())
            } else {
                write_atomically(&kept, &bytes)
            }
        };
        let at = decl.wasm.as_ref().map_or_else(|| place(decl), |wasm| wasm.span);
        copy().map_err(|error| GuestError::NotCopied {
            at,
            from: made.to_owned(),
            to: kept.clone(),
            error,
        })?;
        Ok(kept)
    }
}

/// The wasm file among what cargo says it made of this package.
fn component_of(finished: &Finished, package: &Path) -> Option<PathBuf> {
    let package = package.canonicalize().ok()?;
    let same = |path: &Path| path.canonicalize().is_ok_and(|path| path == package);
    let mut found = None;
    for message in Message::parse_stream(finished.stdout.as_slice()) {
        if let Ok(Message::CompilerArtifact(artifact)) = message
            && same(artifact.manifest_path.as_std_path())
        {
            let wasm = artifact
                .filenames
                .into_iter()
                .find(|file| file.extension() == Some("wasm"));
            found = wasm
                .map(cargo_metadata::camino::Utf8PathBuf::into_std_path_buf)
                .or(found);
        }
    }
    found
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
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

enum GuestError {
    Tool(ToolchainError),
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
    NoArtifact {
        name: String,
        at: Span,
    },
    NothingMade {
        name: String,
        at: Span,
        candidates: Vec<PathBuf>,
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

impl From<GuestError> for Diagnostic {
    fn from(error: GuestError) -> Self {
        let failed = |message: String| Diagnostic::error(Code::GuestBuildFailed, message);
        match error {
            GuestError::Tool(error) => error.into(),
            GuestError::NoCommand { name, at, language } => failed(format!(
                "component `{name}` is written in `{}`, which torvync can't build by itself",
                language.as_str()
            ))
            .primary(at, "how is this built?")
            .help("add `build_command`, and `wasm` with the path of what it makes"),
            GuestError::NoPackage { name, at, path } => failed(format!(
                "component `{name}` is no cargo package: there is no `{}`",
                display_path(&path)
            ))
            .primary(at, "expected a `Cargo.toml` in this folder")
            .help("for anything but a cargo package add `build_command`, or `wasm` for a binary that exists"),
            GuestError::NoArtifact { name, at } => {
                failed(format!("the cargo package of component `{name}` makes no component"))
                    .primary(at, "this package has no library of the type `cdylib`")
                    .help("add `[lib]` with `crate-type = [\"cdylib\"]` to its `Cargo.toml`")
            }
            GuestError::NothingMade { name, at, candidates } => {
                let looked: Vec<String> = candidates.iter().map(|path| display_path(path)).collect();
                failed(format!(
                    "the build of component `{name}` succeeded, and its binary is nowhere"
                ))
                .primary(at, "made nothing that could be found")
                .note(format!("looked for {}", looked.join(", ")))
                .help("add `wasm` with the path of what the command makes")
            }
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
            } => failed(format!(
                "component `{name}` does not build: `{tool}` failed with {status}"
            ))
            .primary(at, "this component")
            .note(said.trim_end().to_owned()),
        }
    }
}
