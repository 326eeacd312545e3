//! `torvyn:capabilities/capability-query`: the project's grants to the component.

use wasmtime::component::{Linker, WasmStr};
use wasmtime::{Result, StoreContextMut};

use super::store::StageData;

/// Adds the interface to a linker, under the name `interface`.
pub(super) fn add(linker: &mut Linker<StageData>, interface: &str) -> Result<()> {
    let mut query = linker.instance(interface)?;
    query.func_wrap(
        "has-capability",
        |store: StoreContextMut<'_, StageData>, (asked,): (WasmStr,)| {
            let asked = asked.to_str(&store)?;
            Ok((store.data().sandbox.has(&asked),))
        },
    )?;
    query.func_wrap(
        "granted-capabilities",
        |store: StoreContextMut<'_, StageData>, (): ()| {
            let granted = store.data().sandbox.grants();
            Ok((granted.iter().map(|name| (*name).to_owned()).collect::<Vec<String>>(),))
        },
    )
}
