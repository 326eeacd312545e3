//! Takes a component apart. In: a binary that the front half has accepted. Out: an [`Anatomy`]: which core code is behind
//! each exported function, and what each import of that code is bound to.
//!
//! Nothing is recognised by the names that a toolchain happens to give: a shim is a function that passes its arguments
//! on through a table, and what it reaches is what another module puts there.

mod module;
mod spaces;

use std::collections::BTreeSet;
use std::fmt;

use wasmparser::{BinaryReaderError, CanonicalOption, ComponentExternalKind, ExternalKind};

use module::Module;
use spaces::{CompInstance, CoreFunc, CoreInstance, Func, Spaces, Type};

/// Longest way from an import to what it is bound to. A table can lead back to where it came from.
const LONGEST_WAY: usize = 64;

/// How the core code of a component hangs together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anatomy {
    /// Core modules, those of nested components not counted.
    pub modules: usize,
    /// The exported functions, in the order of the exports.
    pub lifts: Vec<Lift>,
    /// The one core instance that all exported functions are in, if there is one.
    pub main: Option<Main>,
}

/// The core instance that does the component's work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Main {
    /// Its number among the core instances.
    pub instance: u32,
    /// Position of its module among the core modules.
    pub module: usize,
    /// The module's size in bytes.
    pub bytes: usize,
    /// Memories that the module defines.
    pub memories: usize,
    /// Whether the module has a start function.
    pub has_start: bool,
    /// What it imports, in order.
    pub imports: Vec<Import>,
}

/// An exported function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lift {
    /// Interface with package and version; empty for a function of the world itself.
    pub interface: String,
    /// Name within the interface.
    pub function: String,
    /// The core function behind it.
    pub code: CoreExport,
    /// Called with the core function's result when that has been read.
    pub post_return: Option<CoreExport>,
    /// Where the host puts what it passes.
    pub memory: Option<CoreExport>,
    /// Allocates there.
    pub realloc: Option<CoreExport>,
    /// Whether texts are UTF-8.
    pub utf8: bool,
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
    /// What it is bound to.
    pub origin: Origin,
}

/// What an import is bound to in the end.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// A function that the component imports: interface and name.
    Imported {
        /// Interface with package and version; empty for a function of the world itself.
        interface: String,
        /// Name within the interface.
        function: String,
    },
    /// Gives up a handle of an imported resource type.
    ResourceDrop {
        /// Interface of the type.
        interface: String,
        /// The type.
        resource: String,
    },
    /// Code, a memory, a table or a global of another core instance.
    Code(CoreExport),
    /// A built-in of the component model that is none of the above.
    Intrinsic,
    /// It could not be followed.
    Unknown,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Imported { interface, function } if interface.is_empty() => write!(f, "{function}"),
            Origin::Imported { interface, function } => write!(f, "{interface}#{function}"),
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
        Ok(Self {
            modules: body.modules.len(),
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
            origin: self.argument(arguments, import, LONGEST_WAY),
        });
        Some(Main {
            instance,
            module: *module,
            bytes: self.spaces.modules[*module].len(),
            memories: code.memories.len(),
            has_start: code.has_start,
            imports: imports.collect(),
        })
    }

    /// What satisfies an import of a module that is instantiated with `arguments`.
    fn argument(&self, arguments: &[(String, u32)], import: &module::Import, way: usize) -> Origin {
        let instance = arguments.iter().find(|(name, _)| *name == import.module);
        match instance {
            Some((_, instance)) => self.item(*instance, &import.name, import.kind, way),
            None => Origin::Unknown,
        }
    }

    /// What is behind an export of a core instance.
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

    /// A memory, table or global.
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

    /// What is behind a core function.
    fn function(&self, index: u32, way: usize) -> Origin {
        match self.spaces.core_funcs.get(index as usize) {
            Some(CoreFunc::Export { instance, name }) => self.item(*instance, name, ExternalKind::Func, way),
            Some(CoreFunc::Lower { func }) => {
                self.imported(*func)
                    .map_or(Origin::Unknown, |(interface, function)| Origin::Imported {
                        interface,
                        function,
                    })
            }
            Some(CoreFunc::ResourceDrop { ty }) => {
                self.resource(*ty)
                    .map_or(Origin::Unknown, |(interface, resource)| Origin::ResourceDrop {
                        interface,
                        resource,
                    })
            }
            Some(CoreFunc::Intrinsic) => Origin::Intrinsic,
            None => Origin::Unknown,
        }
    }

    /// Where a function that only passes its arguments on leads to.
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

    fn lifts(&self) -> Result<Vec<Lift>, BinaryReaderError> {
        let mut lifts = Vec::new();
        for (name, kind, index) in &self.spaces.exports {
            match kind {
                ComponentExternalKind::Func => lifts.extend(self.lift("", name, *index)),
                ComponentExternalKind::Instance => self.lifts_of(name, *index, &mut lifts)?,
                ComponentExternalKind::Module
                | ComponentExternalKind::Component
                | ComponentExternalKind::Type
                | ComponentExternalKind::Value => {}
            }
        }
        Ok(lifts)
    }

    /// The functions of an exported instance.
    fn lifts_of(&self, interface: &str, instance: u32, lifts: &mut Vec<Lift>) -> Result<(), BinaryReaderError> {
        match self.spaces.instances.get(instance as usize) {
            Some(CompInstance::Same(other)) => self.lifts_of(interface, *other, lifts),
            Some(CompInstance::Bundle(items)) => {
                let functions = items.iter().filter(|(_, kind, _)| *kind == ComponentExternalKind::Func);
                lifts.extend(functions.filter_map(|(name, _, index)| self.lift(interface, name, *index)));
                Ok(())
            }
            Some(CompInstance::Component { component, arguments }) => {
                // Encoders wrap what they export into a component that passes on what it imports.
                let Some(nested) = self.spaces.components.get(*component) else {
                    return Ok(());
                };
                let nested = Spaces::read(nested)?;
                for (name, kind, index) in &nested.exports {
                    let import = passed_on(&nested, *index).filter(|_| *kind == ComponentExternalKind::Func);
                    let argument = import.and_then(|import| {
                        let is_it = |(name, kind, _): &&(String, ComponentExternalKind, u32)| {
                            name == import && *kind == ComponentExternalKind::Func
                        };
                        arguments.iter().find(is_it)
                    });
                    lifts.extend(argument.and_then(|(_, _, func)| self.lift(interface, name, *func)));
                }
                Ok(())
            }
            Some(CompInstance::Import(_) | CompInstance::Export) | None => Ok(()),
        }
    }

    fn lift(&self, interface: &str, function: &str, func: u32) -> Option<Lift> {
        match self.spaces.funcs.get(func as usize)? {
            Func::Same(other) => self.lift(interface, function, *other),
            Func::Lift { core, options } => {
                let mut lift = Lift {
                    interface: interface.to_owned(),
                    function: function.to_owned(),
                    code: self.code(*core)?,
                    post_return: None,
                    memory: None,
                    realloc: None,
                    utf8: true,
                };
                for option in options {
                    self.apply(&mut lift, *option);
                }
                Some(lift)
            }
            Func::Import(_) | Func::Export { .. } => None,
        }
    }

    fn apply(&self, lift: &mut Lift, option: CanonicalOption) {
        if let CanonicalOption::PostReturn(function) = option {
            lift.post_return = self.code(function);
        } else if let CanonicalOption::Realloc(function) = option {
            lift.realloc = self.code(function);
        } else if let CanonicalOption::Memory(memory) = option {
            let item = self.spaces.core_memories.get(memory as usize);
            lift.memory = item.map(|item| CoreExport {
                instance: item.instance,
                name: item.name.clone(),
            });
        } else if matches!(option, CanonicalOption::UTF16 | CanonicalOption::CompactUTF16) {
            lift.utf8 = false;
        }
    }

    /// The code behind a core function, if it is code.
    fn code(&self, function: u32) -> Option<CoreExport> {
        match self.function(function, LONGEST_WAY) {
            Origin::Code(export) => Some(export),
            Origin::Imported { .. } | Origin::ResourceDrop { .. } | Origin::Intrinsic | Origin::Unknown => None,
        }
    }
}

/// The import that an exported function of a nested component is.
fn passed_on<'a>(nested: &'a Spaces<'_>, func: u32) -> Option<&'a str> {
    match nested.funcs.get(func as usize)? {
        Func::Import(name) => Some(name),
        Func::Same(other) => passed_on(nested, *other),
        Func::Export { .. } | Func::Lift { .. } => None,
    }
}

#[cfg(test)]
mod tests;
