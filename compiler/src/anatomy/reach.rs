//! Which host functions the code of a component can reach, and how. In: a binary. Out: a [`Reach`].
//!
//! Followed are the lifted functions with their post-return functions, destructors and start functions, through all core
//! instances.
//! What a toolchain imports and nothing calls is not reached. The functions of `wasi_snapshot_preview1` are an end of the
//! way, whatever implements them: the adapter that `wit-component` adds opens everything it could ever need when it
//! starts, and says nothing of what is used.

mod search;

use std::collections::{BTreeMap, BTreeSet};
use std::{fmt, iter};

use wasmparser::{BinaryReaderError, CanonicalOption, Parser, Payload};

use search::{Cost, Step, search};

use super::calls::CallGraph;
use super::spaces::{CompInstance, CoreInstance, Func, Spaces};
use super::{Body, CoreExport, LONGEST_WAY, Lift, Module, Origin};

/// The module name that every toolchain imports these functions under.
const PREVIEW1: &str = "wasi_snapshot_preview1";

/// What the code of a component can reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// These functions, each with one way to it; sorted.
    Known(BTreeMap<HostFunction, Way>),
    /// Some of its code can't be followed: it lies in other components, or is called through a table or a reference that
    /// several core instances share.
    Unknown,
}

/// A function that a host provides.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum HostFunction {
    /// Of an imported interface.
    Imported {
        /// Interface with package and version; empty for a function of the world itself.
        interface: String,
        /// Name within the interface.
        function: String,
    },
    /// Of the older system interface that an adapter translates.
    Preview1(String),
}

impl HostFunction {
    /// Its name, without the interface.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            HostFunction::Imported { function, .. } | HostFunction::Preview1(function) => function,
        }
    }
}

/// A way from outside to a host function, the one that explains best: names of functions, the exported one first, the host's
/// last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way(pub Vec<String>);

/// Longest way that is shown whole, in functions.
const LONGEST_SHOWN: usize = 7;

/// In a long way, what lies between the export and the component's own code is left out, and what libraries call within
/// themselves: what matters is whose code calls into them. `{:#}` gives
/// each function a line.
impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = &self.0;
        let last = names.len().saturating_sub(1);
        let is_hidden = |at: usize| {
            (1..last).contains(&at)
                && names.len() > LONGEST_SHOWN
                && is_of_library(&names[at])
                && (at == 1 || is_of_library(&names[at - 1]))
        };
        let arrow = if f.alternate() { "\n→ " } else { " → " };
        let mut hidden = 0;
        for (at, name) in names.iter().enumerate() {
            if is_hidden(at) {
                hidden += 1;
                continue;
            }
            if hidden > 0 {
                write!(f, "{arrow}… {hidden} more …")?;
            }
            hidden = 0;
            write!(f, "{}`{name}`", if at == 0 { "" } else { arrow })?;
        }
        Ok(())
    }
}

/// Whether a demangled name is of the standard library or the SDK.
fn is_of_library(name: &str) -> bool {
    const LIBRARIES: [&str; 6] = ["std::", "core::", "alloc::", "torvyn::", "wasi::", "__rustc::"];
    let path = name.trim_start_matches(['<', '&', '*']);
    LIBRARIES.iter().any(|library| path.starts_with(library))
}

/// A function of a core instance.
type Place = (u32, u32);

impl Reach {
    /// Follows the code of a component, or of a core module.
    ///
    /// # Errors
    /// When it is not well-formed.
    pub fn of(binary: &[u8]) -> Result<Self, BinaryReaderError> {
        if !Parser::is_component(binary) {
            return module(binary);
        }
        let spaces = Spaces::read(binary)?;
        let modules = spaces.modules.iter().map(|module| Module::read(module));
        let modules = modules.collect::<Result<_, _>>()?;
        let body = Body { spaces, modules };
        let graphs = body.spaces.modules.iter().map(|module| CallGraph::of(module));
        let walk = Walk {
            graphs: graphs.collect::<Result<_, _>>()?,
            body: &body,
        };
        if body.spaces.is_partial || body.has_nested_code()? {
            return Ok(Reach::Unknown);
        }
        match walk.roots() {
            Some(roots) => Ok(walk.all(roots, &body.lifts()?)),
            None => Ok(Reach::Unknown),
        }
    }
}

/// A core module that is to become a component imports by the names of interfaces.
fn module(binary: &[u8]) -> Result<Reach, BinaryReaderError> {
    let graph = CallGraph::of(binary)?;
    let roots = graph.exports.values().copied().chain(graph.start);
    Ok(search(
        roots.map(|function| (0, function)),
        |(_, function)| match graph.import(function) {
            Some(import) => Step::End(host_function(&import.module, &import.name)),
            None if graph.is_open && graph.calls_indirectly(function) => Step::Anywhere,
            None => Step::calls(0, &graph, function),
        },
        |(_, function)| graph.name(function),
    ))
}

fn host_function(module: &str, name: &str) -> HostFunction {
    if module == PREVIEW1 {
        HostFunction::Preview1(name.to_owned())
    } else {
        let interface = if module == "$root" { "" } else { module };
        HostFunction::Imported {
            interface: interface.to_owned(),
            function: name.to_owned(),
        }
    }
}

/// A component whose code is followed.
struct Walk<'a, 'b> {
    graphs: Vec<CallGraph>,
    body: &'a Body<'b>,
}

impl Walk<'_, '_> {
    /// What the host calls, whenever it does: lifted functions with what belongs to them, destructors, and what starts
    /// instances that are no adapters. `None` when one of them is no code.
    fn roots(&self) -> Option<Vec<Place>> {
        let spaces = &self.body.spaces;
        let lifted = spaces.funcs.iter().flat_map(|func| match func {
            Func::Lift { core, options } => iter::once(*core).chain(called_by_host(options)).collect(),
            Func::Import(_) | Func::Export { .. } | Func::Same(_) => Vec::new(),
        });
        let mut roots = Vec::new();
        for function in lifted.chain(spaces.destructors.iter().copied()) {
            match self.body.function(function, LONGEST_WAY) {
                Origin::Code(export) => roots.push(self.exported(&export)?),
                Origin::ResourceDrop { .. } | Origin::Intrinsic => {}
                Origin::Imported { .. } | Origin::Unknown => return None,
            }
        }
        let adapters = self.adapters();
        let instances = 0..u32::try_from(spaces.core_instances.len()).unwrap_or(u32::MAX);
        let started = instances
            .filter(|instance| !adapters.contains(instance))
            .filter_map(|instance| Some((instance, self.graph(instance)?.start?)));
        roots.extend(started);
        Some(roots)
    }

    fn all(&self, roots: Vec<Place>, lifts: &[Lift]) -> Reach {
        let open = self.open_instances();
        let mut reach = search(
            roots.into_iter(),
            |place| self.step(place, &open),
            |(instance, function)| {
                self.graph(instance)
                    .map(|graph| graph.name(function))
                    .unwrap_or_default()
            },
        );
        if let Reach::Known(found) = &mut reach {
            for Way(names) in found.values_mut() {
                self.start_with_export(names, lifts);
            }
        }
        reach
    }

    fn exported(&self, export: &CoreExport) -> Option<Place> {
        let function = self.graph(export.instance)?.exports.get(&export.name)?;
        Some((export.instance, *function))
    }

    /// Puts the name that the component exports a function under before the name it has inside.
    fn start_with_export(&self, names: &mut Vec<String>, lifts: &[Lift]) {
        let inside = |lift: &&Lift| {
            let name = |(instance, function)| Some(self.graph(instance)?.name(function));
            self.exported(&lift.code).and_then(name).as_ref() == names.first()
        };
        if let Some(lift) = lifts.iter().find(inside) {
            let is_named_so = names[0].ends_with(&lift.function);
            if is_named_so {
                names[0].clone_from(&lift.function);
            } else {
                names.insert(0, lift.function.clone());
            }
        }
    }

    fn graph(&self, instance: u32) -> Option<&CallGraph> {
        match self.body.spaces.core_instances.get(instance as usize)? {
            CoreInstance::Module { module, .. } => self.graphs.get(*module),
            CoreInstance::Bundle(_) => None,
        }
    }

    /// The instances that implement preview1: what other instances get under its name.
    fn adapters(&self) -> BTreeSet<u32> {
        let instances = self.body.spaces.core_instances.iter();
        let arguments = instances.flat_map(|instance| match instance {
            CoreInstance::Module { module, arguments } => {
                let imports = self.graphs[*module]
                    .imports
                    .iter()
                    .filter(|import| import.module == PREVIEW1);
                imports
                    .map(|import| self.body.argument(arguments, import, LONGEST_WAY))
                    .collect()
            }
            CoreInstance::Bundle(_) => Vec::new(),
        });
        arguments.filter_map(instance_of).collect()
    }

    /// The instances whose calls through tables and references may lead to others. Shims are among them: what calls a shim
    /// is followed to what it stands for, by `Body::argument`.
    fn open_instances(&self) -> BTreeSet<u32> {
        let instances = self.body.spaces.core_instances.iter();
        let open = (0..)
            .zip(instances.clone())
            .filter(|(_, instance)| match instance {
                CoreInstance::Module { module, .. } => self.graphs[*module].is_open,
                CoreInstance::Bundle(_) => false,
            })
            .map(|(number, _)| number);
        open.chain(instances.flat_map(|instance| self.owners_of_tables(instance)))
            .collect()
    }

    /// The instances whose tables an instance imports.
    fn owners_of_tables(&self, instance: &CoreInstance) -> Vec<u32> {
        let CoreInstance::Module { module, arguments } = instance else {
            return Vec::new();
        };
        let imports = self.body.modules[*module].table_imports();
        let tables = imports.map(|import| self.body.argument(arguments, import, LONGEST_WAY));
        tables.filter_map(instance_of).collect()
    }

    fn step(&self, (instance, function): Place, open: &BTreeSet<u32>) -> Step {
        let Some(CoreInstance::Module { module, arguments }) = self.body.spaces.core_instances.get(instance as usize)
        else {
            return Step::Anywhere;
        };
        let graph = &self.graphs[*module];
        let Some(import) = graph.import(function) else {
            if open.contains(&instance) && graph.calls_indirectly(function) {
                return Step::Anywhere;
            }
            return Step::calls(instance, graph, function);
        };
        if import.module == PREVIEW1 {
            return Step::End(HostFunction::Preview1(import.name.clone()));
        }
        match self.body.argument(arguments, import, LONGEST_WAY) {
            Origin::Imported {
                interface, function, ..
            } => Step::End(HostFunction::Imported { interface, function }),
            Origin::Code(export) => match self.exported(&export) {
                Some(place) => Step::Calls(vec![(place, Cost::CALL)]),
                None => Step::Anywhere,
            },
            Origin::ResourceDrop { .. } | Origin::Intrinsic => Step::Calls(Vec::new()),
            Origin::Unknown => Step::Anywhere,
        }
    }
}

/// The functions that the host calls after a lifted one. The allocator is not among them: while it runs, no host function may
/// be called (CanonicalABI.md, `may_leave`).
fn called_by_host(options: &[CanonicalOption]) -> impl Iterator<Item = u32> {
    options.iter().filter_map(|option| {
        if let CanonicalOption::PostReturn(function) | CanonicalOption::Callback(function) = option {
            Some(*function)
        } else {
            None
        }
    })
}

/// The core instance that an item belongs to.
fn instance_of(origin: Origin) -> Option<u32> {
    match origin {
        Origin::Code(export) => Some(export.instance),
        Origin::Imported { .. } | Origin::ResourceDrop { .. } | Origin::Intrinsic | Origin::Unknown => None,
    }
}

impl Body<'_> {
    /// Whether nested components that are instantiated have core code, or run some.
    fn has_nested_code(&self) -> Result<bool, BinaryReaderError> {
        let instances = self.spaces.instances.iter();
        let nested: BTreeSet<usize> = instances
            .filter_map(|instance| match instance {
                CompInstance::Component { component, .. } => Some(*component),
                CompInstance::Import(_) | CompInstance::Export | CompInstance::Bundle(_) | CompInstance::Same(_) => {
                    None
                }
            })
            .collect();
        for component in nested {
            let Some(binary) = self.spaces.components.get(component) else {
                continue;
            };
            for payload in Parser::new(0).parse_all(binary) {
                if matches!(payload?, Payload::ModuleSection { .. } | Payload::InstanceSection(_)) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }
}

#[cfg(test)]
mod tests;
