//! `torvyn:capabilities/capability-query`: what the project granted to the component.

use wasmtime::component::{Linker, WasmStr};
use wasmtime::{Result, StoreContextMut};

use super::StageData;
use crate::capability;

/// Adds the interface to a linker.
pub(super) fn add(linker: &mut Linker<StageData>) -> Result<()> {
    let mut query = linker.instance("torvyn:capabilities/capability-query@0.1.0")?;
    query.func_wrap(
        "has-capability",
        |store: StoreContextMut<'_, StageData>, (asked,): (WasmStr,)| {
            let asked = asked.to_str(&store)?;
            Ok((capability::has(store.data().capabilities, &asked),))
        },
    )?;
    query.func_wrap(
        "granted-capabilities",
        |store: StoreContextMut<'_, StageData>, (): ()| {
            let granted = store.data().capabilities;
            Ok((granted.iter().map(|name| (*name).to_owned()).collect::<Vec<String>>(),))
        },
    )
}
