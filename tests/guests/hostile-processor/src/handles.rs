//! Misdeeds with handles that are not, or no longer, the component's own. The host checks every handle, so none of the
//! forged ones in this file can be unsound; the tests check that it does.

use std::cell::Cell;

use crate::torvyn::streaming::buffer_allocator::{allocate, clone_into_mutable};
use crate::torvyn::streaming::types::{Buffer, BufferError, FlowContext, MutableBuffer};
use crate::{Call, Outcome, answer};

thread_local! {
    static RETURNED: Cell<Option<u32>> = const { Cell::new(None) };
    static LENT: Cell<Option<u32>> = const { Cell::new(None) };
}

pub(crate) fn write_after_freeze() -> Result<Outcome, BufferError> {
    let buffer = allocate(64)?;
    let _frozen = buffer.freeze();
    Ok(answer(buffer.append(b"x")))
}

pub(crate) fn freeze_twice() -> Result<Outcome, BufferError> {
    let buffer = allocate(64)?;
    let _frozen = buffer.freeze();
    Ok(Outcome::emit(buffer.freeze()))
}

pub(crate) fn use_after_drop() -> Result<Outcome, BufferError> {
    let handle = dropped_handle()?;
    // SAFETY: see the module's documentation.
    Ok(answer(unsafe { MutableBuffer::from_handle(handle) }.append(b"x")))
}

pub(crate) fn drop_twice() -> Result<Outcome, BufferError> {
    let handle = dropped_handle()?;
    // SAFETY: see the module's documentation.
    drop(unsafe { MutableBuffer::from_handle(handle) });
    Ok(answer(Ok(())))
}

pub(crate) fn forge(handle: u32, call: Call) -> Result<Outcome, BufferError> {
    // SAFETY: see the module's documentation.
    let (mutable, buffer, context) = unsafe {
        (
            || MutableBuffer::from_handle(handle),
            || Buffer::from_handle(handle),
            || FlowContext::from_handle(handle),
        )
    };
    match call {
        Call::Append => return Ok(answer(mutable().append(b"x"))),
        Call::Freeze => return Ok(Outcome::emit(mutable().freeze())),
        Call::Read => drop(buffer().read_all()),
        Call::Clone => drop(clone_into_mutable(&buffer())?),
        Call::Context => drop(context().flow_id()),
        Call::Drop => drop(mutable()),
        Call::Return => return Ok(Outcome::emit(buffer())),
    }
    Ok(answer(Ok(())))
}

pub(crate) fn confuse_types() -> Result<Outcome, BufferError> {
    let handle = allocate(64)?.take_handle();
    // SAFETY: see the module's documentation.
    drop(unsafe { Buffer::from_handle(handle) }.read_all());
    Ok(answer(Ok(())))
}

/// From the second element on, returns the buffer that belongs to the host since the first.
pub(crate) fn return_twice() -> Result<Outcome, BufferError> {
    let buffer = allocate(64)?;
    let handle = RETURNED.get().unwrap_or_else(|| buffer.freeze().take_handle());
    RETURNED.set(Some(handle));
    // SAFETY: see the module's documentation.
    Ok(Outcome::emit(unsafe { Buffer::from_handle(handle) }))
}

pub(crate) fn return_dropped() -> Result<Outcome, BufferError> {
    let handle = dropped_handle()?;
    // SAFETY: see the module's documentation.
    Ok(Outcome::emit(unsafe { Buffer::from_handle(handle) }))
}

pub(crate) fn return_unfrozen() -> Result<Outcome, BufferError> {
    let handle = allocate(64)?.take_handle();
    // SAFETY: see the module's documentation.
    Ok(Outcome::emit(unsafe { Buffer::from_handle(handle) }))
}

pub(crate) fn return_input(lent: &Buffer) -> Outcome {
    // SAFETY: see the module's documentation.
    Outcome::emit(unsafe { Buffer::from_handle(lent.take_handle()) })
}

pub(crate) fn keep_borrow(lent: &Buffer) -> Outcome {
    LENT.set(Some(lent.take_handle()));
    answer(Ok(()))
}

pub(crate) fn drop_borrow(lent: &Buffer) -> Outcome {
    let handle = lent.handle();
    // SAFETY: see the module's documentation.
    drop(unsafe { Buffer::from_handle(handle) });
    drop(lent.read_all());
    answer(Ok(()))
}

/// Answers with the bytes read. If the host has reused the number, it names the new buffer.
pub(crate) fn stale_borrow(lent: &Buffer) -> Outcome {
    let handle = LENT.get().unwrap_or_else(|| lent.handle());
    LENT.set(Some(handle));
    // SAFETY: see the module's documentation.
    let stale = unsafe { Buffer::from_handle(handle) };
    let bytes = stale.read_all();
    std::mem::forget(stale);
    Outcome::Answer(String::from_utf8_lossy(&bytes).into_owned())
}

/// The number of a handle that was valid until now.
fn dropped_handle() -> Result<u32, BufferError> {
    let buffer = allocate(64)?;
    Ok(buffer.handle())
}
