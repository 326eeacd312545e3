//! The imports of components.

use wasmtime::component::Linker;
use wasmtime::{Engine, Result};

use super::store::StageData;
use super::{query, resources};

/// A function that adds the interfaces of one WASI package to a linker.
pub(crate) type Package = fn(&mut Linker<StageData>) -> Result<()>;

/// The imports of a program's components: the contracts, and the given WASI packages.
///
/// # Errors
/// When an import is defined twice, which would be a bug of code generation.
pub(super) fn linker(engine: &Engine, packages: &[Package]) -> Result<Linker<StageData>> {
    let mut linker = Linker::new(engine);
    for package in packages {
        package(&mut linker)?;
    }
    // An import without a version means this version of the contracts.
    for version in ["@0.1.0", ""] {
        resources::add_types(&mut linker, &format!("torvyn:streaming/types{version}"))?;
        resources::add_allocator(&mut linker, &format!("torvyn:streaming/buffer-allocator{version}"))?;
        // The same interface under the name that the tutorials use.
        resources::add_allocator(&mut linker, &format!("torvyn:resources/buffer-ops{version}"))?;
        query::add(&mut linker, &format!("torvyn:capabilities/capability-query{version}"))?;
    }
    Ok(linker)
}
