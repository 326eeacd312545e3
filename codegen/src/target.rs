//! The machine kind that an executable is made for.

use std::fmt;

/// A target: a triple, and the decisions that depend on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    triple: String,
    system: Option<System>,
    c_library: Option<CLibrary>,
}

/// A C library of Linux.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CLibrary {
    /// glibc.
    Gnu,
    /// musl.
    Musl,
}

/// An operating system on which the runtime works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum System {
    /// Linux, with any C library.
    Linux,
    /// macOS.
    MacOs,
}

impl Target {
    /// Parses a triple as `rustc --print target-list` lists them: architecture, vendor (optional), system, and
    /// environment (optional).
    #[must_use]
    pub fn new(triple: &str) -> Self {
        let is_part = |name: &str| triple.split('-').skip(1).any(|part| part == name);
        let system = match (is_part("linux"), is_part("darwin")) {
            (true, _) => Some(System::Linux),
            (_, true) => Some(System::MacOs),
            _ => None,
        };
        let c_library = match (is_part("gnu"), is_part("musl")) {
            (true, _) => Some(CLibrary::Gnu),
            (_, true) => Some(CLibrary::Musl),
            _ => None,
        };
        Self {
            triple: triple.to_owned(),
            system,
            c_library: c_library.filter(|_| system == Some(System::Linux)),
        }
    }

    /// The triple, as given.
    #[must_use]
    pub fn triple(&self) -> &str {
        &self.triple
    }

    /// The architecture, the first part of the triple.
    #[must_use]
    pub fn architecture(&self) -> &str {
        self.triple.split('-').next().unwrap_or_default()
    }

    /// The operating system; `None` when the runtime does not work there.
    #[must_use]
    pub fn system(&self) -> Option<System> {
        self.system
    }

    /// The C library; `None` when it is another one.
    #[must_use]
    pub fn c_library(&self) -> Option<CLibrary> {
        self.c_library
    }

    /// The name of cargo's environment variable for a setting of the target, such as `LINKER`.
    #[must_use]
    pub fn cargo_variable(&self, setting: &str) -> String {
        format!(
            "CARGO_TARGET_{}_{setting}",
            self.triple.to_uppercase().replace('-', "_")
        )
    }

    /// Name of the section for the description of a program, in the object format of the target.
    pub(crate) fn description_section(&self) -> &'static str {
        match self.system {
            Some(System::MacOs) => "__DATA,__torvyn",
            Some(System::Linux) | None => ".torvyn",
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.triple)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_triple_has_an_architecture_and_a_system() {
        for (triple, architecture, system) in [
            ("x86_64-unknown-linux-gnu", "x86_64", Some(System::Linux)),
            ("aarch64-unknown-linux-musl", "aarch64", Some(System::Linux)),
            ("x86_64-linux-android", "x86_64", Some(System::Linux)),
            ("aarch64-apple-darwin", "aarch64", Some(System::MacOs)),
            ("aarch64-apple-ios", "aarch64", None),
            ("x86_64-pc-windows-msvc", "x86_64", None),
            ("wasm32-wasip2", "wasm32", None),
        ] {
            let target = Target::new(triple);
            assert_eq!(target.triple(), triple);
            assert_eq!(
                (target.architecture(), target.system()),
                (architecture, system),
                "{triple}"
            );
        }
    }
}
