//! Welds core modules together: static linking of WebAssembly. In: [`Part`]s, each with what its imports are bound to. Out:
//! one core module, in which the functions, memories, tables and globals of all parts share their index spaces.
//!
//! Nothing of a part is run or judged here: the parts stay in the order given, active segments stay active, and only what
//! the caller names is exported. There is no start section: the caller exports a part's start function and calls it when it
//! likes. Custom sections are left out.
//!
//! A part can be a guest, whose code isn't trusted: its memories and tables get a maximum, and its code polls whether to
//! stop (see [`poll`]). Otherwise the code of a guest stays as it is. The small functions of other parts are copied to where
//! they are called, in guests too, and functions that nothing refers to are left out (see `inline`).

mod encode;
mod error;
mod imports;
mod inline;
mod item;
mod limits;
mod link;
mod module;
mod plan;
pub mod poll;
mod remap;
mod rules;
#[cfg(test)]
mod tests;
mod types;

use wasmparser::{BinaryReaderError, ValType, Validator, WasmFeatures};

use link::Program;
use module::Module;

pub use error::WeldError;
pub use poll::Poll;

/// What parts may use, and the welded module uses: what the engine that runs it has, but for what would make types refer
/// to each other (garbage collection, typed function references) and exception handling.
pub const FEATURES: WasmFeatures = WasmFeatures::WASM2
    .union(WasmFeatures::EXTENDED_CONST)
    .union(WasmFeatures::MEMORY64)
    .union(WasmFeatures::MULTI_MEMORY)
    .union(WasmFeatures::RELAXED_SIMD)
    .union(WasmFeatures::TAIL_CALL)
    .union(WasmFeatures::THREADS)
    .difference(WasmFeatures::GC_TYPES);

/// A core module that goes into the welded one.
#[derive(Clone, Debug)]
pub struct Part<'a> {
    /// The module.
    pub code: &'a [u8],
    /// What its imports are bound to: one for each, in their order.
    pub bindings: Vec<Binding>,
    /// What it is held to, if its code isn't trusted.
    pub guest: Option<GuestRules>,
}

/// What an import is bound to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Binding {
    /// What a part exports, which may be a later part, or an import of that part.
    Part {
        /// Position of the part.
        part: usize,
        /// Name of its export.
        export: String,
    },
    /// An import of the welded module. Bindings of the same names are one import.
    Host {
        /// Module name.
        module: String,
        /// Item name.
        name: String,
    },
    /// An immutable global of this value.
    Constant(i32),
}

/// What a guest is held to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GuestRules {
    /// Largest size of each of its memories, in pages of 64 KiB.
    pub memory_pages: Option<u64>,
    /// Largest size of its tables, in elements. What one of them can grow to is what the initial sizes of the others leave.
    pub table_elements: Option<u32>,
    /// How its code looks whether to stop.
    pub poll: Option<Poll>,
}

/// An export of the welded module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export {
    /// Position of the part.
    pub part: usize,
    /// What of the part.
    pub item: Item,
    /// The name it gets.
    pub name: String,
}

/// What can be exported of a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// What the part exports under this name.
    Named(String),
    /// Its start function.
    Start,
    /// One of the mutable globals that it defines (see [`mutable_globals`]), by position.
    MutableGlobal(usize),
}

impl Export {
    /// What a part exports under the name `item`.
    #[must_use]
    pub fn named(part: usize, item: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            part,
            item: Item::Named(item.into()),
            name: name.into(),
        }
    }

    /// The start function of a part.
    #[must_use]
    pub fn start(part: usize, name: impl Into<String>) -> Self {
        Self {
            part,
            item: Item::Start,
            name: name.into(),
        }
    }

    /// A mutable global that a part defines, by its position among them.
    #[must_use]
    pub fn mutable_global(part: usize, position: usize, name: impl Into<String>) -> Self {
        Self {
            part,
            item: Item::MutableGlobal(position),
            name: name.into(),
        }
    }
}

/// Makes one module of `parts`. Equal arguments give equal bytes.
///
/// # Errors
/// When a part is not valid or uses what can't be welded, a binding or an export names nothing or does not fit, a guest
/// starts out larger than its rules allow, or the whole is larger than a module may be.
///
/// # Panics
/// When the result is not valid, which the checks above exclude.
pub fn weld(parts: &[Part<'_>], exports: &[Export]) -> Result<Vec<u8>, WeldError> {
    let modules = parts
        .iter()
        .enumerate()
        .map(|(position, part)| Module::read(position, part.code))
        .collect::<Result<Vec<_>, _>>()?;
    let mut program = Program::link(parts, &modules)?;
    limits::check_totals(&program)?;
    program.find_exports(exports)?;
    program.number(inline::plan(&program));
    let welded = encode::module(&program, exports)?;
    if let Err(error) = Validator::new_with_features(FEATURES).validate_all(&welded) {
        panic!("invariant: valid parts weld to a valid module: {error}");
    }
    Ok(welded)
}

/// Whether the code of a module changes tables, so that what an element of a table is can't be known beforehand.
///
/// # Errors
/// When it is not well-formed.
pub fn changes_tables(code: &[u8]) -> Result<bool, BinaryReaderError> {
    for body in &Module::parse(code)?.bodies {
        for operator in body.get_operators_reader()? {
            if module::changes_table(&operator?) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Types of the mutable globals that a module defines, in their order. With its memories and tables they are all the
/// state that its code has.
///
/// # Errors
/// When it is not well-formed.
pub fn mutable_globals(code: &[u8]) -> Result<Vec<ValType>, BinaryReaderError> {
    let module = Module::parse(code)?;
    Ok(module.mutable_globals().map(|(_, ty)| ty).collect())
}
