//! Welds core modules together: static linking of WebAssembly. In: [`Part`]s, each with a binding for each import. Out:
//! one core module, in which the functions, memories, tables and globals of all parts share their index spaces.
//!
//! Welding runs no code: the parts stay in the order given, active segments stay active, and only what the caller names
//! is exported. There is no start section: the caller exports a part's start function, and decides when to call it.
//! Custom sections are left out, except the names of functions if a guest has names.
//!
//! A part can be a guest, whose code isn't trusted: its memories and tables get a maximum. The small functions of other
//! parts are inlined at their calls, in guests too, and functions to which nothing refers are left out (see `inline`).

mod encode;
mod error;
mod imports;
mod inline;
mod item;
mod limits;
mod link;
mod module;
mod plan;
mod remap;
mod rules;
#[cfg(test)]
mod tests;
mod types;

use wasmparser::{BinaryReaderError, ValType, Validator, WasmFeatures};

use link::Program;
use module::Module;

pub use error::WeldError;

/// Features that parts and the welded module may use: those of the engine, without those that let types refer to each
/// other (garbage collection, typed function references) and without exception handling.
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
    /// The bindings of its imports: one for each, in their order.
    pub bindings: Vec<Binding>,
    /// The rules that it must keep, if it is a guest.
    pub guest: Option<GuestRules>,
}

/// What an import is bound to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Binding {
    /// An export of a part, which may be a later part. The export may be an import of that part.
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

/// The rules for a guest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GuestRules {
    /// Largest size of each of its memories, in pages of 64 KiB.
    pub memory_pages: Option<u64>,
    /// Limit on the sizes of its tables, in elements. Each table may grow to what the initial sizes of the others
    /// leave.
    pub table_elements: Option<u32>,
}

/// An export of the welded module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export {
    /// Position of the part.
    pub part: usize,
    /// The item of the part.
    pub item: Item,
    /// The export's name.
    pub name: String,
}

/// An item that a part can export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// The part's export of this name.
    Named(String),
    /// The part's start function.
    Start,
    /// A mutable global that the part defines (see [`mutable_globals`]), by its position among them.
    MutableGlobal(usize),
}

impl Export {
    /// Exports a part's export `item` under `name`.
    #[must_use]
    pub fn named(part: usize, item: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            part,
            item: Item::Named(item.into()),
            name: name.into(),
        }
    }

    /// Exports the start function of a part.
    #[must_use]
    pub fn start(part: usize, name: impl Into<String>) -> Self {
        Self {
            part,
            item: Item::Start,
            name: name.into(),
        }
    }

    /// Exports a mutable global that a part defines, by its position among them.
    #[must_use]
    pub fn mutable_global(part: usize, position: usize, name: impl Into<String>) -> Self {
        Self {
            part,
            item: Item::MutableGlobal(position),
            name: name.into(),
        }
    }
}

/// Welds `parts` into one module. Equal arguments give equal bytes.
///
/// # Errors
/// When a part is not valid or uses a feature that can't be welded, a binding or an export names nothing or does not
/// fit, a guest breaks its rules, or the result is larger than a module may be.
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

/// State of an instance that can't be copied to another instance of the same module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HiddenState {
    /// Elements of tables, or their number.
    Tables,
    /// The set of dropped data segments.
    Segments,
    /// Mutable globals with references: a reference belongs to the store of its instance.
    References,
}

/// Returns state that the code of a module can change and that can't be copied; `None` if memories and mutable globals
/// with numbers are all.
///
/// # Errors
/// When it is not well-formed.
pub fn hidden_state(code: &[u8]) -> Result<Option<HiddenState>, BinaryReaderError> {
    let module = Module::parse(code)?;
    if module.mutable_globals().any(|(_, ty)| ty.is_reference_type()) {
        return Ok(Some(HiddenState::References));
    }
    for body in &module.bodies {
        for operator in body.get_operators_reader()? {
            let hidden = module::hidden_state(&operator?);
            if hidden.is_some() {
                return Ok(hidden);
            }
        }
    }
    Ok(None)
}

/// Returns the types of the mutable globals that a module defines, in order. Together with memories, tables and the set
/// of dropped segments, these globals are the state of its code.
///
/// # Errors
/// When it is not well-formed.
pub fn mutable_globals(code: &[u8]) -> Result<Vec<ValType>, BinaryReaderError> {
    let module = Module::parse(code)?;
    Ok(module.mutable_globals().map(|(_, ty)| ty).collect())
}
