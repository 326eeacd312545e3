//! Buffer and context functions, as components import them. A handle is a slot and a generation; there is no resource
//! table.

use wasmtime::component::{Linker, LinkerInstance, Resource, ResourceType, WasmList, WasmStr};
use wasmtime::{Error, Result, StoreContextMut};

use super::contract::types::BufferError as WitBufferError;
use super::contract::{Buffer, FlowContext, MutableBuffer};
use super::store::StageData;
use crate::buffer::{BufferError, BufferId, BufferPool};
use crate::error::ResourceMisuse;

type Context<'a> = StoreContextMut<'a, StageData>;
type Written = std::result::Result<(), WitBufferError>;
type Allocated = std::result::Result<Resource<MutableBuffer>, WitBufferError>;

/// Adds `torvyn:streaming/types` to a linker, under the name `interface`.
pub(super) fn add_types(linker: &mut Linker<StageData>, interface: &str) -> Result<()> {
    let mut types = linker.instance(interface)?;
    types.resource("buffer", ResourceType::host::<Buffer>(), |mut store, rep| {
        drop_handle(&mut store, rep);
        Ok(())
    })?;
    types.resource(
        "mutable-buffer",
        ResourceType::host::<MutableBuffer>(),
        |mut store, rep| {
            drop_handle(&mut store, rep);
            Ok(())
        },
    )?;
    types.resource("flow-context", ResourceType::host::<FlowContext>(), |_, _| Ok(()))?;
    add_buffer(&mut types)?;
    add_mutable_buffer(&mut types)?;
    add_flow_context(&mut types)
}

fn add_buffer(types: &mut LinkerInstance<'_, StageData>) -> Result<()> {
    types.func_wrap(
        "[method]buffer.size",
        |mut store: Context<'_>, (this,): (Resource<Buffer>,)| {
            Ok((contents(pool(&mut store)?, &this, "buffer.size")?.len() as u64,))
        },
    )?;
    types.func_wrap(
        "[method]buffer.content-type",
        |mut store: Context<'_>, (this,): (Resource<Buffer>,)| {
            let pool = pool(&mut store)?;
            let content_type = pool.content_type(id(&this)).map_err(misuse("buffer.content-type"))?;
            Ok((pool.content_types.name(content_type).to_owned(),))
        },
    )?;
    types.func_wrap(
        "[method]buffer.read",
        |mut store: Context<'_>, (this, offset, len): (Resource<Buffer>, u64, u64)| {
            let pool = pool(&mut store)?;
            let all = contents(pool, &this, "buffer.read")?;
            let start = usize::try_from(offset).map_or(all.len(), |offset| offset.min(all.len()));
            let end = usize::try_from(len).map_or(all.len(), |len| start.saturating_add(len).min(all.len()));
            let part = all[start..end].to_vec();
            pool.count_read(part.len());
            Ok((part,))
        },
    )?;
    types.func_wrap(
        "[method]buffer.read-all",
        |mut store: Context<'_>, (this,): (Resource<Buffer>,)| {
            let pool = pool(&mut store)?;
            let all = contents(pool, &this, "buffer.read-all")?.to_vec();
            pool.count_read(all.len());
            Ok((all,))
        },
    )
}

fn add_mutable_buffer(types: &mut LinkerInstance<'_, StageData>) -> Result<()> {
    types.func_wrap(
        "[method]mutable-buffer.write",
        |mut store: Context<'_>, (this, offset, bytes): (Resource<MutableBuffer>, u64, WasmList<u8>)| {
            write(&mut store, "mutable-buffer.write", &bytes, |pool, bytes| {
                pool.write(id(&this), offset, bytes)
            })
        },
    )?;
    types.func_wrap(
        "[method]mutable-buffer.append",
        |mut store: Context<'_>, (this, bytes): (Resource<MutableBuffer>, WasmList<u8>)| {
            write(&mut store, "mutable-buffer.append", &bytes, |pool, bytes| {
                pool.append(id(&this), bytes)
            })
        },
    )?;
    types.func_wrap(
        "[method]mutable-buffer.size",
        |mut store: Context<'_>, (this,): (Resource<MutableBuffer>,)| {
            Ok((pool(&mut store)?
                .extent(id(&this))
                .map_err(misuse("mutable-buffer.size"))?
                .0,))
        },
    )?;
    types.func_wrap(
        "[method]mutable-buffer.capacity",
        |mut store: Context<'_>, (this,): (Resource<MutableBuffer>,)| {
            Ok((pool(&mut store)?
                .extent(id(&this))
                .map_err(misuse("mutable-buffer.capacity"))?
                .1,))
        },
    )?;
    types.func_wrap(
        "[method]mutable-buffer.set-content-type",
        |mut store: Context<'_>, (this, text): (Resource<MutableBuffer>, WasmStr)| {
            let text = text.to_str(&store)?.into_owned();
            let set = pool(&mut store)?.set_content_type(id(&this), &text);
            Ok(set.map_err(misuse("mutable-buffer.set-content-type"))?)
        },
    )?;
    types.func_wrap(
        "[method]mutable-buffer.freeze",
        |mut store: Context<'_>, (this,): (Resource<MutableBuffer>,)| {
            let frozen = pool(&mut store)?
                .freeze(id(&this))
                .map_err(misuse("mutable-buffer.freeze"))?;
            Ok((Resource::<Buffer>::new_own(frozen.rep()),))
        },
    )
}

fn add_flow_context(types: &mut LinkerInstance<'_, StageData>) -> Result<()> {
    // Tracing is off: the contract says that these are then empty.
    types.func_wrap(
        "[method]flow-context.trace-id",
        |_: Context<'_>, (_,): (Resource<FlowContext>,)| Ok((String::new(),)),
    )?;
    types.func_wrap(
        "[method]flow-context.span-id",
        |_: Context<'_>, (_,): (Resource<FlowContext>,)| Ok((String::new(),)),
    )?;
    types.func_wrap(
        "[method]flow-context.deadline-ns",
        |store: Context<'_>, (_,): (Resource<FlowContext>,)| Ok((store.data().deadline_ns,)),
    )?;
    types.func_wrap(
        "[method]flow-context.flow-id",
        |store: Context<'_>, (_,): (Resource<FlowContext>,)| Ok((store.data().flow_id.to_owned(),)),
    )
}

/// Adds `torvyn:streaming/buffer-allocator` to a linker, under the name `interface`.
pub(super) fn add_allocator(linker: &mut Linker<StageData>, interface: &str) -> Result<()> {
    let mut allocator = linker.instance(interface)?;
    allocator.func_wrap(
        "allocate",
        |mut store: Context<'_>, (capacity,): (u64,)| -> Result<(Allocated,)> {
            let pool = pool(&mut store)?;
            let allocated = pool.allocate(capacity);
            Ok((allocated
                .map(|id| Resource::new_own(id.rep()))
                .map_err(|error| refusal(pool, error, capacity)),))
        },
    )?;
    allocator.func_wrap(
        "clone-into-mutable",
        |mut store: Context<'_>, (source,): (Resource<Buffer>,)| -> Result<(Allocated,)> {
            let pool = pool(&mut store)?;
            let bytes = contents(pool, &source, "clone-into-mutable")?.to_vec();
            let content_type = pool.content_type(id(&source)).map_err(misuse("clone-into-mutable"))?;
            let copy = match pool.allocate(bytes.len() as u64) {
                Ok(copy) => copy,
                Err(error) => return Ok((Err(refusal(pool, error, bytes.len() as u64)),)),
            };
            pool.append(copy, &bytes).map_err(misuse("clone-into-mutable"))?;
            let name = pool.content_types.name(content_type).to_owned();
            pool.set_content_type(copy, &name)
                .map_err(misuse("clone-into-mutable"))?;
            pool.count_write(bytes.len());
            Ok((Ok(Resource::new_own(copy.rep())),))
        },
    )
}

/// The flow's buffers.
///
/// # Errors
/// While a component is instantiated: its start function may run, but the store has no buffers yet.
fn pool<'a>(store: &'a mut Context<'_>) -> Result<&'a mut BufferPool> {
    let pool = store.data_mut().pool.as_mut();
    pool.map(Box::as_mut)
        .ok_or_else(|| Error::msg("buffers can't be used while the component is instantiated"))
}

fn id<T: 'static>(handle: &Resource<T>) -> BufferId {
    BufferId::from_rep(handle.rep())
}

fn misuse(function: &'static str) -> impl Fn(BufferError) -> ResourceMisuse {
    move |error| ResourceMisuse { function, error }
}

fn contents<'a>(pool: &'a BufferPool, this: &Resource<Buffer>, function: &'static str) -> Result<&'a [u8]> {
    Ok(pool.contents(id(this)).map_err(misuse(function))?)
}

/// Drops a handle that the component gave up. `freeze` invalidates the mutable handle, so dropping that is no error. A
/// store that is dropped outside a call has no buffers left: its flow has ended.
fn drop_handle(store: &mut Context<'_>, rep: u32) {
    if let Some(pool) = &mut store.data_mut().pool {
        let _ = pool.drop_owned(BufferId::from_rep(rep));
    }
}

/// Writes bytes of the component's memory to the pool, which is taken out of the store for that moment.
fn write(
    store: &mut Context<'_>,
    function: &'static str,
    bytes: &WasmList<u8>,
    write: impl FnOnce(&mut BufferPool, &[u8]) -> std::result::Result<(), BufferError>,
) -> Result<(Written,)> {
    pool(store)?;
    let mut pool = store.data_mut().leave();
    let written = write(&mut pool, bytes.as_le_slice(&*store));
    if written.is_ok() {
        pool.count_write(bytes.len());
    }
    store.data_mut().pool = Some(pool);
    match written {
        Ok(()) => Ok((Ok(()),)),
        Err(BufferError::CapacityExceeded) => Ok((Err(WitBufferError::CapacityExceeded),)),
        Err(BufferError::OutOfBounds) => Ok((Err(WitBufferError::OutOfBounds),)),
        Err(
            error @ (BufferError::Stale
            | BufferError::Borrowed
            | BufferError::NotOwner
            | BufferError::TooLarge(_)
            | BufferError::OverBudget(_)
            | BufferError::Exhausted
            | BufferError::ContentType),
        ) => Err(misuse(function)(error).into()),
    }
}

/// The refusal of a buffer, in the contract's terms.
fn refusal(pool: &mut BufferPool, error: BufferError, capacity: u64) -> WitBufferError {
    WitBufferError::AllocationFailed(pool.refuse(error, capacity).words)
}
