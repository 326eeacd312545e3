//! Decides whether the main core module alone can do a component's work. In: an [`Anatomy`]. Out: [`StageCode`], to
//! which glue is welded, or the [`Obstacle`].
//!
//! Everything that other core instances do for the main one must be known: glue takes their place for the canonical ABI
//! and the functions of the host, and their calls during instantiation are repeated.

use std::fmt;

use super::{Abi, Anatomy, CoreExport, Import, Intrusion, Lift, Main, Origin};
use crate::glue::{self, StageCode, StageFunction};

/// The functions that the runtime calls, by interface.
const FUNCTIONS: [(&str, &[&str]); 7] = [
    ("torvyn:streaming/source", &["pull", "notify-backpressure"]),
    ("torvyn:streaming/processor", &["process"]),
    ("torvyn:filtering/filter", &["evaluate"]),
    ("torvyn:filtering/router", &["route"]),
    ("torvyn:aggregation/aggregator", &["ingest", "flush"]),
    ("torvyn:streaming/sink", &["push", "complete"]),
    ("torvyn:streaming/lifecycle", &["init", "teardown"]),
];

/// Module name of the functions that a WASI 0.1 adapter provides.
const ADAPTED: &str = "wasi_snapshot_preview1";

/// Why the main core module alone can't do a component's work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// The component exports no interface of a role.
    NoRole,
    /// There is no main core module.
    SeveralInstances,
    /// The code of an exported function is not found.
    NoCode {
        /// Interface with package and version.
        interface: String,
        /// Name within the interface.
        function: &'static str,
    },
    /// An interface is exported in two versions.
    Twice {
        /// Interface without version.
        interface: &'static str,
    },
    /// The module imports a function that the glue does not provide.
    Import(String),
    /// The module does not have exactly one memory, of its own, for all values that it passes and receives.
    Memory,
    /// The module does not have one allocator for all values that it receives.
    Allocator,
    /// Strings are not encoded in UTF-8.
    Encoding,
    /// A function has options that the glue does not support, or a post-return function in another instance.
    Special {
        /// Name of the function.
        function: String,
    },
    /// Another core instance does more than the glue can replace.
    Intrusion(Intrusion),
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Obstacle::NoRole => write!(f, "exports no interface of a stage"),
            Obstacle::SeveralInstances => write!(f, "its functions are in several core instances"),
            Obstacle::NoCode { interface, function } => {
                write!(f, "{interface}#{function} has no core code of its own")
            }
            Obstacle::Twice { interface } => write!(f, "exports {interface} in two versions"),
            Obstacle::Import(what) => write!(f, "imports {what}"),
            Obstacle::Memory => write!(f, "its core module does not have exactly one memory of its own"),
            Obstacle::Allocator => write!(
                f,
                "its core module does not have a single allocator for all that it receives"
            ),
            Obstacle::Encoding => write!(f, "its strings are not UTF-8"),
            Obstacle::Special { function } => write!(f, "{function} has unknown options"),
            Obstacle::Intrusion(intrusion) => intrusion.fmt(f),
        }
    }
}

impl Anatomy {
    /// Returns the code that does the component's work, to which glue is welded.
    ///
    /// # Errors
    /// When the main core module alone can't do it.
    pub fn stage_code(&self) -> Result<StageCode, Obstacle> {
        let lifts = self.role_lifts()?;
        let main = self.main.as_ref().ok_or(Obstacle::SeveralInstances)?;
        let imports = main.imports.iter().map(provided).collect::<Result<_, _>>()?;
        let conventions = Conventions::of(main, &lifts)?;
        let functions = lifts.iter().map(|lift| StageFunction {
            interface: unversioned(&lift.interface).to_owned(),
            function: lift.function.clone(),
            core: lift.code.name.clone(),
            post_return: lift.post_return.as_ref().map(|function| function.name.clone()),
        });
        Ok(StageCode {
            module: main.code.clone(),
            imports,
            memory: conventions.memory,
            realloc: conventions.realloc,
            functions: functions.collect(),
            initialisers: main.initialisers.clone().map_err(Obstacle::Intrusion)?,
        })
    }

    /// Returns the functions that the runtime calls. All of them must be found.
    fn role_lifts(&self) -> Result<Vec<&Lift>, Obstacle> {
        let mut lifts = Vec::new();
        for (interface, functions) in FUNCTIONS {
            let mut exported = self.interfaces.iter().filter(|name| unversioned(name) == interface);
            let Some(name) = exported.next() else { continue };
            if exported.next().is_some() {
                return Err(Obstacle::Twice { interface });
            }
            for function in functions {
                let is_it = |lift: &&Lift| lift.interface == *name && lift.function == *function;
                lifts.push(self.lifts.iter().find(is_it).ok_or_else(|| Obstacle::NoCode {
                    interface: name.clone(),
                    function,
                })?);
            }
        }
        if lifts.is_empty() {
            Err(Obstacle::NoRole)
        } else {
            Ok(lifts)
        }
    }
}

/// Returns the name of the glue's function in place of what an import is bound to.
fn provided(import: &Import) -> Result<&'static str, Obstacle> {
    let (name, found) = match &import.origin {
        Origin::Imported {
            interface, function, ..
        } => {
            let name = if interface.is_empty() { function } else { interface };
            (name.clone(), glue::provides(unversioned(interface), function))
        }
        Origin::ResourceDrop { interface, resource } => {
            let drop = format!("[resource-drop]{resource}");
            (interface.clone(), glue::provides(unversioned(interface), &drop))
        }
        Origin::Code(_) if import.is_function && import.module == ADAPTED => {
            let name = format!("{ADAPTED}.{}", import.name);
            (name, glue::provides(ADAPTED, &import.name))
        }
        Origin::Code(_) => (
            format!("{}.{} of another core module", import.module, import.name),
            None,
        ),
        Origin::Intrinsic => {
            let name = format!("{}.{}, a built-in of the component model", import.module, import.name);
            (name, None)
        }
        Origin::Unknown => (
            format!("{}.{}, which can't be followed", import.module, import.name),
            None,
        ),
    };
    found.ok_or(Obstacle::Import(name))
}

/// The memory and the allocator that all functions of a stage use.
struct Conventions {
    memory: String,
    realloc: Option<String>,
}

impl Conventions {
    /// Finds what `lifts` and the host functions that `main` imports have in common.
    fn of(main: &Main, lifts: &[&Lift]) -> Result<Self, Obstacle> {
        let lifted = lifts.iter().map(|lift| (&lift.abi, &lift.function));
        let lowered = main.imports.iter().filter_map(|import| match &import.origin {
            Origin::Imported { function, abi, .. } => Some((abi, function)),
            Origin::ResourceDrop { .. } | Origin::Code(_) | Origin::Intrinsic | Origin::Unknown => None,
        });
        let (mut memories, mut reallocs): (Vec<&CoreExport>, Vec<&CoreExport>) = (Vec::new(), Vec::new());
        for (
            Abi {
                memory,
                realloc,
                utf8,
                special,
            },
            function,
        ) in lifted.chain(lowered)
        {
            if *special {
                let function = function.clone();
                return Err(Obstacle::Special { function });
            }
            if !utf8 {
                return Err(Obstacle::Encoding);
            }
            memories.extend(memory);
            reallocs.extend(realloc);
        }
        let is_foreign = |post: &CoreExport| post.instance != main.instance;
        if let Some(lift) = lifts
            .iter()
            .find(|lift| lift.post_return.as_ref().is_some_and(is_foreign))
        {
            let function = lift.function.clone();
            return Err(Obstacle::Special { function });
        }
        let memory = common(main, &memories)
            .filter(|_| main.memories == 1)
            .ok_or(Obstacle::Memory)?;
        let realloc = match reallocs.is_empty() {
            true => None,
            false => Some(common(main, &reallocs).ok_or(Obstacle::Allocator)?),
        };
        Ok(Self { memory, realloc })
    }
}

/// Returns the name of an item of the main instance, if all of `items` are that item.
fn common(main: &Main, items: &[&CoreExport]) -> Option<String> {
    let first = items.first()?;
    let is_one = first.instance == main.instance && items.iter().all(|item| item == first);
    is_one.then(|| first.name.clone())
}

fn unversioned(interface: &str) -> &str {
    interface.split_once('@').map_or(interface, |(name, _)| name)
}

#[cfg(test)]
mod tests;
