//! What components import.

use wasmtime::component::Linker;
use wasmtime::{Engine, Result};

use super::store::StageData;
use super::{query, resources};

/// Adds the interfaces of one WASI package to a linker.
pub(crate) type Package = fn(&mut Linker<StageData>) -> Result<()>;

/// What the components of a program import: the contracts, and the WASI packages that one of them names.
///
/// # Errors
/// When an import is defined twice, which would be a bug of code generation.
pub(super) fn linker(engine: &Engine, packages: &[Package]) -> Result<Linker<StageData>> {
    let mut linker = Linker::new(engine);
    for package in packages {
        package(&mut linker)?;
    }
    // A name without a version means these contracts.
    for version in ["@0.1.0", ""] {
        resources::add_types(&mut linker, &format!("torvyn:streaming/types{version}"))?;
        resources::add_allocator(&mut linker, &format!("torvyn:streaming/buffer-allocator{version}"))?;
        // The tutorials' spelling of the same interface.
        resources::add_allocator(&mut linker, &format!("torvyn:resources/buffer-ops{version}"))?;
        query::add(&mut linker, &format!("torvyn:capabilities/capability-query{version}"))?;
    }
    Ok(linker)
}
