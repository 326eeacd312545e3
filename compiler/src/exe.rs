//! Builds the executable. In: a crate on disk. Out: an [`Executable`].
//!
//! Dependencies are compiled once per machine, for both profiles. The hot crates are compiled for speed, each as one
//! codegen unit, the others for size. There is no link-time optimisation: it took 33 s in every release build, left
//! executables as large as before, and saved about a fifth of the time per element on the component path. A release
//! build differs from a development build only in the flags of its last crate, mostly the linker's.

mod flags;

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use cargo_metadata::Message;
use torvyn_codegen::target::Target;

use crate::cache::{Cache, Runtime, lock_file, sha256, toml_string, write_atomically};
use crate::diag::{Code, Diagnostic};
use crate::emit::EmittedCrate;
use crate::process::{self, Finished};
use crate::toolchain::{CrossCompiler, Toolchain, ToolchainError, missing_tool};
use flags::{LINKER_SCRIPT, PROFILE};

/// Options for building the executable.
#[derive(Clone, Copy, Debug)]
pub struct ExeOptions<'a> {
    /// The tools.
    pub toolchain: &'a Toolchain,
    /// The cache folder.
    pub cache: &'a Cache,
    /// Target of the executable.
    pub target: &'a Target,
    /// Whether to build for release.
    pub release: bool,
    /// Whether to keep the runtime's symbols, for profilers.
    pub profiling: bool,
    /// Folder for intermediate files of this project.
    pub work: &'a Path,
    /// Path of the executable.
    pub output: &'a Path,
}

/// A finished executable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Executable {
    /// Its path.
    pub path: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
    /// Hash of all inputs of its build.
    pub inputs: String,
}

/// Why there is no executable.
#[derive(Debug)]
pub enum ExeError {
    /// A tool is missing.
    Tool(ToolchainError),
    /// cargo could not build it.
    Failed {
        /// Cargo's messages.
        said: String,
    },
    /// A file can't be written.
    Io {
        /// The file, or the folder of the cache.
        path: PathBuf,
        /// The system's error.
        error: io::Error,
    },
}

/// Builds the executable of an emitted crate. `on_line` gets each line of cargo's messages.
///
/// # Errors
/// When a tool is missing, the crate does not compile, or a file can't be written.
pub fn build(
    krate: &EmittedCrate,
    options: ExeOptions<'_>,
    on_line: &mut dyn FnMut(&str),
) -> Result<Executable, ExeError> {
    if !options.toolchain.has_target(options.target.triple()) {
        return Err(ExeError::Tool(ToolchainError::NoTarget {
            target: options.target.to_string(),
        }));
    }
    let cross = options
        .toolchain
        .cross_compiler(options.target, options.cache.root())
        .map_err(ExeError::Tool)?;
    let runtime = options.cache.runtime();
    let runtime = runtime.map_err(|error| ExeError::Io {
        path: options.cache.root().to_owned(),
        error,
    })?;
    let (flags, last) = (
        flags::of_all_crates(&options, cross.as_ref()),
        flags::of_last_crate(&options, cross.as_ref()),
    );
    let identity = &options.toolchain.identity;
    let shared = sha256(
        format!(
            "{identity}\n{}\n{cross:?}\n{flags:?}\n{PROFILE:?}\n{}",
            options.target,
            lock_file()
        )
        .as_bytes(),
    );
    let inputs = sha256(format!("{shared} {} {} {last:?} {LINKER_SCRIPT}", runtime.hash, krate.hash).as_bytes());
    let stamp = Stamp {
        path: options.work.join(format!("{}-{}.stamp", krate.name, options.target)),
    };
    if let Some(executable) = stamp.read(options.output, &inputs) {
        return Ok(executable);
    }
    let script = options.work.join("release.ld");
    let has_script = options.release && flags::is_linked_by_lld(&options);
    if has_script {
        write_atomically(&script, LINKER_SCRIPT.as_bytes()).map_err(|error| io_error(&script, error))?;
    }
    let made = Cargo {
        krate,
        options,
        runtime: &runtime,
        cross: cross.as_ref(),
        flags,
        last: &last,
        script: has_script.then_some(&*script),
        shared: &shared[..16],
        inputs: &inputs,
    }
    .run(on_line)?;
    install(&made, options.output)?;
    let executable = executable(options.output, &inputs).map_err(|error| io_error(options.output, error))?;
    stamp.write(&executable).map_err(|error| io_error(&stamp.path, error))?;
    Ok(executable)
}

struct Cargo<'a> {
    krate: &'a EmittedCrate,
    options: ExeOptions<'a>,
    runtime: &'a Runtime,
    /// The C compiler for a target other than this machine's.
    cross: Option<&'a CrossCompiler>,
    flags: Vec<String>,
    last: &'a [&'a str],
    script: Option<&'a Path>,
    shared: &'a str,
    inputs: &'a str,
}

impl Cargo<'_> {
    fn run(self, on_line: &mut dyn FnMut(&str)) -> Result<PathBuf, ExeError> {
        let tool = &self.options.toolchain.cargo;
        let finished = process::run(&mut self.command(), on_line).map_err(|error| {
            ExeError::Tool(ToolchainError::NotFound {
                tool: "cargo".to_owned(),
                reason: format!("{}: {error}", tool.display()),
            })
        })?;
        if !finished.status.success() {
            return Err(missing_tool(&finished.said).map_or(ExeError::Failed { said: finished.said }, ExeError::Tool));
        }
        executable_of(&finished).ok_or(ExeError::Failed {
            said: "cargo produced no executable".to_owned(),
        })
    }

    #[expect(clippy::disallowed_methods, reason = "compiling the executable is the step's job")]
    fn command(&self) -> Command {
        let options = self.options;
        let mut cargo = Command::new(&options.toolchain.cargo);
        for variable in std::env::vars_os().map(|(name, _)| name).filter(changes_the_result) {
            cargo.env_remove(variable);
        }
        // The executable goes to the project's own folder, since another project may have the same name. All projects
        // share the folder of intermediate results.
        let (build, target) = (options.cache.target(self.shared), options.work.join("target"));
        // Cargo runs in the runtime's folder, so that it reads no project's configuration.
        cargo
            .current_dir(&self.runtime.workspace)
            .args(["rustc", "--release", "--bin", &self.krate.name]);
        cargo.args([
            "--color=never",
            "--message-format=json-render-diagnostics",
            "--target",
            options.target.triple(),
        ]);
        cargo.arg("--manifest-path").arg(self.krate.folder.join("Cargo.toml"));
        cargo.arg("--target-dir").arg(target);
        cargo
            .arg("--config")
            .arg(format!("build.build-dir={}", toml_string(&build)));
        cargo.arg("--config").arg(format!(
            "patch.crates-io.torvyn-runtime-core.path={}",
            toml_string(&self.runtime.package())
        ));
        for setting in PROFILE {
            cargo.args(["--config", setting]);
        }
        cargo.arg("--").args(self.last);
        if let Some(script) = self.script {
            // `-Wl,` would split the path at commas.
            for argument in ["-T", &script.to_string_lossy()] {
                cargo.args(["-Clink-arg=-Xlinker", &format!("-Clink-arg={argument}")]);
            }
        }
        // Cargo recognises changed files by their time, and projects by their name. With this hash among the arguments,
        // it also recognises changed contents.
        cargo.arg(format!("-Cmetadata={}", &self.inputs[..16]));
        cargo.env("CARGO_ENCODED_RUSTFLAGS", self.flags.join("\u{1f}"));
        cargo.env("RUSTC", &options.toolchain.rustc);
        if let Some(cross) = self.cross {
            let variable = |tool: &str| format!("{tool}_{}", options.target.triple().replace('-', "_"));
            cargo.env(options.target.cargo_variable("LINKER"), &cross.program);
            cargo.env(variable("CC"), &cross.program);
            if let Some(archiver) = &cross.archiver {
                cargo.env(variable("AR"), archiver);
            }
        }
        cargo
    }
}

/// Whether an environment variable, set for other builds, would change the result of this one. Variables that choose
/// linkers for other targets are kept.
fn changes_the_result(variable: &OsString) -> bool {
    let Some(name) = variable.to_str() else { return false };
    let prefixes = ["CARGO_BUILD_", "CARGO_PROFILE_"];
    let names = [
        "RUSTFLAGS",
        "CARGO_TARGET_DIR",
        "CARGO_INCREMENTAL",
        "RUSTC_WORKSPACE_WRAPPER",
        "RUSTC_BOOTSTRAP",
        // For each new value, cargo would compile the few lines of C in wasmtime again, and every crate that depends on
        // it.
        "ARFLAGS",
        "CFLAGS",
        "HOST_CFLAGS",
        "SOURCE_DATE_EPOCH",
    ];
    let flags = name.starts_with("CARGO_TARGET_") && name.ends_with("_RUSTFLAGS");
    flags || names.contains(&name) || prefixes.iter().any(|prefix| name.starts_with(prefix)) || is_unknown_wrapper(name)
}

#[expect(clippy::disallowed_methods, reason = "the variable decides whether it is removed")]
fn is_unknown_wrapper(name: &str) -> bool {
    let is_sccache = |wrapper: String| Path::new(&wrapper).file_stem().is_some_and(|stem| stem == "sccache");
    name == "RUSTC_WRAPPER" && !std::env::var(name).is_ok_and(is_sccache)
}

fn executable_of(finished: &Finished) -> Option<PathBuf> {
    let mut found = None;
    for message in Message::parse_stream(finished.stdout.as_slice()) {
        if let Ok(Message::CompilerArtifact(artifact)) = message {
            found = artifact
                .executable
                .map(cargo_metadata::camino::Utf8PathBuf::into_std_path_buf)
                .or(found);
        }
    }
    found
}

/// Copies the executable to its output path. An old one is replaced atomically: it may be running, and the path must
/// never contain an incomplete file.
#[expect(clippy::disallowed_methods, reason = "the executable is the output")]
fn install(made: &Path, output: &Path) -> Result<(), ExeError> {
    let folder = output
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let copy = || -> io::Result<()> {
        std::fs::create_dir_all(folder)?;
        let temporary = tempfile::Builder::new()
            .prefix(".torvync-")
            .tempfile_in(folder)?
            .into_temp_path();
        std::fs::copy(made, &temporary)?;
        temporary.persist(output)?;
        Ok(())
    };
    copy().map_err(|error| io_error(output, error))
}

fn executable(path: &Path, inputs: &str) -> io::Result<Executable> {
    Ok(Executable {
        path: path.to_owned(),
        bytes: path.metadata()?.len(),
        inputs: inputs.to_owned(),
    })
}

/// A file with hashes of the last build's inputs and executable: if both are unchanged, nothing is built.
struct Stamp {
    path: PathBuf,
}

impl Stamp {
    #[expect(clippy::disallowed_methods, reason = "the stamp is a file of the back half")]
    fn read(&self, output: &Path, inputs: &str) -> Option<Executable> {
        let found = std::fs::read_to_string(&self.path).ok()?;
        (found == stamp_text(inputs, output).ok()?)
            .then(|| executable(output, inputs).ok())
            .flatten()
    }

    fn write(&self, executable: &Executable) -> io::Result<()> {
        write_atomically(&self.path, stamp_text(&executable.inputs, &executable.path)?.as_bytes())
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "somebody may have changed the executable since"
)]
fn stamp_text(inputs: &str, output: &Path) -> io::Result<String> {
    Ok(format!("{inputs} {}\n", sha256(&std::fs::read(output)?)))
}

fn io_error(path: &Path, error: io::Error) -> ExeError {
    ExeError::Io {
        path: path.to_owned(),
        error,
    }
}

impl From<ExeError> for Diagnostic {
    fn from(error: ExeError) -> Self {
        match error {
            ExeError::Tool(error) => error.into(),
            ExeError::Failed { said } => {
                Diagnostic::error(Code::ExecutableBuildFailed, "the generated crate could not be built")
                    .note(process::without_progress(&said))
                    .help(advice(&said))
            }
            ExeError::Io { path, error } => {
                Diagnostic::error(Code::IoFailed, format!("can't write `{}`: {error}", path.display()))
            }
        }
    }
}

/// Advice on an error in cargo's messages.
fn advice(said: &str) -> &'static str {
    let has = |words: &[&str]| words.iter().any(|words| said.contains(words));
    if has(&["No space left on device", "Disk quota exceeded"]) {
        "free some space, or move the cache (TORVYN_HOME) and the work folder (`--work-dir`) elsewhere"
    } else if has(&["Read-only file system", "Permission denied"]) {
        "make the folder writable, or move the cache (TORVYN_HOME) and the work folder (`--work-dir`) elsewhere"
    } else if has(&[
        "failed to download",
        "spurious network error",
        "Could not resolve host",
        "failed to get `",
    ]) {
        "the runtime's dependencies are downloaded once: check the network connection and cargo's configuration"
    } else {
        "this is a bug in torvync: please report it with the output above"
    }
}
