//! Reads a core module. In: its binary. Out: [`Module`], everything in it by number.

use std::collections::BTreeMap;

use wasmparser::{
    BinaryReaderError, Data, Element, ExternalKind, FuncType, FunctionBody, Global, Import, MemoryType, Operator,
    Parser, Payload, TableType, TypeRef, ValType, Validator, WasmFeatures,
};

use super::item::{ItemType, Kind, PerKind};
use super::{FEATURES, HiddenState, WeldError};
use crate::function_names;

/// A core module.
#[derive(Default)]
pub(super) struct Module<'a> {
    pub(super) types: Vec<FuncType>,
    pub(super) imports: Vec<Import<'a>>,
    /// For each kind, the positions of its imports in `imports`.
    pub(super) imported: PerKind<Vec<usize>>,
    /// Types of the functions that the module defines, as numbers in `types`.
    pub(super) functions: Vec<u32>,
    pub(super) tables: Vec<TableType>,
    pub(super) memories: Vec<MemoryType>,
    pub(super) globals: Vec<Global<'a>>,
    pub(super) exports: BTreeMap<&'a str, (ExternalKind, u32)>,
    pub(super) start: Option<u32>,
    pub(super) elements: Vec<Element<'a>>,
    pub(super) data: Vec<Data<'a>>,
    pub(super) bodies: Vec<FunctionBody<'a>>,
    /// Names of functions by number.
    pub(super) names: BTreeMap<u32, &'a str>,
}

impl<'a> Module<'a> {
    /// Reads the part at `position`.
    ///
    /// # Errors
    /// When it is not valid or uses a feature that can't be welded.
    pub(super) fn read(position: usize, code: &'a [u8]) -> Result<Self, WeldError> {
        if let Err(error) = Validator::new_with_features(FEATURES).validate_all(code) {
            let part = position;
            let reason = error.to_string();
            let valid = Validator::new_with_features(WasmFeatures::all())
                .validate_all(code)
                .is_ok();
            return Err(match valid {
                true => WeldError::Unsupported { part, reason },
                false => WeldError::Invalid { part, reason },
            });
        }
        Ok(Self::parse(code).expect("invariant: a valid module can be read"))
    }

    /// Reads a module without validating it.
    ///
    /// # Errors
    /// When it is not well-formed.
    pub(super) fn parse(code: &'a [u8]) -> Result<Self, BinaryReaderError> {
        let mut module = Self::default();
        for payload in Parser::new(0).parse_all(code) {
            module.section(payload?)?;
        }
        Ok(module)
    }

    fn section(&mut self, payload: Payload<'a>) -> Result<(), BinaryReaderError> {
        if let Payload::TypeSection(section) = payload {
            self.types = section.into_iter_err_on_gc_types().collect::<Result<_, _>>()?;
        } else if let Payload::ImportSection(section) = payload {
            for import in section.into_imports() {
                self.import(import?);
            }
        } else if let Payload::FunctionSection(section) = payload {
            self.functions = section.into_iter().collect::<Result<_, _>>()?;
        } else if let Payload::TableSection(section) = payload {
            for table in section {
                self.tables.push(table?.ty);
            }
        } else if let Payload::MemorySection(section) = payload {
            self.memories = section.into_iter().collect::<Result<_, _>>()?;
        } else if let Payload::GlobalSection(section) = payload {
            self.globals = section.into_iter().collect::<Result<_, _>>()?;
        } else if let Payload::ExportSection(section) = payload {
            for export in section {
                let export = export?;
                self.exports.insert(export.name, (export.kind, export.index));
            }
        } else if let Payload::StartSection { func, .. } = payload {
            self.start = Some(func);
        } else if let Payload::ElementSection(section) = payload {
            self.elements = section.into_iter().collect::<Result<_, _>>()?;
        } else if let Payload::DataSection(section) = payload {
            self.data = section.into_iter().collect::<Result<_, _>>()?;
        } else if let Payload::CodeSectionEntry(body) = payload {
            self.bodies.push(body);
        } else if let Payload::CustomSection(section) = payload {
            self.names.extend(function_names::named(&section));
        }
        Ok(())
    }

    fn import(&mut self, import: Import<'a>) {
        if let Some(kind) = kind(import.ty) {
            self.imported[kind].push(self.imports.len());
        }
        self.imports.push(import);
    }

    /// Returns how many items of a kind the module defines.
    pub(super) fn defined(&self, kind: Kind) -> usize {
        match kind {
            Kind::Function => self.functions.len(),
            Kind::Table => self.tables.len(),
            Kind::Memory => self.memories.len(),
            Kind::Global => self.globals.len(),
        }
    }

    /// Returns the type of an import of a valid module.
    pub(super) fn import_type(&self, position: usize) -> ItemType {
        match self.imports[position].ty {
            TypeRef::Func(ty) | TypeRef::FuncExact(ty) => ItemType::Function(self.types[ty as usize].clone()),
            TypeRef::Table(ty) => ItemType::Table(ty),
            TypeRef::Memory(ty) => ItemType::Memory(ty),
            TypeRef::Global(ty) => ItemType::Global(ty),
            TypeRef::Tag(_) => unreachable!("invariant: tags are not among the features"),
        }
    }

    /// Returns the type of an item that a valid module defines, numbered without the imports.
    pub(super) fn defined_type(&self, kind: Kind, index: usize) -> ItemType {
        match kind {
            Kind::Function => ItemType::Function(self.function_type(index).clone()),
            Kind::Table => ItemType::Table(self.tables[index]),
            Kind::Memory => ItemType::Memory(self.memories[index]),
            Kind::Global => ItemType::Global(self.globals[index].ty),
        }
    }

    /// Returns the type of a function that a valid module defines, numbered without the imports.
    pub(super) fn function_type(&self, index: usize) -> &FuncType {
        &self.types[self.functions[index] as usize]
    }

    /// Returns kind and number of the export with a name.
    pub(super) fn export(&self, name: &str) -> Option<(Kind, u32)> {
        let (kind, index) = self.exports.get(name)?;
        Some((Kind::of(*kind)?, *index))
    }

    /// Returns the mutable globals that the module defines: number without the imports, and type.
    pub(super) fn mutable_globals(&self) -> impl Iterator<Item = (usize, ValType)> {
        let mutable = self.globals.iter().enumerate().filter(|(_, global)| global.ty.mutable);
        mutable.map(|(index, global)| (index, global.ty.content_type))
    }

    /// Returns the names of an import, for messages.
    pub(super) fn import_name(&self, position: usize) -> String {
        let import = &self.imports[position];
        format!("{}.{}", import.module, import.name)
    }
}

fn kind(ty: TypeRef) -> Option<Kind> {
    match ty {
        TypeRef::Func(_) | TypeRef::FuncExact(_) => Some(Kind::Function),
        TypeRef::Table(_) => Some(Kind::Table),
        TypeRef::Memory(_) => Some(Kind::Memory),
        TypeRef::Global(_) => Some(Kind::Global),
        TypeRef::Tag(_) => None,
    }
}

/// Returns the state besides memories and globals that an operator can change. Dropping an element segment affects only
/// `table.init`, which counts itself.
#[expect(clippy::wildcard_enum_match_arm, reason = "all other operators change none")]
pub(super) fn hidden_state(operator: &Operator<'_>) -> Option<HiddenState> {
    match operator {
        Operator::TableSet { .. }
        | Operator::TableGrow { .. }
        | Operator::TableFill { .. }
        | Operator::TableInit { .. }
        | Operator::TableCopy { .. } => Some(HiddenState::Tables),
        Operator::DataDrop { .. } => Some(HiddenState::Segments),
        _ => None,
    }
}
