//! What a core module shows to the outside, and its functions that only pass calls on.

use std::collections::BTreeSet;

use wasmparser::{
    BinaryReaderError, ConstExpr, DataKind, Element, ElementItems, ElementKind, ExternalKind, FunctionBody, MemoryType,
    Operator, Parser, Payload, TypeRef,
};

/// A core module.
#[derive(Debug, Default)]
pub(super) struct Module<'a> {
    pub(super) imports: Vec<Import>,
    pub(super) exports: Vec<(String, ExternalKind, u32)>,
    pub(super) memories: Vec<MemoryType>,
    /// The function that is called when the module is instantiated.
    pub(super) start: Option<u32>,
    /// Memories that active data segments fill, by number.
    pub(super) filled_memories: BTreeSet<u32>,
    /// Tables that active element segments fill, by number.
    pub(super) filled_tables: BTreeSet<u32>,
    bodies: Vec<FunctionBody<'a>>,
    segments: Vec<Segment>,
}

/// An import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Import {
    pub(super) module: String,
    pub(super) name: String,
    pub(super) kind: ExternalKind,
}

/// An active element segment: functions that are put into a table when the module is instantiated.
#[derive(Debug)]
struct Segment {
    table: u32,
    offset: u32,
    functions: Vec<u32>,
}

/// A function that passes its arguments on to an element of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Trampoline {
    pub(super) table: u32,
    pub(super) element: u32,
}

impl<'a> Module<'a> {
    /// Reads a module.
    ///
    /// # Errors
    /// When it is not well-formed.
    pub(super) fn read(binary: &'a [u8]) -> Result<Self, BinaryReaderError> {
        let mut module = Self::default();
        for payload in Parser::new(0).parse_all(binary) {
            module.section(payload?)?;
        }
        Ok(module)
    }

    fn section(&mut self, payload: Payload<'a>) -> Result<(), BinaryReaderError> {
        if let Payload::ImportSection(section) = payload {
            for import in section.into_imports() {
                let import = import?;
                self.imports.push(Import {
                    module: import.module.to_owned(),
                    name: import.name.to_owned(),
                    kind: kind(&import.ty),
                });
            }
        } else if let Payload::ExportSection(section) = payload {
            for export in section {
                let export = export?;
                self.exports.push((export.name.to_owned(), export.kind, export.index));
            }
        } else if let Payload::MemorySection(section) = payload {
            for memory in section {
                self.memories.push(memory?);
            }
        } else if let Payload::ElementSection(section) = payload {
            for element in section {
                self.element_segment(element?)?;
            }
        } else if let Payload::DataSection(section) = payload {
            for data in section {
                if let DataKind::Active { memory_index, .. } = data?.kind {
                    self.filled_memories.insert(memory_index);
                }
            }
        } else if let Payload::StartSection { func, .. } = payload {
            self.start = Some(func);
        } else if let Payload::CodeSectionEntry(body) = payload {
            self.bodies.push(body);
        }
        Ok(())
    }

    fn element_segment(&mut self, element: Element<'_>) -> Result<(), BinaryReaderError> {
        let ElementKind::Active {
            table_index,
            offset_expr,
        } = element.kind
        else {
            return Ok(());
        };
        let table = table_index.unwrap_or(0);
        self.filled_tables.insert(table);
        if let (Some(offset), ElementItems::Functions(functions)) = (constant(&offset_expr), element.items) {
            self.segments.push(Segment {
                table,
                offset,
                functions: functions.into_iter().collect::<Result<_, _>>()?,
            });
        }
        Ok(())
    }

    fn imported(&self, kind: ExternalKind) -> impl Iterator<Item = &Import> {
        self.imports.iter().filter(move |import| import.kind == kind)
    }

    /// Returns the import that a function is, if it is one.
    pub(super) fn imported_function(&self, function: u32) -> Option<&Import> {
        self.imported(ExternalKind::Func).nth(function as usize)
    }

    /// Returns the import that a memory is, if it is one.
    pub(super) fn imported_memory(&self, memory: u32) -> Option<&Import> {
        self.imported(ExternalKind::Memory).nth(memory as usize)
    }

    /// Returns the import that a table is, if it is one.
    pub(super) fn table_import(&self, table: u32) -> Option<&Import> {
        self.imported(ExternalKind::Table).nth(table as usize)
    }

    /// Returns all imports that are tables.
    pub(super) fn table_imports(&self) -> impl Iterator<Item = &Import> {
        self.imported(ExternalKind::Table)
    }

    /// Returns the number of an imported table.
    pub(super) fn imported_table(&self, import: &Import) -> Option<u32> {
        let position = self.imported(ExternalKind::Table).position(|other| other == import)?;
        u32::try_from(position).ok()
    }

    /// Returns the function exported under a name.
    pub(super) fn exported_function(&self, name: &str) -> Option<u32> {
        let is_it = |export: &&(String, ExternalKind, u32)| export.0 == name && export.1 == ExternalKind::Func;
        self.exports.iter().find(is_it).map(|(_, _, index)| *index)
    }

    /// Returns the names under which a table is exported.
    pub(super) fn table_names(&self, table: u32) -> impl Iterator<Item = &str> {
        let exports = self.exports.iter();
        let of_table = exports.filter(move |(_, kind, index)| *kind == ExternalKind::Table && *index == table);
        of_table.map(|(name, _, _)| name.as_str())
    }

    /// Returns the function that an active segment of this module puts at `element` of `table`.
    pub(super) fn element(&self, table: u32, element: u32) -> Option<u32> {
        let segments = self.segments.iter().filter(|segment| segment.table == table);
        segments.rev().find_map(|segment| {
            let position = element.checked_sub(segment.offset)?;
            segment.functions.get(position as usize).copied()
        })
    }

    /// Returns the code of a function, unless it is imported.
    fn body(&self, function: u32) -> Option<&FunctionBody<'a>> {
        let imported = self.imported(ExternalKind::Func).count();
        self.bodies.get((function as usize).checked_sub(imported)?)
    }

    /// Returns the functions that a function calls, in order, if it does nothing but call functions without arguments.
    pub(super) fn plain_calls(&self, function: u32) -> Option<Vec<u32>> {
        let mut operators = self.body(function)?.get_operators_reader().ok()?;
        let mut calls = Vec::new();
        loop {
            let operator = operators.read().ok()?;
            if let Operator::Call { function_index } = operator {
                calls.push(function_index);
            } else if matches!(operator, Operator::End) && operators.eof() {
                return Some(calls);
            } else if !matches!(operator, Operator::Nop) {
                return None;
            }
        }
    }

    /// Recognises a function that does nothing but pass its arguments on through a table.
    pub(super) fn trampoline(&self, function: u32) -> Option<Trampoline> {
        let mut operators = self.body(function)?.get_operators_reader().ok()?;
        let mut arguments = 0;
        loop {
            let operator = operators.read().ok()?;
            if let Operator::LocalGet { local_index } = operator
                && local_index == arguments
            {
                arguments += 1;
                continue;
            }
            let Operator::I32Const { value } = operator else {
                return None;
            };
            let Operator::CallIndirect { table_index, .. } = operators.read().ok()? else {
                return None;
            };
            let ends = matches!(operators.read().ok()?, Operator::End);
            return (ends && operators.eof()).then_some(Trampoline {
                table: table_index,
                element: u32::try_from(value).ok()?,
            });
        }
    }
}

pub(super) fn kind(ty: &TypeRef) -> ExternalKind {
    match ty {
        TypeRef::Func(_) | TypeRef::FuncExact(_) => ExternalKind::Func,
        TypeRef::Table(_) => ExternalKind::Table,
        TypeRef::Memory(_) => ExternalKind::Memory,
        TypeRef::Global(_) => ExternalKind::Global,
        TypeRef::Tag(_) => ExternalKind::Tag,
    }
}

/// Returns the value of an expression that is a single constant.
fn constant(expression: &ConstExpr<'_>) -> Option<u32> {
    let mut operators = expression.get_operators_reader();
    let Operator::I32Const { value } = operators.read().ok()? else {
        return None;
    };
    let ends = matches!(operators.read().ok()?, Operator::End);
    u32::try_from(value).ok().filter(|_| ends)
}
