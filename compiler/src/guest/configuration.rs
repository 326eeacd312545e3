//! The part of cargo's configuration around a component that torvync must know. Cargo reads all of it by itself; the
//! options that torvync passes to cargo must not override it.

use std::path::{Path, PathBuf};

use cargo_metadata::cargo_platform::{Cfg, CfgExpr};
use toml::{Table, Value};

use crate::toolchain::GUEST_TARGET;

/// The `.cargo/config.toml` files that apply to a folder.
pub(super) struct Configuration {
    /// Those of the folder and its ancestors, outermost first.
    around: Vec<File>,
    /// The user's own, in cargo's home folder.
    of_user: Option<File>,
}

/// A file of the configuration.
struct File {
    /// The folder that contains `.cargo`; its relative paths start here.
    folder: PathBuf,
    table: Table,
}

impl Configuration {
    /// Reads the configuration that applies to `folder`; `home` is cargo's home folder.
    pub(super) fn of(folder: &Path, home: Option<&Path>) -> Self {
        let is_home = |folder: &Path| home.is_some_and(|home| same(folder, home));
        let folders = folder.ancestors().map(|folder| folder.join(".cargo"));
        let mut around: Vec<File> = folders
            .filter(|folder| !is_home(folder))
            .filter_map(|folder| read(&folder))
            .collect();
        around.reverse();
        Self {
            around,
            of_user: home.and_then(read),
        }
    }

    /// Returns the `rustflags` of `[build]`, which cargo ignores as soon as there are flags for the target, such as
    /// those that torvync adds. Empty if the configuration itself has flags for the target. `cfg` returns the `cfg`
    /// values of the target.
    ///
    /// The `[build]` flags of the user's own file are left out: they are meant for native programs.
    pub(super) fn build_flags(&self, cfg: impl FnOnce() -> Vec<Cfg>) -> Vec<String> {
        if self.has_target_flags(cfg) {
            return Vec::new();
        }
        let build = self.around.iter().filter_map(|file| file.table.get("build"));
        build.flat_map(flags).collect()
    }

    fn has_target_flags(&self, cfg: impl FnOnce() -> Vec<Cfg>) -> bool {
        let targets = self.around.iter().chain(&self.of_user);
        let targets = targets
            .filter_map(|file| file.table.get("target")?.as_table())
            .flatten();
        let with_flags: Vec<&String> = targets
            .filter(|(_, settings)| !flags(settings).is_empty())
            .map(|(target, _)| target)
            .collect();
        let expressions: Vec<CfgExpr> = with_flags.iter().filter_map(|target| expression(target)).collect();
        with_flags.iter().any(|target| *target == GUEST_TARGET)
            || !expressions.is_empty() && {
                let cfg = cfg();
                expressions.iter().any(|expression| expression.matches(&cfg))
            }
    }

    /// Whether a patch of crates.io replaces the crate `name`.
    pub(super) fn patches(&self, name: &str) -> bool {
        self.around
            .iter()
            .chain(&self.of_user)
            .any(|file| patches(&file.table, &file.folder, name))
    }
}

/// Whether a patch of crates.io, in a manifest or a configuration, replaces the crate `name`. A path without a package,
/// as in a project that was copied elsewhere, does not; it is relative to `folder`.
pub(super) fn patches(table: &Table, folder: &Path, name: &str) -> bool {
    let registry = table.get("patch").and_then(|patch| patch.get("crates-io"));
    let patch = registry.and_then(|registry| registry.get(name));
    patch.is_some_and(|patch| {
        let path = patch.get("path").and_then(Value::as_str);
        path.is_none_or(|path| folder.join(path).join("Cargo.toml").is_file())
    })
}

/// Reads the configuration in a `.cargo` folder; `None` if it is missing or invalid, which cargo reports itself.
#[expect(
    clippy::disallowed_methods,
    reason = "the configuration is a file of another program's"
)]
fn read(cargo: &Path) -> Option<File> {
    let texts = ["config", "config.toml"].map(|name| std::fs::read_to_string(cargo.join(name)).ok());
    Some(File {
        folder: cargo.parent()?.to_owned(),
        table: texts.into_iter().flatten().next()?.parse().ok()?,
    })
}

/// Returns the `rustflags` of a table, written as a list or as one string of words.
fn flags(table: &Value) -> Vec<String> {
    match table.get("rustflags") {
        Some(Value::String(words)) => words.split_whitespace().map(str::to_owned).collect(),
        Some(Value::Array(list)) => list.iter().filter_map(|flag| Some(flag.as_str()?.to_owned())).collect(),
        Some(_) | None => Vec::new(),
    }
}

/// Parses the expression in `cfg(…)`.
fn expression(target: &str) -> Option<CfgExpr> {
    target.strip_prefix("cfg(")?.strip_suffix(')')?.parse().ok()
}

fn same(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        (Err(_), _) | (_, Err(_)) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(around: &[&str], of_user: Option<&str>) -> Configuration {
        let file = |text: &str| File {
            folder: PathBuf::from(env!("CARGO_MANIFEST_DIR")),
            table: text.parse().unwrap(),
        };
        Configuration {
            around: around.iter().map(|text| file(text)).collect(),
            of_user: of_user.map(file),
        }
    }

    #[test]
    fn a_patch_counts_where_its_package_exists() {
        for (patch, counts) in [
            ("torvyn = { path = \"../macros\" }", true),
            ("torvyn = { path = \"../no-such-folder\" }", false),
            ("torvyn = { path = \"src\" }", false),
            ("torvyn = { git = \"https://example.com/torvyn\" }", true),
            ("other = { path = \"../macros\" }", false),
        ] {
            let text = format!("patch.crates-io.{patch}");
            assert_eq!(with(&[&text], None).patches("torvyn"), counts, "{patch}");
        }
    }

    fn flags_of(configuration: &Configuration) -> Vec<String> {
        let wasm = ["target_family=\"wasm\"", "target_os=\"wasi\""];
        configuration.build_flags(|| wasm.iter().map(|cfg| cfg.parse().unwrap()).collect())
    }

    #[test]
    fn flags_of_the_build_are_those_of_all_files_from_the_outside_in() {
        let outer = "[build]\nrustflags = \"--cfg outer -Cdebuginfo=1\"";
        let inner = "[build]\nrustflags = [\"--cfg\", \"inner\"]";
        let both = with(&[outer, inner], Some("[build]\nrustflags = \"-Ctarget-cpu=native\""));
        assert_eq!(flags_of(&both), ["--cfg", "outer", "-Cdebuginfo=1", "--cfg", "inner"]);
    }

    #[test]
    fn flags_for_the_target_take_their_place_as_for_cargo() {
        let build = "[build]\nrustflags = [\"--cfg\", \"built\"]\n";
        for (target, is_taken) in [
            ("wasm32-wasip2", false),
            ("'cfg(target_family = \"wasm\")'", false),
            ("'cfg(all(target_os = \"wasi\", not(windows)))'", false),
            ("'cfg(unix)'", true),
            ("x86_64-unknown-linux-gnu", true),
        ] {
            let text = format!("{build}[target.{target}]\nrustflags = [\"-Cdebuginfo=0\"]");
            let found = flags_of(&with(&[&text], None));
            assert_eq!(!found.is_empty(), is_taken, "{target}: {found:?}");
        }
        let user = "[target.wasm32-wasip2]\nrustflags = [\"-Cdebuginfo=0\"]";
        assert!(flags_of(&with(&[build], Some(user))).is_empty());
        let empty = format!("{build}[target.wasm32-wasip2]\nrustflags = []\nrunner = \"x\"");
        assert_eq!(flags_of(&with(&[&empty], None)), ["--cfg", "built"]);
    }
}
