//! Makes copies of few bytes cheap. In: a valid core module. Out: the same, whose copies within a memory
//! are calls of a function that does small ones itself (`small_copies/copy.wat`): `memory.copy` is a call into the
//! engine. Guests that build text append to it piece by piece, and each piece is a copy.

use std::collections::BTreeMap;

use wasm_encoder::{CodeSection, Encode as _, Instruction, NameSection, RawSection, Section as _};
use wasmparser::{
    BinaryReader, BinaryReaderError, CompositeInnerType, CustomSectionReader, FuncType, FunctionBody, MemoryType,
    Operator, Parser, Payload, SubType, TypeRef, ValType,
};

use crate::function_names;
use crate::sections;

/// The name of the function, where functions have names.
const NAME: &str = "memory.copy";

/// The type of the function: three `i32` and no result (core specification, 5.3.6).
const TYPE: [u8; 6] = [0x60, 3, 0x7f, 0x7f, 0x7f, 0];

type Result<T> = std::result::Result<T, BinaryReaderError>;

/// The function that copies.
const COPY: &str = include_str!("small_copies/copy.wat");

/// Makes the small copies of a core module cheap.
///
/// # Errors
/// When it is not well-formed.
pub(crate) fn module(code: &[u8]) -> Result<Vec<u8>> {
    let module = Module::parse(code)?;
    match module.copies() {
        true => with_function(code, &module),
        false => Ok(code.to_vec()),
    }
}

/// What has to be known of a module.
#[derive(Default)]
struct Module<'a> {
    /// Number of its types.
    types: u32,
    /// The number of the function's type, if the module has it.
    found: Option<u32>,
    /// Number of its functions, imported ones included.
    functions: u32,
    /// Its first memory.
    memory: Option<MemoryType>,
    bodies: Vec<FunctionBody<'a>>,
}

impl<'a> Module<'a> {
    fn parse(code: &'a [u8]) -> Result<Self> {
        let mut module = Self::default();
        for payload in Parser::new(0).parse_all(code) {
            module.section(payload?)?;
        }
        Ok(module)
    }

    fn section(&mut self, payload: Payload<'a>) -> Result<()> {
        if let Payload::TypeSection(section) = payload {
            for group in section {
                for ty in group?.into_types() {
                    if is_of_function(&ty) {
                        self.found.get_or_insert(self.types);
                    }
                    self.types += 1;
                }
            }
        } else if let Payload::ImportSection(section) = payload {
            for import in section.into_imports() {
                match import?.ty {
                    TypeRef::Func(_) | TypeRef::FuncExact(_) => self.functions += 1,
                    TypeRef::Memory(memory) => {
                        self.memory.get_or_insert(memory);
                    }
                    TypeRef::Table(_) | TypeRef::Global(_) | TypeRef::Tag(_) => {}
                }
            }
        } else if let Payload::MemorySection(section) = payload {
            for memory in section {
                self.memory.get_or_insert(memory?);
            }
        } else if let Payload::CodeSectionEntry(body) = payload {
            self.functions += 1;
            self.bodies.push(body);
        }
        Ok(())
    }

    /// Whether there are copies to change. Only the first memory is considered: guests have one.
    fn copies(&self) -> bool {
        let is_usual = |memory: &MemoryType| !memory.memory64 && !memory.shared;
        let copies = |body: &FunctionBody<'_>| {
            let mut operators = body.get_operators_reader().into_iter().flatten();
            operators.any(|operator| operator.is_ok_and(|operator| is_copy(&operator)))
        };
        self.memory.as_ref().is_some_and(is_usual) && self.bodies.iter().any(copies)
    }
}

/// Whether a type is that of the function.
fn is_of_function(ty: &SubType) -> bool {
    let is_plain = ty.is_final && ty.supertype_idxs.is_empty() && !ty.composite_type.shared;
    let expected = FuncType::new([ValType::I32; 3], []);
    is_plain && matches!(&ty.composite_type.inner, CompositeInnerType::Func(found) if *found == expected)
}

/// Whether an operator copies within the first memory.
fn is_copy(operator: &Operator<'_>) -> bool {
    matches!(operator, Operator::MemoryCopy { dst_mem: 0, src_mem: 0 })
}

/// Copies a module, with the function at its end, and calls of it in place of `memory.copy`.
fn with_function(code: &[u8], module: &Module<'_>) -> Result<Vec<u8>> {
    let mut output = wasm_encoder::Module::HEADER.to_vec();
    for payload in Parser::new(0).parse_all(code) {
        let payload = payload?;
        if let Payload::TypeSection(_) = &payload
            && module.found.is_none()
        {
            append(code, &payload, &TYPE, &mut output)?;
        } else if let Payload::FunctionSection(_) = &payload {
            let mut ty = Vec::new();
            module.found.unwrap_or(module.types).encode(&mut ty);
            append(code, &payload, &ty, &mut output)?;
        } else if let Payload::CodeSectionStart { .. } = &payload {
            bodies(code, module)?.append_to(&mut output);
        } else if let Payload::CustomSection(section) = &payload
            && let Some(names) = names(section, module)
        {
            names.append_to(&mut output);
        } else {
            sections::append(code, &payload, &mut output);
        }
    }
    Ok(output)
}

/// Returns the names of functions in a section with that of the function that copies; `None` if there are none.
fn names(section: &CustomSectionReader<'_>, module: &Module<'_>) -> Option<NameSection> {
    let named = function_names::named(section).into_iter();
    let mut names: BTreeMap<u32, String> = named.map(|(function, name)| (function, name.to_owned())).collect();
    if names.is_empty() {
        return None;
    }
    names.insert(module.functions, NAME.to_owned());
    function_names::section(&names)
}

/// Appends a section with one more entry.
fn append(code: &[u8], section: &Payload<'_>, entry: &[u8], output: &mut Vec<u8>) -> Result<()> {
    let Some((id, range)) = section.as_section() else {
        return Ok(());
    };
    let data = &code[range.start as usize..range.end as usize];
    let mut reader = BinaryReader::new(data, 0);
    let mut longer = Vec::new();
    (reader.read_var_u32()? + 1).encode(&mut longer);
    longer.extend_from_slice(&data[reader.current_position()..]);
    longer.extend_from_slice(entry);
    RawSection { id, data: &longer }.append_to(output);
    Ok(())
}

/// Returns the functions of a module, with calls in place of copies, and the function that copies at the end.
fn bodies(code: &[u8], module: &Module<'_>) -> Result<CodeSection> {
    let mut written = CodeSection::new();
    let mut call = Vec::new();
    Instruction::Call(module.functions).encode(&mut call);
    for body in &module.bodies {
        let end = body.range().end as usize;
        // Code up to here is written.
        let mut at = body.range().start as usize;
        let mut copy = Vec::new();
        let mut operators = body.get_operators_reader()?.into_iter_with_offsets().peekable();
        while let Some(operator) = operators.next() {
            let (operator, offset) = operator?;
            if is_copy(&operator) {
                copy.extend_from_slice(&code[at..offset as usize]);
                copy.extend_from_slice(&call);
                // At least the function's `end` follows.
                at = match operators.peek() {
                    Some(Ok((_, next))) => *next as usize,
                    Some(Err(_)) | None => end,
                };
            }
        }
        copy.extend_from_slice(&code[at..end]);
        written.raw(&copy);
    }
    written.raw(&function());
    Ok(written)
}

/// Returns the body of the function that copies.
fn function() -> Vec<u8> {
    let code = wat::parse_str(COPY).expect("invariant: the text is right");
    let bodies = Module::parse(&code)
        .expect("invariant: what was assembled is well-formed")
        .bodies;
    let range = bodies[0].range();
    code[range.start as usize..range.end as usize].to_vec()
}

#[cfg(test)]
mod tests;
