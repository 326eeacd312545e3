//! Call graphs of core modules. In: a module. Out: its [`CallGraph`].
//!
//! A call through a table may reach every function of the right type whose address is taken anywhere in the module, so
//! the graph is an upper bound. If the module's types can have subtypes, every type counts as the right one.

use std::collections::{BTreeMap, BTreeSet};

use wasmparser::{
    BinaryReaderError, CompositeInnerType, ElementItems, ElementSectionReader, ExportSectionReader, ExternalKind,
    FuncType, FunctionBody, ImportSectionReader, Operator, Parser, Payload, TagType, TypeRef, TypeSectionReader,
    ValType,
};

use super::module::{Import, kind};
use crate::function_names;

/// Number of a function type. Equal types have equal numbers.
type Signature = u32;

/// The calls within a core module.
#[derive(Debug, Default)]
pub(super) struct CallGraph {
    /// The imported functions, which have the first numbers.
    pub(super) imports: Vec<Import>,
    pub(super) exports: BTreeMap<String, u32>,
    /// Whether references to functions of other modules can get in: through imported tables, or through functions and
    /// globals that are imported or exported. Exported tables are not counted.
    pub(super) is_open: bool,
    /// The function that is called when the module is instantiated.
    pub(super) start: Option<u32>,
    /// The calls of each function that the module defines, in order.
    callees: Vec<Callees>,
    /// Functions whose address is taken, by type.
    addressed: BTreeMap<Signature, BTreeSet<u32>>,
    /// The type of each function, imports included.
    signatures: Vec<Signature>,
    /// Whether an indirect call can only reach functions of exactly the type that it names.
    is_typed: bool,
    names: BTreeMap<u32, String>,
}

/// A function that may be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Callee {
    pub(super) function: u32,
    /// Whether the call names the function. A call through a table only names a type.
    pub(super) is_certain: bool,
}

#[derive(Debug, Default)]
struct Callees {
    direct: BTreeSet<u32>,
    /// Types that calls through tables or references name.
    indirect: BTreeSet<Signature>,
}

impl CallGraph {
    /// Reads a module.
    ///
    /// # Errors
    /// When it is not well-formed.
    pub(super) fn of(binary: &[u8]) -> Result<Self, BinaryReaderError> {
        let mut graph = Self::default();
        let mut types = Types::default();
        let mut taken = BTreeSet::new();
        for payload in Parser::new(0).parse_all(binary) {
            graph.section(payload?, &mut types, &mut taken)?;
        }
        graph.is_typed = !types.have_subtypes;
        for function in taken {
            if let Some(signature) = graph.signatures.get(function as usize) {
                graph.addressed.entry(*signature).or_default().insert(function);
            }
        }
        Ok(graph)
    }

    /// Returns the import that a function is, if it is one.
    pub(super) fn import(&self, function: u32) -> Option<&Import> {
        self.imports.get(function as usize)
    }

    /// Returns what a function may call: first what it calls by name, then what it may call indirectly.
    pub(super) fn callees(&self, function: u32) -> Vec<Callee> {
        let own = (function as usize).checked_sub(self.imports.len());
        let Some(callees) = own.and_then(|own| self.callees.get(own)) else {
            return Vec::new();
        };
        let fits = |ty: &Signature| callees.indirect.contains(ty) || !(self.is_typed || callees.indirect.is_empty());
        let through_tables = self.addressed.iter().filter(|(ty, _)| fits(ty));
        let through_tables = through_tables.flat_map(|(_, functions)| functions);
        let callee = |is_certain| {
            move |function: &u32| Callee {
                function: *function,
                is_certain,
            }
        };
        let direct = callees.direct.iter().map(callee(true));
        direct.chain(through_tables.map(callee(false))).collect()
    }

    /// Whether a function calls through tables or references.
    pub(super) fn calls_indirectly(&self, function: u32) -> bool {
        let own = (function as usize).checked_sub(self.imports.len());
        own.and_then(|own| self.callees.get(own))
            .is_some_and(|callees| !callees.indirect.is_empty())
    }

    /// Whether a function is part of Rust's panic machinery, by its name: `panicking` with its length before it, as in
    /// both mangling schemes, or `rust_begin_unwind`.
    pub(super) fn is_panic(&self, function: u32) -> bool {
        let name = self.names.get(&function);
        name.is_some_and(|name| name.contains("9panicking") || name.contains("rust_begin_unwind"))
    }

    /// Returns a function's name for messages.
    pub(super) fn name(&self, function: u32) -> String {
        if let Some(name) = self.names.get(&function) {
            return function_names::readable(name);
        }
        let exported = self.exports.iter().find(|(_, exported)| **exported == function);
        match (exported, self.import(function)) {
            (Some((name, _)), _) => name.clone(),
            (None, Some(import)) => import.name.clone(),
            (None, None) => format!("function {function}"),
        }
    }

    fn section(
        &mut self,
        payload: Payload<'_>,
        types: &mut Types,
        taken: &mut BTreeSet<u32>,
    ) -> Result<(), BinaryReaderError> {
        if let Payload::TypeSection(section) = payload {
            types.add(section)?;
        } else if let Payload::ImportSection(section) = payload {
            self.add_imports(section, types)?;
        } else if let Payload::FunctionSection(section) = payload {
            for ty in section {
                self.signatures.push(types.signature(ty?));
            }
        } else if let Payload::ExportSection(section) = payload {
            self.add_exports(section, types)?;
        } else if let Payload::StartSection { func, .. } = payload {
            self.start = Some(func);
        } else if let Payload::GlobalSection(section) = payload {
            for global in section {
                let global = global?;
                types.global_references |= global.ty.content_type.is_reference_type();
                references(global.init_expr.get_operators_reader(), taken)?;
            }
        } else if let Payload::ElementSection(section) = payload {
            elements(section, taken)?;
        } else if let Payload::CodeSectionEntry(body) = payload {
            self.callees.push(callees(&body, types, taken)?);
        } else if let Payload::CustomSection(section) = payload {
            let named = function_names::named(&section).into_iter();
            self.names
                .extend(named.map(|(function, name)| (function, name.to_owned())));
        }
        Ok(())
    }

    fn add_imports(&mut self, section: ImportSectionReader<'_>, types: &Types) -> Result<(), BinaryReaderError> {
        for import in section.into_imports() {
            let import = import?;
            self.is_open |= match import.ty {
                TypeRef::Func(ty) | TypeRef::FuncExact(ty) | TypeRef::Tag(TagType { func_type_idx: ty, .. }) => {
                    types.has_references(types.signature(ty))
                }
                TypeRef::Global(global) => global.content_type.is_reference_type(),
                TypeRef::Table(_) => true,
                TypeRef::Memory(_) => false,
            };
            if let TypeRef::Func(ty) | TypeRef::FuncExact(ty) = import.ty {
                self.imports.push(Import {
                    module: import.module.to_owned(),
                    name: import.name.to_owned(),
                    kind: kind(&import.ty),
                });
                self.signatures.push(types.signature(ty));
            }
        }
        Ok(())
    }

    fn add_exports(&mut self, section: ExportSectionReader<'_>, types: &Types) -> Result<(), BinaryReaderError> {
        for export in section {
            let export = export?;
            if export.kind == ExternalKind::Func {
                let signature = self.signatures.get(export.index as usize);
                self.is_open |= signature.is_some_and(|signature| types.has_references(*signature));
                self.exports.insert(export.name.to_owned(), export.index);
            }
            self.is_open |= export.kind == ExternalKind::Global && types.global_references;
        }
        Ok(())
    }
}

/// Adds the functions to which element segments refer.
fn elements(section: ElementSectionReader<'_>, taken: &mut BTreeSet<u32>) -> Result<(), BinaryReaderError> {
    for element in section {
        match element?.items {
            ElementItems::Functions(functions) => {
                for function in functions {
                    taken.insert(function?);
                }
            }
            ElementItems::Expressions(_, expressions) => {
                for expression in expressions {
                    references(expression?.get_operators_reader(), taken)?;
                }
            }
        }
    }
    Ok(())
}

/// The function types of a module.
#[derive(Default)]
struct Types {
    distinct: Vec<FuncType>,
    /// By number of the type; `None` if it is not a function type.
    signatures: Vec<Option<Signature>>,
    /// Whether a function of one type may be called as one of another: a type has a supertype, or its parameters or
    /// results have reference types.
    have_subtypes: bool,
    /// Whether a global of the module holds a reference.
    global_references: bool,
}

impl Types {
    fn add(&mut self, section: TypeSectionReader<'_>) -> Result<(), BinaryReaderError> {
        for group in section {
            for ty in group?.into_types() {
                self.have_subtypes |= !ty.supertype_idxs.is_empty();
                self.push(match ty.composite_type.inner {
                    CompositeInnerType::Func(function) => Some(function),
                    CompositeInnerType::Array(_) | CompositeInnerType::Struct(_) | CompositeInnerType::Cont(_) => None,
                });
            }
        }
        Ok(())
    }

    fn push(&mut self, ty: Option<FuncType>) {
        let signature = ty.map(|ty| {
            self.have_subtypes |= has_references(&ty);
            let position = self.distinct.iter().position(|known| *known == ty).unwrap_or_else(|| {
                self.distinct.push(ty);
                self.distinct.len() - 1
            });
            u32::try_from(position).expect("invariant: a binary has fewer than 2^32 types")
        });
        self.signatures.push(signature);
    }

    /// Returns the number of a function type. Only an invalid module uses another type as one: it gets a number that no
    /// function type has.
    fn signature(&self, ty: u32) -> Signature {
        self.signatures
            .get(ty as usize)
            .copied()
            .flatten()
            .unwrap_or(Signature::MAX)
    }

    fn has_references(&self, signature: Signature) -> bool {
        self.distinct.get(signature as usize).is_some_and(has_references)
    }
}

fn has_references(ty: &FuncType) -> bool {
    ty.params().iter().chain(ty.results()).any(ValType::is_reference_type)
}

fn callees(body: &FunctionBody<'_>, types: &Types, taken: &mut BTreeSet<u32>) -> Result<Callees, BinaryReaderError> {
    let mut callees = Callees::default();
    let mut operators = body.get_operators_reader()?;
    while !operators.eof() {
        let operator = operators.read()?;
        if let Operator::Call { function_index } | Operator::ReturnCall { function_index } = operator {
            callees.direct.insert(function_index);
        } else if let Operator::CallIndirect { type_index, .. }
        | Operator::ReturnCallIndirect { type_index, .. }
        | Operator::CallRef { type_index }
        | Operator::ReturnCallRef { type_index } = operator
        {
            callees.indirect.insert(types.signature(type_index));
        } else if let Operator::RefFunc { function_index } = operator {
            taken.insert(function_index);
        }
    }
    Ok(callees)
}

/// Adds the functions to which a constant expression refers.
fn references(
    mut operators: wasmparser::OperatorsReader<'_>,
    taken: &mut BTreeSet<u32>,
) -> Result<(), BinaryReaderError> {
    while !operators.eof() {
        if let Operator::RefFunc { function_index } = operators.read()? {
            taken.insert(function_index);
        }
    }
    Ok(())
}
