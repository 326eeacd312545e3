//! Writes the welded module. In: a [`Program`]. Out: its binary, section by section.

use std::collections::{BTreeMap, BTreeSet};

use wasm_encoder::reencode::{self, Reencode, RoundtripReencoder};
use wasm_encoder::{
    CodeSection, ConstExpr, DataCountSection, DataSection, ElementSection, Elements, EntityType, ExportKind,
    ExportSection, FunctionSection, GlobalSection, GlobalType, ImportSection, MemorySection, TableSection, TypeSection,
    ValType,
};

use super::inline::expand;
use super::item::{ItemType, Kind, count};
use super::link::Program;
use super::plan::FunctionId;
use super::remap::{Error, Remap};
use super::{Export, WeldError, limits, rules};
use crate::function_names;

/// Writes the module of `program`, with these exports.
///
/// # Errors
/// When two exports have the same name, a global's initial value depends on itself, or the module is too large.
pub(super) fn module<'x>(program: &'x Program<'x, 'x>, exports: &[Export]) -> Result<Vec<u8>, WeldError> {
    let exports = self::exports(program, exports)?;
    let mut contents = Contents::new(program);
    let mut remaps: Vec<Remap<'_>> = (0..program.parts.len()).map(|part| Remap::new(program, part)).collect();
    for part in 0..program.parts.len() {
        contents.add(program, &mut remaps, part).map_err(weld_error)?;
    }
    contents.declare_references(&remaps);
    let mut module = wasm_encoder::Module::new();
    module.section(&types(program));
    module.section(&imports(program));
    module.section(&functions(program));
    module.section(&tables(program));
    module.section(&memories(program));
    module.section(&contents.globals);
    module.section(&exports);
    module.section(&contents.elements);
    module.section(&DataCountSection {
        count: contents.data.len(),
    });
    module.section(&contents.code);
    module.section(&contents.data);
    if let Some(names) = function_names::section(&names(program)) {
        module.section(&names);
    }
    Ok(module.finish())
}

/// The sections with code and expressions.
#[derive(Default)]
struct Contents {
    globals: GlobalSection,
    elements: ElementSection,
    code: CodeSection,
    data: DataSection,
}

impl Contents {
    fn new(program: &Program<'_, '_>) -> Self {
        let mut contents = Self::default();
        for value in &program.constants {
            let ty = GlobalType {
                val_type: ValType::I32,
                mutable: false,
                shared: false,
            };
            contents.globals.global(ty, &ConstExpr::i32_const(*value));
        }
        contents
    }

    fn add<'x>(&mut self, program: &'x Program<'x, 'x>, remaps: &mut [Remap<'x>], part: usize) -> Result<(), Error> {
        let module = &program.modules[part];
        let remap = &mut remaps[part];
        for global in &module.globals {
            remap.parse_global(&mut self.globals, global.clone())?;
        }
        for element in &module.elements {
            remap.parse_element(&mut self.elements, element.clone())?;
        }
        for data in &module.data {
            remap.parse_data(&mut self.data, data.clone())?;
        }
        for index in 0..module.bodies.len() {
            let function = FunctionId { part, index };
            if program.keeps(function) {
                self.code.function(&expand::function(program, remaps, function)?);
            }
        }
        Ok(())
    }

    /// Declares the functions to which code makes references. Validation requires it, and the export that declared a
    /// function in its part may be gone.
    fn declare_references(&mut self, remaps: &[Remap<'_>]) {
        let referenced: BTreeSet<u32> = remaps.iter().flat_map(|remap| &remap.referenced).copied().collect();
        if !referenced.is_empty() {
            let functions: Vec<u32> = referenced.into_iter().collect();
            self.elements.declared(Elements::Functions(functions.into()));
        }
    }
}

fn types(program: &Program<'_, '_>) -> TypeSection {
    let mut section = TypeSection::new();
    for ty in &program.types.list {
        section.ty().func_type(&known(RoundtripReencoder.func_type(ty.clone())));
    }
    section
}

fn imports(program: &Program<'_, '_>) -> ImportSection {
    let mut section = ImportSection::new();
    for import in &program.imports.list {
        let ty = match &import.ty {
            ItemType::Function(ty) => EntityType::Function(program.types.number_of(ty)),
            ItemType::Table(ty) => EntityType::Table(known(RoundtripReencoder.table_type(*ty))),
            ItemType::Memory(ty) => EntityType::Memory((*ty).into()),
            ItemType::Global(ty) => EntityType::Global(known(RoundtripReencoder.global_type(*ty))),
        };
        section.import(&import.module, &import.name, ty);
    }
    section
}

fn functions(program: &Program<'_, '_>) -> FunctionSection {
    let mut section = FunctionSection::new();
    for (part, module) in program.modules.iter().enumerate() {
        for (index, ty) in module.functions.iter().enumerate() {
            if program.keeps(FunctionId { part, index }) {
                section.function(program.types.number(part, *ty));
            }
        }
    }
    section
}

fn tables(program: &Program<'_, '_>) -> TableSection {
    let mut section = TableSection::new();
    for (part, module) in program.parts.iter().zip(program.modules) {
        for table in rules::tables(&module.tables, part.guest.as_ref()) {
            section.table(known(RoundtripReencoder.table_type(table)));
        }
    }
    section
}

fn memories(program: &Program<'_, '_>) -> MemorySection {
    let mut section = MemorySection::new();
    for (part, module) in program.parts.iter().zip(program.modules) {
        for memory in &module.memories {
            section.memory(rules::memory(*memory, part.guest.as_ref()).into());
        }
    }
    section
}

fn exports(program: &Program<'_, '_>, exports: &[Export]) -> Result<ExportSection, WeldError> {
    let mut section = ExportSection::new();
    let mut names = BTreeSet::new();
    let mut types = Vec::with_capacity(exports.len());
    for (export, (part, kind, index)) in exports.iter().zip(&program.exports) {
        if !names.insert(&export.name) {
            let name = export.name.clone();
            return Err(WeldError::DuplicateExport { name });
        }
        types.push(program.item_type(*part, *kind, *index));
        let number = program.index(*part, *kind, *index);
        section.export(&export.name, export_kind(*kind), number);
    }
    limits::check_exports(program, exports, &types)?;
    Ok(section)
}

/// Returns the names of the functions, by number, if a guest has names. Those of other parts begin with `glue::`.
fn names(program: &Program<'_, '_>) -> BTreeMap<u32, String> {
    let parts = || program.parts.iter().zip(program.modules).enumerate();
    let mut names = BTreeMap::new();
    if !parts().any(|(_, (part, module))| part.guest.is_some() && !module.names.is_empty()) {
        return names;
    }
    for (position, (part, module)) in parts() {
        let prefix = if part.guest.is_some() { "" } else { "glue::" };
        // A function without a name of its own has that of its export.
        let exported = module
            .exports
            .iter()
            .filter(|(_, (kind, _))| Kind::of(*kind) == Some(Kind::Function));
        let exported = exported.map(|(name, (_, function))| (function, name));
        for (function, name) in exported.chain(&module.names) {
            let number = function.checked_sub(count(module.imported[Kind::Function].len()));
            let Some(index) = number.map(|number| number as usize) else {
                continue;
            };
            let is_kept = index < module.functions.len() && program.keeps(FunctionId { part: position, index });
            if is_kept {
                let number = program.index(position, Kind::Function, *function);
                names.insert(number, format!("{prefix}{name}"));
            }
        }
    }
    names
}

fn export_kind(kind: Kind) -> ExportKind {
    match kind {
        Kind::Function => ExportKind::Func,
        Kind::Table => ExportKind::Table,
        Kind::Memory => ExportKind::Memory,
        Kind::Global => ExportKind::Global,
    }
}

/// Returns a type in the encoder's terms.
fn known<T>(ty: Result<T, reencode::Error>) -> T {
    ty.expect("invariant: without garbage collection, types do not refer to each other")
}

/// Returns the error that input can cause. Panics on any other.
fn weld_error(error: Error) -> WeldError {
    if let reencode::Error::UserError(error) = error {
        return error;
    }
    panic!("invariant: a valid part can be rewritten: {error}");
}
