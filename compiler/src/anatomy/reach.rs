//! Which host functions the code of a component can reach, and how. In: a binary. Out: a [`Reach`].
//!
//! Followed are the exported functions with their post-return functions, and start functions, through all core instances.
//! What a toolchain imports and nothing calls is not reached. The functions of `wasi_snapshot_preview1` are an end of the
//! way, whatever implements them: the adapter that `wit-component` adds opens everything it could ever need when it
//! starts, and says nothing of what is used.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use wasmparser::{BinaryReaderError, Parser, Payload};

use super::calls::CallGraph;
use super::spaces::{CompInstance, CoreInstance, Spaces};
use super::{Body, CoreExport, LONGEST_WAY, Lift, Module, Origin};

/// The module name that every toolchain imports these functions under.
const PREVIEW1: &str = "wasi_snapshot_preview1";

/// What the code of a component can reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// These functions, each with one way to it; sorted.
    Known(BTreeMap<HostFunction, Way>),
    /// Some of its code can't be followed: it lies in nested components, or is called through tables that several core
    /// instances share.
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

/// A shortest way from outside to a host function: names of functions, the exported one first, the host's last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way(pub Vec<String>);

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
        if body.has_nested_code()? || walk.shares_tables() {
            return Ok(Reach::Unknown);
        }
        Ok(Reach::Known(walk.all(&body.lifts()?)))
    }
}

/// A core module that is to become a component imports by the names of interfaces.
fn module(binary: &[u8]) -> Result<Reach, BinaryReaderError> {
    let graph = CallGraph::of(binary)?;
    let roots = graph.exports.values().copied().chain(graph.start);
    let mut found = BTreeMap::new();
    search(
        roots.map(|function| (0, function)),
        |(_, function)| match graph.import(function) {
            Some(import) => Step::End(host_function(&import.module, &import.name)),
            None => Step::Calls(graph.callees(function).into_iter().map(|callee| (0, callee)).collect()),
        },
        |(_, function)| graph.name(function),
        &mut found,
    );
    Ok(Reach::Known(found))
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
    fn all(&self, lifts: &[Lift]) -> BTreeMap<HostFunction, Way> {
        let exports = lifts
            .iter()
            .flat_map(|lift| [Some(&lift.code), lift.post_return.as_ref()]);
        let exported = exports.flatten().filter_map(|export| self.exported(export));
        let adapters = self.adapters();
        let instances = 0..u32::try_from(self.body.spaces.core_instances.len()).unwrap_or(u32::MAX);
        let started = instances
            .filter(|instance| !adapters.contains(instance))
            .filter_map(|instance| Some((instance, self.graph(instance)?.start?)));
        let roots: Vec<Place> = exported.chain(started).collect();
        let mut found = BTreeMap::new();
        search(
            roots.into_iter(),
            |place| self.step(place),
            |(instance, function)| {
                self.graph(instance)
                    .map(|graph| graph.name(function))
                    .unwrap_or_default()
            },
            &mut found,
        );
        for Way(names) in found.values_mut() {
            self.start_with_export(names, lifts);
        }
        found
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

    /// Whether a call through a table could reach another instance: the table is imported, or other instances fill it. The
    /// tables of shims are, which `Body::argument` looks through.
    fn shares_tables(&self) -> bool {
        let instances = self.body.spaces.core_instances.iter();
        let filled: BTreeSet<u32> = instances
            .clone()
            .flat_map(|instance| self.filled_by(instance))
            .collect();
        (0..).zip(instances).any(|(number, instance)| match instance {
            CoreInstance::Module { module, .. } => {
                let code = &self.body.modules[*module];
                let is_shared = filled.contains(&number) || code.table_import(0).is_some();
                let mut indirect = self.graphs[*module].indirect_callers();
                is_shared && indirect.any(|function| code.trampoline(function).is_none())
            }
            CoreInstance::Bundle(_) => false,
        })
    }

    /// The instances whose tables an instance puts functions into.
    fn filled_by(&self, instance: &CoreInstance) -> Vec<u32> {
        let CoreInstance::Module { module, arguments } = instance else {
            return Vec::new();
        };
        let module = &self.body.modules[*module];
        let imports = module
            .filled_tables
            .iter()
            .filter_map(|table| module.table_import(*table));
        let tables = imports.map(|import| self.body.argument(arguments, import, LONGEST_WAY));
        tables.filter_map(instance_of).collect()
    }

    fn step(&self, (instance, function): Place) -> Step {
        let Some(CoreInstance::Module { module, arguments }) = self.body.spaces.core_instances.get(instance as usize)
        else {
            return Step::Calls(Vec::new());
        };
        let graph = &self.graphs[*module];
        let Some(import) = graph.import(function) else {
            let callees = graph.callees(function).into_iter();
            return Step::Calls(callees.map(|callee| (instance, callee)).collect());
        };
        if import.module == PREVIEW1 {
            return Step::End(HostFunction::Preview1(import.name.clone()));
        }
        match self.body.argument(arguments, import, LONGEST_WAY) {
            Origin::Imported {
                interface, function, ..
            } => Step::End(HostFunction::Imported { interface, function }),
            Origin::Code(export) => {
                let other = self
                    .graph(export.instance)
                    .and_then(|graph| graph.exports.get(&export.name));
                Step::Calls(other.map(|function| (export.instance, *function)).into_iter().collect())
            }
            Origin::ResourceDrop { .. } | Origin::Intrinsic | Origin::Unknown => Step::Calls(Vec::new()),
        }
    }
}

/// The core instance that an item belongs to.
fn instance_of(origin: Origin) -> Option<u32> {
    match origin {
        Origin::Code(export) => Some(export.instance),
        Origin::Imported { .. } | Origin::ResourceDrop { .. } | Origin::Intrinsic | Origin::Unknown => None,
    }
}

/// What comes behind a function.
enum Step {
    /// A host function: it is one.
    End(HostFunction),
    /// These functions.
    Calls(Vec<Place>),
}

/// Breadth first, so that each way is a shortest one.
fn search(
    roots: impl Iterator<Item = Place>,
    step: impl Fn(Place) -> Step,
    name: impl Fn(Place) -> String,
    found: &mut BTreeMap<HostFunction, Way>,
) {
    let mut from: BTreeMap<Place, Option<Place>> = BTreeMap::new();
    let mut queue: VecDeque<Place> = VecDeque::new();
    for root in roots {
        if from.insert(root, None).is_none() {
            queue.push_back(root);
        }
    }
    while let Some(place) = queue.pop_front() {
        match step(place) {
            Step::End(function) => {
                let last = function.name().to_owned();
                found.entry(function).or_insert_with(|| way(place, last, &from, &name));
            }
            Step::Calls(callees) => {
                for callee in callees {
                    from.entry(callee).or_insert_with(|| {
                        queue.push_back(callee);
                        Some(place)
                    });
                }
            }
        }
    }
}

/// The way to `end`, which the host calls `last`.
fn way(end: Place, last: String, from: &BTreeMap<Place, Option<Place>>, name: &impl Fn(Place) -> String) -> Way {
    let mut names = vec![last];
    let mut at = end;
    while let Some(Some(before)) = from.get(&at) {
        at = *before;
        names.push(name(at));
    }
    names.reverse();
    names.dedup();
    Way(names)
}

impl Body<'_> {
    /// Whether there is core code in nested components that are instantiated.
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
                if matches!(payload?, Payload::ModuleSection { .. }) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }
}
