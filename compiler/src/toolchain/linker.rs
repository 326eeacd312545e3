//! The C compilers for other targets than this machine's. They link executables, and compile the little C in the
//! runtime.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use torvyn_codegen::target::{CLibrary, Target};

use super::{Toolchain, ToolchainError, ask};
use crate::cache::write_executable;
use crate::process;

/// The version of zig that `doctor --fix` installs. The package is the compiler itself, with C libraries for every
/// target.
const ZIG: &str = "0.17.1";

/// The C library of executables that zig links dynamically: the oldest that Rust's own libraries need not know better
/// (that of Debian 10).
const OLDEST_GLIBC: &str = "2.28";

/// The beginning of a script that leaves out the argument `--target`: build scripts pass rustc's name of the target,
/// which zig does not know.
const WITHOUT_TARGET: &str = "#!/bin/sh
for argument; do
  shift
  case $argument in --target=*) ;; *) set -- \"$@\" \"$argument\" ;; esac
done
";

/// A C compiler for another target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrossCompiler {
    /// The program.
    pub program: PathBuf,
    /// What it says of its version, which identifies it.
    pub version: String,
    /// The archiver that belongs to it; `None` where it is found by itself.
    pub archiver: Option<PathBuf>,
}

impl Toolchain {
    /// Finds the C compiler for a target; `None` for the target of this machine, for which cargo finds it: the one that
    /// the user has set for cargo, else the distribution's, else the one that [`install`] has put into `cache`.
    ///
    /// # Errors
    /// When there is none.
    pub fn cross_compiler(&self, target: &Target, cache: &Path) -> Result<Option<CrossCompiler>, ToolchainError> {
        if *target == self.host {
            return Ok(None);
        }
        let own = set_by_user(target);
        let first = own.clone().unwrap_or_else(|| PathBuf::from(gnu_name(target)));
        let found = compiler(first.clone(), None);
        let found = found.or_else(|| {
            let zig = own.is_none().then(|| zig_for(target, "cc", cache))?;
            compiler(zig, Some(zig_for(target, "ar", cache)))
        });
        found.map(Some).ok_or_else(|| ToolchainError::NoCrossCompiler {
            target: target.to_string(),
            sought: first.display().to_string(),
            is_set: own.is_some(),
        })
    }

    /// Whether the C library of a target, if it is glibc, can be linked statically by its compiler.
    #[must_use]
    pub fn has_static_glibc(&self, target: &Target, cross: Option<&CrossCompiler>) -> bool {
        let compiler = cross.map_or(Path::new("cc"), |cross| &cross.program);
        // For a library that it does not find, the C compiler prints the bare name.
        let found = |library: &str| {
            ask(compiler, &[&format!("-print-file-name={library}")]).is_ok_and(|path| Path::new(path.trim()).is_file())
        };
        target.c_library() == Some(CLibrary::Gnu) && ["libc.a", "libgcc_eh.a"].into_iter().all(found)
    }
}

/// A program as a compiler, if it can be started.
fn compiler(program: PathBuf, archiver: Option<PathBuf>) -> Option<CrossCompiler> {
    let version = ask(&program, &["--version"]).ok()?;
    Some(CrossCompiler {
        program,
        version: version.lines().next().unwrap_or_default().to_owned(),
        archiver,
    })
}

/// The linker that cargo's own setting for a target names.
fn set_by_user(target: &Target) -> Option<PathBuf> {
    let set = std::env::var_os(target.cargo_variable("LINKER"));
    set.filter(|program| !program.is_empty()).map(PathBuf::from)
}

/// A target as C compilers name it: `aarch64-linux-gnu`.
fn c_name(target: &Target) -> String {
    let environment = target.triple().rsplit('-').next().unwrap_or_default();
    format!("{}-linux-{environment}", target.architecture())
}

/// The name of the distributions' compiler for a target, such as `aarch64-linux-gnu-gcc`.
fn gnu_name(target: &Target) -> String {
    format!("{}-gcc", c_name(target))
}

fn zig_folder(cache: &Path) -> PathBuf {
    cache.join("tools").join(format!("ziglang-{ZIG}"))
}

/// The script in `cache` by which zig is the compiler (`cc`) or the archiver (`ar`) for a target.
fn zig_for(target: &Target, tool: &str, cache: &Path) -> PathBuf {
    zig_folder(cache).join(format!("{}-{tool}", target.triple()))
}

/// Installs zig in `cache` as the C compiler for a target, from the Python package index. `on_line` gets each line that
/// the tools print.
///
/// # Errors
/// When that fails.
#[expect(clippy::disallowed_methods, reason = "the repair runs tools and writes a script")]
pub(super) fn install(target: &Target, cache: &Path, on_line: &mut dyn FnMut(&str)) -> io::Result<()> {
    let folder = zig_folder(cache);
    let zig = folder.join("ziglang").join("zig");
    if !zig.is_file() {
        on_line(&format!(
            "installing zig {ZIG}, a C compiler for every target, in {}",
            folder.display()
        ));
        let mut pip = Command::new("python3");
        pip.args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-deps",
            "--disable-pip-version-check",
            "--target",
        ])
        .arg(&folder)
        .arg(format!("ziglang=={ZIG}"));
        let finished = process::run(&mut pip, on_line)?;
        if !finished.status.success() {
            return Err(io::Error::other(format!(
                "zig could not be installed with `python3 -m pip`:\n{}",
                finished.said.trim()
            )));
        }
    }
    let mut name = c_name(target);
    if target.c_library() == Some(CLibrary::Gnu) {
        name = format!("{name}.{OLDEST_GLIBC}");
    }
    for (tool, arguments) in [("cc", format!("cc -target {name}")), ("ar", "ar".to_owned())] {
        let script = format!("{WITHOUT_TARGET}exec \"$(dirname \"$0\")/ziglang/zig\" {arguments} \"$@\"\n");
        write_executable(&zig_for(target, tool, cache), script.as_bytes())?;
    }
    Ok(())
}

/// The package of Debian with a compiler of that name: `gcc-aarch64-linux-gnu` has `aarch64-linux-gnu-gcc`.
pub(super) fn debian_package(compiler: &str) -> String {
    let prefix = compiler.strip_suffix("-gcc");
    prefix.map_or_else(|| "gcc".to_owned(), |prefix| format!("gcc-{prefix}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_compiler_has_the_name_that_distributions_give_it() {
        for (triple, name) in [
            ("aarch64-unknown-linux-gnu", "aarch64-linux-gnu-gcc"),
            ("x86_64-unknown-linux-musl", "x86_64-linux-musl-gcc"),
        ] {
            assert_eq!(gnu_name(&Target::new(triple)), name);
        }
        assert_eq!(debian_package("aarch64-linux-gnu-gcc"), "gcc-aarch64-linux-gnu");
    }
}
