//! Takes a component apart. In: a binary that the front half has accepted. Out: an [`Anatomy`]: the core code that
//! implements each exported function, and what each import of that code is bound to.
//!
//! Nothing is recognised by names that toolchains happen to use: a shim is a function that only passes its arguments on
//! through a table, and it leads to whatever another module puts into that table.

mod abi;
mod calls;
mod lifts;
mod module;
mod outermost;
pub mod reach;
#[cfg(test)]
pub(crate) mod sample;
mod spaces;
mod stage;
mod start;

use std::collections::BTreeSet;
use std::fmt;

use wasmparser::{BinaryReaderError, ComponentExternalKind, ExternalKind};

use module::Module;
use spaces::{CompInstance, CoreFunc, CoreInstance, Func, Spaces, Type};

pub use abi::Abi;
pub(crate) use outermost::outermost;
pub use stage::Obstacle;
pub use start::Intrusion;

/// Most steps from an import to what it is bound to. A limit is needed because a table can lead back to an earlier
/// step.
const LONGEST_WAY: usize = 64;

/// The structure of a component's core code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anatomy {
    /// Number of core modules, without those of nested components.
    pub modules: usize,
    /// The exported interfaces, by name with package and version.
    pub interfaces: Vec<String>,
    /// The exported functions whose code is found, in the order of the exports.
    pub lifts: Vec<Lift>,
    /// The core instance with the code of all exported functions, if there is one.
    pub main: Option<Main>,
}

/// The core instance that does the component's work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Main {
    /// Its number among the core instances.
    pub instance: u32,
    /// Position of its module among the core modules.
    pub module: usize,
    /// The module's binary.
    pub code: Vec<u8>,
    /// Number of memories that the module defines.
    pub memories: usize,
    /// What it imports, in order.
    pub imports: Vec<Import>,
    /// Functions of the instance that other core instances call during instantiation: their export names, in the order
    /// of the calls. An error if another instance does anything else to it.
    pub initialisers: Result<Vec<String>, Intrusion>,
}

/// An exported function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lift {
    /// Interface with package and version; empty for a function of the world itself.
    pub interface: String,
    /// Name within the interface.
    pub function: String,
    /// The core function that implements it.
    pub code: CoreExport,
    /// The post-return function: called with the core function's result once that has been read.
    pub post_return: Option<CoreExport>,
    /// Canonical ABI options of the lift.
    pub abi: Abi,
}

/// An item of a core instance.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CoreExport {
    /// Number of the core instance.
    pub instance: u32,
    /// Name of the export.
    pub name: String,
}

/// An import of a core module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// Module name.
    pub module: String,
    /// Item name.
    pub name: String,
    /// Whether it is a function.
    pub is_function: bool,
    /// What it is bound to.
    pub origin: Origin,
}

/// What an import is ultimately bound to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// A function that the component imports: interface and name.
    Imported {
        /// Interface with package and version; empty for a function of the world itself.
        interface: String,
        /// Name within the interface.
        function: String,
        /// Canonical ABI options of the lower.
        abi: Abi,
    },
    /// The built-in that drops a handle of an imported resource type.
    ResourceDrop {
        /// Interface of the type.
        interface: String,
        /// The type.
        resource: String,
    },
    /// Code, a memory, a table or a global of another core instance.
    Code(CoreExport),
    /// Another built-in of the component model, or the one that drops a handle of a resource type of the component's
    /// own.
    Intrinsic,
    /// Could not be followed.
    Unknown,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Imported {
                interface, function, ..
            } if interface.is_empty() => write!(f, "{function}"),
            Origin::Imported {
                interface, function, ..
            } => write!(f, "{interface}#{function}"),
            Origin::ResourceDrop { interface, resource } => write!(f, "{interface}#[resource-drop]{resource}"),
            Origin::Code(export) => write!(f, "core instance {}: {}", export.instance, export.name),
            Origin::Intrinsic => write!(f, "a built-in of the component model"),
            Origin::Unknown => write!(f, "unknown"),
        }
    }
}

impl Anatomy {
    /// Takes a component apart.
    ///
    /// # Errors
    /// When it is not well-formed.
    pub fn of(component: &[u8]) -> Result<Self, BinaryReaderError> {
        let spaces = Spaces::read(component)?;
        let modules = spaces
            .modules
            .iter()
            .map(|module| Module::read(module))
            .collect::<Result<_, _>>()?;
        let body = Body { spaces, modules };
        let lifts = body.lifts()?;
        let instances: BTreeSet<u32> = lifts.iter().map(|lift| lift.code.instance).collect();
        let main = match instances.first() {
            Some(only) if instances.len() == 1 => body.main(*only),
            Some(_) | None => None,
        };
        let exports = body.spaces.exports.iter();
        let interfaces = exports.filter(|(_, kind, _)| *kind == ComponentExternalKind::Instance);
        Ok(Self {
            modules: body.modules.len(),
            interfaces: interfaces.map(|(name, _, _)| name.clone()).collect(),
            lifts,
            main,
        })
    }
}

/// A component with its modules.
struct Body<'a> {
    spaces: Spaces<'a>,
    modules: Vec<Module<'a>>,
}

impl Body<'_> {
    fn main(&self, instance: u32) -> Option<Main> {
        let CoreInstance::Module { module, arguments } = self.spaces.core_instances.get(instance as usize)? else {
            return None;
        };
        let code = &self.modules[*module];
        let imports = code.imports.iter().map(|import| Import {
            module: import.module.clone(),
            name: import.name.clone(),
            is_function: import.kind == ExternalKind::Func,
            origin: self.argument(arguments, import, LONGEST_WAY),
        });
        Some(Main {
            instance,
            module: *module,
            code: self.spaces.modules[*module].to_vec(),
            memories: code.memories.len(),
            imports: imports.collect(),
            initialisers: self.initialisers(instance),
        })
    }

    /// Finds what satisfies an import of a module that is instantiated with `arguments`, in at most `way` steps.
    fn argument(&self, arguments: &[(String, u32)], import: &module::Import, way: usize) -> Origin {
        let instance = arguments.iter().find(|(name, _)| *name == import.module);
        match instance {
            Some((_, instance)) => self.item(*instance, &import.name, import.kind, way),
            None => Origin::Unknown,
        }
    }

    /// Finds what an export of a core instance leads to.
    fn item(&self, instance: u32, name: &str, kind: ExternalKind, way: usize) -> Origin {
        let Some(way) = way.checked_sub(1) else {
            return Origin::Unknown;
        };
        match self.spaces.core_instances.get(instance as usize) {
            Some(CoreInstance::Bundle(items)) => {
                let item = items
                    .iter()
                    .find(|(item, its_kind, _)| item == name && *its_kind == kind);
                match item {
                    Some((_, ExternalKind::Func, index)) => self.function(*index, way),
                    Some((_, kind, index)) => self.other(*kind, *index, way),
                    None => Origin::Unknown,
                }
            }
            Some(CoreInstance::Module { module, .. }) => {
                let beyond = (kind == ExternalKind::Func).then(|| self.through_table(instance, *module, name, way));
                beyond.flatten().unwrap_or_else(|| {
                    Origin::Code(CoreExport {
                        instance,
                        name: name.to_owned(),
                    })
                })
            }
            None => Origin::Unknown,
        }
    }

    /// Finds what a memory, table or global leads to.
    fn other(&self, kind: ExternalKind, index: u32, way: usize) -> Origin {
        let items = match kind {
            ExternalKind::Memory => &self.spaces.core_memories,
            ExternalKind::Table => &self.spaces.core_tables,
            ExternalKind::Global => &self.spaces.core_globals,
            ExternalKind::Func | ExternalKind::FuncExact | ExternalKind::Tag => return Origin::Unknown,
        };
        match items.get(index as usize) {
            Some(item) => self.item(item.instance, &item.name, kind, way),
            None => Origin::Unknown,
        }
    }

    /// Finds what a core function leads to.
    fn function(&self, index: u32, way: usize) -> Origin {
        match self.spaces.core_funcs.get(index as usize) {
            Some(CoreFunc::Export { instance, name }) => self.item(*instance, name, ExternalKind::Func, way),
            Some(CoreFunc::Lower { func, options }) => {
                self.imported(*func)
                    .map_or(Origin::Unknown, |(interface, function)| Origin::Imported {
                        interface,
                        function,
                        abi: self.abi(options),
                    })
            }
            Some(CoreFunc::ResourceDrop { ty }) => {
                self.resource(*ty)
                    .map_or(Origin::Intrinsic, |(interface, resource)| Origin::ResourceDrop {
                        interface,
                        resource,
                    })
            }
            Some(CoreFunc::Intrinsic) => Origin::Intrinsic,
            None => Origin::Unknown,
        }
    }

    /// Follows a function that only passes its arguments on through a table. `None` if it does anything else, or if
    /// what fills the table can't be found.
    fn through_table(&self, instance: u32, module: usize, name: &str, way: usize) -> Option<Origin> {
        let shim = &self.modules[module];
        let trampoline = shim.trampoline(shim.exported_function(name)?)?;
        let names: Vec<&str> = shim.table_names(trampoline.table).collect();
        let fillers = self.spaces.core_instances.iter().filter_map(|filler| match filler {
            CoreInstance::Module { module, arguments } => Some((&self.modules[*module], arguments)),
            CoreInstance::Bundle(_) => None,
        });
        fillers.rev().find_map(|(filler, arguments)| {
            let mut tables = filler
                .imports
                .iter()
                .filter(|import| import.kind == ExternalKind::Table);
            let shared = tables.find(|import| match self.argument(arguments, import, way) {
                Origin::Code(export) => export.instance == instance && names.contains(&export.name.as_str()),
                Origin::Imported { .. } | Origin::ResourceDrop { .. } | Origin::Intrinsic | Origin::Unknown => false,
            })?;
            let table = filler.imported_table(shared)?;
            let function = filler.element(table, trampoline.element)?;
            let import = filler.imported_function(function)?;
            Some(self.argument(arguments, import, way))
        })
    }

    /// Interface and name of a function that the component imports.
    fn imported(&self, func: u32) -> Option<(String, String)> {
        match self.spaces.funcs.get(func as usize)? {
            Func::Import(name) => Some((String::new(), name.clone())),
            Func::Export { instance, name } => Some((self.interface(*instance)?, name.clone())),
            Func::Same(other) => self.imported(*other),
            Func::Lift { .. } => None,
        }
    }

    /// Interface and name of an imported resource type.
    fn resource(&self, ty: u32) -> Option<(String, String)> {
        match self.spaces.types.get(ty as usize)? {
            Type::Import(name) => Some((String::new(), name.clone())),
            Type::Export { instance, name } => Some((self.interface(*instance)?, name.clone())),
            Type::Same(other) => self.resource(*other),
            Type::Own => None,
        }
    }

    /// Name of an imported instance.
    fn interface(&self, instance: u32) -> Option<String> {
        match self.spaces.instances.get(instance as usize)? {
            CompInstance::Import(name) => Some(name.clone()),
            CompInstance::Same(other) => self.interface(*other),
            CompInstance::Export | CompInstance::Component { .. } | CompInstance::Bundle(_) => None,
        }
    }

    /// Finds the core code that a core function leads to, if it is code.
    fn code(&self, function: u32) -> Option<CoreExport> {
        match self.function(function, LONGEST_WAY) {
            Origin::Code(export) => Some(export),
            Origin::Imported { .. } | Origin::ResourceDrop { .. } | Origin::Intrinsic | Origin::Unknown => None,
        }
    }
}

#[cfg(test)]
mod tests;
