//! The index spaces of a component: every function, instance, type, memory and table by its number, with its origin
//! (component model, Binary.md).

use std::ops::Range;

use wasmparser::{
    BinaryReaderError, CanonicalFunction, CanonicalOption, ComponentAlias, ComponentExternalKind, ComponentInstance,
    ComponentOuterAliasKind, ComponentType, ComponentTypeRef, ExternalKind, Instance, Parser, Payload,
};

/// Binary of an empty core module.
const EMPTY_MODULE: &[u8] = b"\0asm\x01\0\0\0";
/// Binary of an empty component.
const EMPTY_COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";

/// A core instance.
#[derive(Clone, Debug)]
pub(super) enum CoreInstance {
    /// An instantiated module. Its arguments are core instances, by the module name of the imports that they satisfy.
    Module {
        module: usize,
        arguments: Vec<(String, u32)>,
    },
    /// A bundle of items of other instances.
    Bundle(Vec<(String, ExternalKind, u32)>),
}

/// A core function.
#[derive(Clone, Debug)]
pub(super) enum CoreFunc {
    /// An export of a core instance.
    Export { instance: u32, name: String },
    /// A component function, lowered.
    Lower { func: u32, options: Vec<CanonicalOption> },
    /// The built-in that drops a handle.
    ResourceDrop { ty: u32 },
    /// Another built-in of the component model.
    Intrinsic,
}

/// A memory, table or global of a core instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CoreItem {
    pub(super) instance: u32,
    pub(super) name: String,
}

/// A component function.
#[derive(Clone, Debug)]
pub(super) enum Func {
    /// Imported under this name.
    Import(String),
    /// An export of an instance.
    Export { instance: u32, name: String },
    /// A core function, lifted.
    Lift { core: u32, options: Vec<CanonicalOption> },
    /// Another function under a new number.
    Same(u32),
}

/// An instance at the level of components.
#[derive(Clone, Debug)]
pub(super) enum CompInstance {
    /// Imported under this name.
    Import(String),
    /// An export of an instance.
    Export,
    /// An instantiated nested component, with its arguments by name.
    Component {
        component: usize,
        arguments: Vec<(String, ComponentExternalKind, u32)>,
    },
    /// A bundle of items.
    Bundle(Vec<(String, ComponentExternalKind, u32)>),
    /// Another instance under a new number.
    Same(u32),
}

/// The origin of a type, as far as resource types need it.
#[derive(Clone, Debug)]
pub(super) enum Type {
    /// Imported under this name.
    Import(String),
    /// An export of an instance.
    Export { instance: u32, name: String },
    /// Another type under a new number.
    Same(u32),
    /// Defined in the component itself.
    Own,
}

/// The index spaces of one component, without those of nested components.
#[derive(Debug, Default)]
pub(super) struct Spaces<'a> {
    pub(super) modules: Vec<&'a [u8]>,
    pub(super) components: Vec<&'a [u8]>,
    pub(super) core_instances: Vec<CoreInstance>,
    pub(super) core_funcs: Vec<CoreFunc>,
    pub(super) core_memories: Vec<CoreItem>,
    pub(super) core_tables: Vec<CoreItem>,
    pub(super) core_globals: Vec<CoreItem>,
    pub(super) funcs: Vec<Func>,
    pub(super) instances: Vec<CompInstance>,
    pub(super) types: Vec<Type>,
    /// Destructors of the resource types that the component defines: core functions.
    pub(super) destructors: Vec<u32>,
    /// Whether modules or components come from elsewhere; their entries are empty.
    pub(super) is_partial: bool,
    pub(super) exports: Vec<(String, ComponentExternalKind, u32)>,
}

impl<'a> Spaces<'a> {
    /// Reads a component.
    ///
    /// # Errors
    /// When it is not well-formed.
    pub(super) fn read(component: &'a [u8]) -> Result<Self, BinaryReaderError> {
        let mut spaces = Self::default();
        // The parser also returns the payloads of nested modules and components.
        let mut depth = 0_usize;
        for payload in Parser::new(0).parse_all(component) {
            let payload = payload?;
            if let Payload::End(_) = payload {
                depth = depth.saturating_sub(1);
            } else if let Payload::ModuleSection { unchecked_range, .. } = &payload {
                if depth == 0 {
                    spaces.modules.push(within(component, unchecked_range));
                }
                depth += 1;
            } else if let Payload::ComponentSection { unchecked_range, .. } = &payload {
                if depth == 0 {
                    spaces.components.push(within(component, unchecked_range));
                }
                depth += 1;
            } else if depth == 0 {
                spaces.section(&payload)?;
            }
        }
        Ok(spaces)
    }

    fn section(&mut self, payload: &Payload<'a>) -> Result<(), BinaryReaderError> {
        if let Payload::InstanceSection(section) = payload {
            for instance in section.clone() {
                self.core_instances.push(core_instance(instance?));
            }
        } else if let Payload::ComponentInstanceSection(section) = payload {
            for instance in section.clone() {
                self.instances.push(instance_of(instance?));
            }
        } else if let Payload::ComponentAliasSection(section) = payload {
            for alias in section.clone() {
                self.alias(alias?);
            }
        } else if let Payload::ComponentCanonicalSection(section) = payload {
            for function in section.clone() {
                self.canonical(function?);
            }
        } else if let Payload::ComponentTypeSection(section) = payload {
            for ty in section.clone() {
                if let ComponentType::Resource { dtor, .. } = ty? {
                    self.destructors.extend(dtor);
                }
                self.types.push(Type::Own);
            }
        } else if let Payload::ComponentImportSection(section) = payload {
            for import in section.clone() {
                let import = import?;
                self.import(import.name.name, import.ty);
            }
        } else if let Payload::ComponentExportSection(section) = payload {
            for export in section.clone() {
                let export = export?;
                self.export(export.name.name, export.kind, export.index);
            }
        }
        Ok(())
    }

    fn import(&mut self, name: &str, ty: ComponentTypeRef) {
        let name = name.to_owned();
        match ty {
            ComponentTypeRef::Instance(_) => self.instances.push(CompInstance::Import(name)),
            ComponentTypeRef::Func(_) => self.funcs.push(Func::Import(name)),
            ComponentTypeRef::Type(_) => self.types.push(Type::Import(name)),
            ComponentTypeRef::Module(_) => self.module_from_elsewhere(),
            ComponentTypeRef::Component(_) => self.component_from_elsewhere(),
            // Values have an index space of their own, which nothing here uses.
            ComponentTypeRef::Value(_) => {}
        }
    }

    fn module_from_elsewhere(&mut self) {
        self.modules.push(EMPTY_MODULE);
        self.is_partial = true;
    }

    fn component_from_elsewhere(&mut self) {
        self.components.push(EMPTY_COMPONENT);
        self.is_partial = true;
    }

    fn export(&mut self, name: &str, kind: ComponentExternalKind, index: u32) {
        self.exports.push((name.to_owned(), kind, index));
        // An export also gets a new number.
        match kind {
            ComponentExternalKind::Func => self.funcs.push(Func::Same(index)),
            ComponentExternalKind::Instance => self.instances.push(CompInstance::Same(index)),
            ComponentExternalKind::Type => self.types.push(Type::Same(index)),
            ComponentExternalKind::Module => {
                let module = self.modules.get(index as usize).copied();
                self.modules.push(module.unwrap_or(EMPTY_MODULE));
            }
            ComponentExternalKind::Component => {
                let component = self.components.get(index as usize).copied();
                self.components.push(component.unwrap_or(EMPTY_COMPONENT));
            }
            ComponentExternalKind::Value => {}
        }
    }

    fn alias(&mut self, alias: ComponentAlias<'_>) {
        match alias {
            ComponentAlias::InstanceExport {
                kind,
                instance_index: instance,
                name,
            } => {
                let name = name.to_owned();
                match kind {
                    ComponentExternalKind::Func => self.funcs.push(Func::Export { instance, name }),
                    ComponentExternalKind::Type => self.types.push(Type::Export { instance, name }),
                    ComponentExternalKind::Instance => self.instances.push(CompInstance::Export),
                    ComponentExternalKind::Module => self.module_from_elsewhere(),
                    ComponentExternalKind::Component => self.component_from_elsewhere(),
                    ComponentExternalKind::Value => {}
                }
            }
            ComponentAlias::CoreInstanceExport {
                kind,
                instance_index: instance,
                name,
            } => {
                let name = name.to_owned();
                match kind {
                    ExternalKind::Func | ExternalKind::FuncExact => {
                        self.core_funcs.push(CoreFunc::Export { instance, name });
                    }
                    ExternalKind::Memory => self.core_memories.push(CoreItem { instance, name }),
                    ExternalKind::Table => self.core_tables.push(CoreItem { instance, name }),
                    ExternalKind::Global => self.core_globals.push(CoreItem { instance, name }),
                    ExternalKind::Tag => {}
                }
            }
            // The outermost component can only alias its own items this way.
            ComponentAlias::Outer { kind, .. } => match kind {
                ComponentOuterAliasKind::Type => self.types.push(Type::Own),
                ComponentOuterAliasKind::CoreModule => self.module_from_elsewhere(),
                ComponentOuterAliasKind::Component => self.component_from_elsewhere(),
                ComponentOuterAliasKind::CoreType => {}
            },
        }
    }

    fn canonical(&mut self, function: CanonicalFunction) {
        if let CanonicalFunction::Lift {
            core_func_index,
            options,
            ..
        } = function
        {
            self.funcs.push(Func::Lift {
                core: core_func_index,
                options: options.to_vec(),
            });
        } else if let CanonicalFunction::Lower { func_index, options } = function {
            self.core_funcs.push(CoreFunc::Lower {
                func: func_index,
                options: options.to_vec(),
            });
        } else if let CanonicalFunction::ResourceDrop { resource } = function {
            self.core_funcs.push(CoreFunc::ResourceDrop { ty: resource });
        } else {
            self.core_funcs.push(CoreFunc::Intrinsic);
        }
    }
}

/// Returns the binary of a nested module or component.
fn within<'a>(component: &'a [u8], range: &Range<u64>) -> &'a [u8] {
    let (Ok(start), Ok(end)) = (usize::try_from(range.start), usize::try_from(range.end)) else {
        return &[];
    };
    component.get(start..end).unwrap_or_default()
}

fn core_instance(instance: Instance<'_>) -> CoreInstance {
    match instance {
        Instance::Instantiate { module_index, args } => CoreInstance::Module {
            module: module_index as usize,
            arguments: args.iter().map(|arg| (arg.name.to_owned(), arg.index)).collect(),
        },
        Instance::FromExports(exports) => CoreInstance::Bundle(
            exports
                .iter()
                .map(|export| (export.name.to_owned(), export.kind, export.index))
                .collect(),
        ),
    }
}

fn instance_of(instance: ComponentInstance<'_>) -> CompInstance {
    match instance {
        ComponentInstance::Instantiate { component_index, args } => CompInstance::Component {
            component: component_index as usize,
            arguments: args
                .iter()
                .map(|arg| (arg.name.to_owned(), arg.kind, arg.index))
                .collect(),
        },
        ComponentInstance::FromExports(exports) => CompInstance::Bundle(
            exports
                .iter()
                .map(|export| (export.name.name.to_owned(), export.kind, export.index))
                .collect(),
        ),
    }
}
