//! Describes a finished file without running it. In: the bytes of a component, a core module or an executable made by
//! torvync. Out: an [`Inspection`], the same for equal bytes.

mod executable;
mod wasm;

pub use wasm::{
    CapabilityUse, Component, CoreCode, CoreModule, CoreModuleSize, CustomSection, Interface, Producer, Size,
};

use serde::Serialize;
use serde_json::Value;

use crate::contract::component::{self, BinaryError};
use crate::diag::{Code, Diagnostic};

const WASM_MAGIC: &[u8] = b"\0asm";

/// The description of a file, by its kind.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Inspection {
    /// A WebAssembly component.
    Component(Component),
    /// A core WebAssembly module.
    CoreModule(CoreModule),
    /// A pipeline compiled to an executable: the document in it, as `torvyn_runtime_core::description` prints it.
    Executable(Value),
}

/// Why a file can't be described.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InspectError {
    /// Neither WebAssembly nor an executable.
    UnknownFormat,
    /// WebAssembly that is invalid, with the reason.
    InvalidWasm(String),
    /// An executable that torvync did not make.
    NoDescription,
    /// The embedded description is damaged.
    InvalidDescription(String),
}

impl From<InspectError> for Diagnostic {
    fn from(error: InspectError) -> Self {
        match error {
            InspectError::UnknownFormat => {
                Diagnostic::error(Code::ComponentInvalid, "neither WebAssembly nor an executable")
                    .help("`torvync inspect` describes components (`.wasm`) and the executables of `torvync build`")
            }
            InspectError::InvalidWasm(reason) => {
                Diagnostic::error(Code::ComponentInvalid, "not valid WebAssembly").note(reason)
            }
            InspectError::NoDescription => {
                Diagnostic::error(Code::ComponentInvalid, "this executable was not made by torvync")
                    .note("it has no section that describes a pipeline")
            }
            InspectError::InvalidDescription(reason) => {
                Diagnostic::error(Code::ComponentInvalid, "the description in this executable is damaged").note(reason)
            }
        }
    }
}

/// Describes `bytes`.
///
/// # Errors
/// When the bytes are in no known format, or damaged.
pub fn inspect(bytes: &[u8]) -> Result<Inspection, InspectError> {
    let binary = component::binary_form(bytes).map_err(|error| match error {
        BinaryError::Invalid(reason) => InspectError::InvalidWasm(reason),
        BinaryError::NotWasm | BinaryError::WitPackage | BinaryError::NoMetadata => InspectError::UnknownFormat,
    })?;
    if binary.starts_with(WASM_MAGIC) {
        wasm::inspect(&binary)
    } else {
        executable::inspect(bytes).map(Inspection::Executable)
    }
}
