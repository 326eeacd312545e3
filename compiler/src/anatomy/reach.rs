//! The host functions that the code of a component can reach, and how. In: a binary. Out: a [`Reach`].
//!
//! The search starts at the lifted functions, the functions that the host calls after them, destructors and start
//! functions, and follows calls through all core instances. An import that nothing calls is not reached. The search
//! ends at the functions of `wasi_snapshot_preview1`, whatever implements them: the adapter that `wit-component` adds
//! opens everything that it could ever need when it starts, so its own calls say nothing about what is used.

mod search;

use std::collections::{BTreeMap, BTreeSet};
use std::{fmt, iter};

use wasmparser::{BinaryReaderError, CanonicalOption, Parser, Payload};

use search::{Cost, Step, search};

use super::calls::CallGraph;
use super::spaces::{CompInstance, CoreInstance, Func, Spaces};
use super::{Body, CoreExport, LONGEST_WAY, Lift, Module, Origin};

/// The module name under which every toolchain imports these functions.
const PREVIEW1: &str = "wasi_snapshot_preview1";

/// The host functions that the code of a component can reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// All of them, each with one way to it.
    Known(BTreeMap<HostFunction, Way>),
    /// Some of its code can't be followed: it lies in other components, or is called through a table or a reference that
    /// several core instances share.
    Unknown,
}

/// A function that a host provides.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum HostFunction {
    /// A function of an imported interface.
    Imported {
        /// Interface with package and version; empty for a function of the world itself.
        interface: String,
        /// Name within the interface.
        function: String,
    },
    /// A function of the older system interface, which an adapter translates.
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

/// A chain of calls from outside to a host function, the one that explains best why it is reached: names of functions,
/// from the exported one to the host's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way(pub Vec<String>);

/// Most functions of a way that is shown in full.
const LONGEST_SHOWN: usize = 7;

/// Shows the names with arrows between them; with `{:#}`, each on a line of its own. A long way leaves out the library
/// functions between the export and the component's own code, and those that other library functions call: what matters
/// is whose code calls into the libraries.
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

/// Whether a demangled name is from the standard library, the SDK or the `wasi` crate.
fn is_of_library(name: &str) -> bool {
    const LIBRARIES: [&str; 6] = ["std::", "core::", "alloc::", "torvyn::", "wasi::", "__rustc::"];
    let path = name.trim_start_matches(['<', '&', '*']);
    LIBRARIES.iter().any(|library| path.starts_with(library))
}

/// A function of a core instance: the numbers of the instance and of the function.
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

/// Follows a core module that is to become a component: its imports have the names of interfaces.
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
    /// Returns the functions that the host may call at any time: lifted functions and those called after them,
    /// destructors, and the start functions of instances that are not adapters. `None` if one of them is an import or
    /// can't be followed.
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

    /// Begins a way with the name under which the component exports its first function. It replaces the internal name
    /// if that ends with it, else comes before it.
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

    /// Returns the instances that implement preview1: those from which others import its functions.
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

    /// Returns the instances whose calls through tables and references may lead to others. Shims are among them, but
    /// the search does not enter a shim: `Body::argument` follows a call of one to the function that it stands for.
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

    /// Returns the instances whose tables an instance imports.
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

/// Returns the functions that the host calls after a lifted one. The allocator is not among them: while it runs, no
/// host function may be called (CanonicalABI.md, `may_leave`).
fn called_by_host(options: &[CanonicalOption]) -> impl Iterator<Item = u32> {
    options.iter().filter_map(|option| {
        if let CanonicalOption::PostReturn(function) | CanonicalOption::Callback(function) = option {
            Some(*function)
        } else {
            None
        }
    })
}

/// Returns the core instance that has an item, if it is one of core code.
fn instance_of(origin: Origin) -> Option<u32> {
    match origin {
        Origin::Code(export) => Some(export.instance),
        Origin::Imported { .. } | Origin::ResourceDrop { .. } | Origin::Intrinsic | Origin::Unknown => None,
    }
}

impl Body<'_> {
    /// Whether a nested component that is instantiated has core modules or core instances.
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
