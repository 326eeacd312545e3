//! Reads what has to be known of a core module. In: its binary. Out: [`Module`].

use std::collections::BTreeSet;

use wasmparser::{
    BinaryReaderError, ElementItems, ExternalKind, FunctionBody, MemoryType, Operator, Parser, Payload, TypeRef,
};

/// A core module.
#[derive(Default)]
pub(super) struct Module<'a> {
    /// Number of its imported functions.
    pub(super) imported: u32,
    /// Its memories, imported ones first.
    pub(super) memories: Vec<MemoryType>,
    /// Functions that other modules and the host may call: the exported ones, and those to which there is a reference.
    pub(super) callable: BTreeSet<u32>,
    /// The functions that it defines.
    pub(super) bodies: Vec<FunctionBody<'a>>,
}

impl<'a> Module<'a> {
    /// Reads a module.
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
        if let Payload::ImportSection(section) = payload {
            for import in section.into_imports() {
                match import?.ty {
                    TypeRef::Func(_) | TypeRef::FuncExact(_) => self.imported += 1,
                    TypeRef::Memory(memory) => self.memories.push(memory),
                    TypeRef::Table(_) | TypeRef::Global(_) | TypeRef::Tag(_) => {}
                }
            }
        } else if let Payload::MemorySection(section) = payload {
            for memory in section {
                self.memories.push(memory?);
            }
        } else if let Payload::ExportSection(section) = payload {
            for export in section {
                let export = export?;
                if let ExternalKind::Func | ExternalKind::FuncExact = export.kind {
                    self.callable.insert(export.index);
                }
            }
        } else if let Payload::StartSection { func, .. } = payload {
            self.callable.insert(func);
        } else if let Payload::GlobalSection(section) = payload {
            for global in section {
                self.references(global?.init_expr.get_operators_reader())?;
            }
        } else if let Payload::ElementSection(section) = payload {
            for element in section {
                match element?.items {
                    ElementItems::Functions(functions) => {
                        for function in functions {
                            self.callable.insert(function?);
                        }
                    }
                    ElementItems::Expressions(_, expressions) => {
                        for expression in expressions {
                            self.references(expression?.get_operators_reader())?;
                        }
                    }
                }
            }
        } else if let Payload::CodeSectionEntry(body) = payload {
            self.bodies.push(body);
        }
        Ok(())
    }

    /// Notes the functions to which a constant expression refers. Those to which code refers are in element segments or
    /// exported, or else the module would not be valid.
    fn references(&mut self, operators: wasmparser::OperatorsReader<'a>) -> Result<(), BinaryReaderError> {
        for operator in operators {
            if let Operator::RefFunc { function_index } = operator? {
                self.callable.insert(function_index);
            }
        }
        Ok(())
    }
}
