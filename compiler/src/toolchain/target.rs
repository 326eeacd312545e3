//! Checks whether executables can be built for a target, before the build starts.

use std::path::Path;

use torvyn_codegen::target::{System, Target};

use super::{Toolchain, ToolchainError, ask};
use crate::diag::suggest;

impl Toolchain {
    /// Checks that the target exists, that the runtime supports it, that rustc has a standard library for it, and that
    /// there is a C compiler for it, on this machine or in `cache`.
    ///
    /// # Errors
    /// When one of these does not hold, or when rustc fails.
    pub fn check_target(&self, target: &Target, cache: &Path) -> Result<(), ToolchainError> {
        self.check_support(target)?;
        if !self.has_target(target.triple()) {
            return Err(ToolchainError::NoTarget {
                target: target.to_string(),
            });
        }
        self.cross_compiler(target, cache).map(|_| ())
    }

    /// Checks that the target exists, and that executables can be made for it.
    ///
    /// # Errors
    /// When one of these does not hold, or when rustc fails.
    pub(super) fn check_support(&self, target: &Target) -> Result<(), ToolchainError> {
        let known = ask(&self.rustc, &["--print", "target-list"])?;
        let known: Vec<&str> = known.lines().collect();
        let triple = target.triple();
        if !known.contains(&triple) {
            return Err(ToolchainError::UnknownTarget {
                target: triple.to_owned(),
                near: nearest(triple, &known),
            });
        }
        let unsupported = |reason, help| ToolchainError::UnsupportedTarget {
            target: triple.to_owned(),
            reason,
            help,
        };
        if target.system().is_none() {
            return Err(unsupported(
                "the runtime needs Linux or macOS",
                "without `--target`, the executable is for this machine",
            ));
        }
        let is_macos = target.system() == Some(System::MacOs);
        if target.system() != self.host.system() || (is_macos && *target != self.host) {
            return Err(unsupported(
                "executables for other machines than this one are made on Linux, for Linux",
                "build on a machine of that kind",
            ));
        }
        let is_own = target.architecture() == self.host.architecture();
        if !is_own && !cfg!(feature = "cross") {
            return Err(unsupported(
                "this torvync was built without the code generators for other processors",
                "build it with its feature `cross`, which is on by default",
            ));
        }
        let others = "build for x86_64 or aarch64: `aarch64-unknown-linux-gnu`, for example, if the device can run \
                      64-bit programs";
        match target.architecture() {
            "x86_64" | "aarch64" => Ok(()),
            "riscv64gc" => Err(unsupported(
                "code that crosses sandboxes copies with vectors, which this processor need not have",
                others,
            )),
            _ => Err(unsupported("wasmtime has no code generator for its processor", others)),
        }
    }
}

/// Finds the target that was probably meant: one that has all the given parts, or else one with a similar name.
fn nearest(target: &str, known: &[&str]) -> Option<String> {
    let parts: Vec<&str> = target.split('-').collect();
    let has_all = |name: &&&str| {
        let own: Vec<&str> = name.split('-').collect();
        parts.iter().all(|part| own.contains(part))
    };
    let of_parts: Vec<&&str> = known.iter().filter(has_all).collect();
    let common = |system: &str| of_parts.iter().find(|name| name.ends_with(system));
    let common = common("-unknown-linux-gnu").or_else(|| common("-apple-darwin"));
    let of_parts = common.or(of_parts.first()).map(|name| (**name).to_owned());
    of_parts.or_else(|| suggest(target, known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_what_is_spelt_alike() {
        let known = [
            "x86_64-linux-android",
            "aarch64-apple-darwin",
            "aarch64-unknown-linux-gnu",
            "s390x-unknown-linux-gnu",
            "x86_64-unknown-linux-gnu",
        ];
        for (written, near) in [
            ("x86_64-linux-gnu", Some("x86_64-unknown-linux-gnu")),
            ("x86_64-unknown-linux", Some("x86_64-unknown-linux-gnu")),
            ("aarch64", Some("aarch64-unknown-linux-gnu")),
            ("darwin", Some("aarch64-apple-darwin")),
            ("x86_64-unknwon-linux-gnu", Some("x86_64-unknown-linux-gnu")),
            ("s390x", Some("s390x-unknown-linux-gnu")),
            ("foo", None),
        ] {
            assert_eq!(nearest(written, &known).as_deref(), near, "{written}");
        }
    }
}
