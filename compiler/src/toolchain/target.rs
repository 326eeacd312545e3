//! Checks whether executables can be built for a target, before the build starts.

use torvyn_codegen::target::Target;

use super::{Toolchain, ToolchainError, ask};
use crate::diag::suggest;

impl Toolchain {
    /// Checks that the target exists, that the runtime supports it, and that rustc has a standard library for it.
    ///
    /// # Errors
    /// When one of these does not hold, or when rustc fails.
    pub fn check_target(&self, target: &Target) -> Result<(), ToolchainError> {
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
        if target.architecture() != std::env::consts::ARCH {
            return Err(unsupported(
                "components can be compiled only for this machine's processor architecture",
                "build on a machine with that architecture",
            ));
        }
        match self.has_target(triple) {
            true => Ok(()),
            false => Err(ToolchainError::NoTarget {
                target: triple.to_owned(),
            }),
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
