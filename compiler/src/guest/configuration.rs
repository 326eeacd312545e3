//! The configuration that cargo finds around a component, as far as torvync must know it. Cargo itself reads all of it; what
//! is passed to cargo must not undo it.

use std::path::Path;

use cargo_metadata::cargo_platform::{Cfg, CfgExpr};
use toml::{Table, Value};

use crate::toolchain::GUEST_TARGET;

/// The files `.cargo/config.toml` that count in a folder.
pub(super) struct Configuration {
    /// In the folder and those above it, outermost first.
    around: Vec<Table>,
    /// The one of the user.
    of_user: Option<Table>,
}

impl Configuration {
    /// What counts in `folder`, for a user whose cargo keeps its files in `home`.
    pub(super) fn of(folder: &Path, home: Option<&Path>) -> Self {
        let is_home = |folder: &Path| home.is_some_and(|home| same(folder, home));
        let folders = folder.ancestors().map(|folder| folder.join(".cargo"));
        let mut around: Vec<Table> = folders
            .filter(|folder| !is_home(folder))
            .filter_map(|folder| read(&folder))
            .collect();
        around.reverse();
        Self {
            around,
            of_user: home.and_then(read),
        }
    }

    /// The flags in `[build]`, which cargo leaves out as soon as there are flags for the target; empty when there are such
    /// flags already. `cfg` tells what holds for the target.
    ///
    /// Those of the user are for programs of this machine.
    pub(super) fn build_flags(&self, cfg: impl FnOnce() -> Vec<Cfg>) -> Vec<String> {
        if self.has_target_flags(cfg) {
            return Vec::new();
        }
        let build = self.around.iter().filter_map(|table| table.get("build"));
        build.flat_map(flags).collect()
    }

    fn has_target_flags(&self, cfg: impl FnOnce() -> Vec<Cfg>) -> bool {
        let targets = self.around.iter().chain(&self.of_user);
        let targets = targets.filter_map(|table| table.get("target")?.as_table()).flatten();
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

    /// Whether it says where the crate `name` is taken from.
    pub(super) fn patches(&self, name: &str) -> bool {
        self.around
            .iter()
            .chain(&self.of_user)
            .any(|table| patches(table, name))
    }
}

/// Whether a manifest, or a configuration, says where the crate `name` is taken from instead of the registry.
pub(super) fn patches(table: &Table, name: &str) -> bool {
    let registry = table.get("patch").and_then(|patch| patch.get("crates-io"));
    registry.is_some_and(|registry| registry.get(name).is_some())
}

/// The configuration in a folder `.cargo`; what can't be read, cargo complains about.
#[expect(
    clippy::disallowed_methods,
    reason = "the configuration is a file of another program's"
)]
fn read(folder: &Path) -> Option<Table> {
    let texts = ["config", "config.toml"].map(|name| std::fs::read_to_string(folder.join(name)).ok());
    texts.into_iter().flatten().next()?.parse().ok()
}

/// `rustflags` of a table: a list, or words in a text.
fn flags(table: &Value) -> Vec<String> {
    match table.get("rustflags") {
        Some(Value::String(words)) => words.split_whitespace().map(str::to_owned).collect(),
        Some(Value::Array(list)) => list.iter().filter_map(|flag| Some(flag.as_str()?.to_owned())).collect(),
        Some(_) | None => Vec::new(),
    }
}

/// The expression in `cfg(…)`.
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
        Configuration {
            around: around.iter().map(|text| text.parse().unwrap()).collect(),
            of_user: of_user.map(|text| text.parse().unwrap()),
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
