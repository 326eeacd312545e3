//! Misdeeds with handles that are the component's own.

use std::cell::RefCell;

use crate::torvyn::streaming::buffer_allocator::allocate;
use crate::torvyn::streaming::types::{Buffer, BufferError, ElementMeta, MutableBuffer};
use crate::{Outcome, answer};

thread_local! {
    static KEPT: RefCell<Vec<MutableBuffer>> = const { RefCell::new(Vec::new()) };
}

pub(crate) fn pass_capacity() -> Result<Outcome, BufferError> {
    let buffer = allocate(64)?;
    buffer.append(&vec![b'x'; buffer.capacity() as usize])?;
    Ok(answer(buffer.append(b"y")))
}

pub(crate) fn write_at(offset: u64) -> Result<Outcome, BufferError> {
    Ok(answer(allocate(64)?.write(offset, b"x")))
}

pub(crate) fn read_beyond_end(payload: &Buffer) -> Outcome {
    let size = payload.size();
    read(payload, [(0, u64::MAX), (size, 1), (u64::MAX, u64::MAX), (1, size)])
}

pub(crate) fn read_far(payload: &Buffer) -> Outcome {
    let far = 1 << 32;
    read(payload, [(0, far), (far, far), (u64::MAX - 1, 2), (u64::MAX, far)])
}

fn read(payload: &Buffer, parts: [(u64, u64); 4]) -> Outcome {
    let lengths = parts.map(|(offset, len)| payload.read(offset, len).len());
    Outcome::Answer(format!("{lengths:?}"))
}

pub(crate) fn allocate_too_much() -> Outcome {
    answer(allocate(u64::MAX).map(drop))
}

/// Answers `GRANTED of COUNT`, with the reason for the first refusal.
pub(crate) fn allocate_many(count: u64, size: u64) -> Outcome {
    let mut granted = Vec::new();
    for _ in 0..count {
        match allocate(size) {
            Ok(buffer) => granted.push(buffer),
            Err(error) => return Outcome::Answer(format!("{} of {count}: {error:?}", granted.len())),
        }
    }
    Outcome::Answer(format!("{count} of {count}"))
}

/// Returns the reason why there is no further buffer.
pub(crate) fn hoard() -> BufferError {
    loop {
        match allocate(1 << 20) {
            Ok(buffer) => KEPT.with_borrow_mut(|kept| kept.push(buffer)),
            Err(error) => return error,
        }
    }
}

pub(crate) fn leak(count: u64, size: u64) -> Result<Outcome, BufferError> {
    for number in 0..count {
        let buffer = allocate(size)?;
        if number % 2 == 1 {
            std::mem::forget(buffer.freeze());
        }
        std::mem::forget(buffer);
    }
    Ok(Outcome::Answer("leaked".to_owned()))
}

pub(crate) fn long_content_type(size: usize) -> Result<Outcome, BufferError> {
    let buffer = allocate(8)?;
    buffer.set_content_type(&"x".repeat(size));
    buffer.append(b"long")?;
    Ok(Outcome::emit(buffer.freeze()))
}

pub(crate) fn falsify_metadata() -> Result<Outcome, BufferError> {
    let buffer = allocate(64)?;
    buffer.append(b"falsified")?;
    buffer.set_content_type("application/x-buffer");
    let meta = ElementMeta {
        sequence: 4242,
        timestamp_ns: 1,
        content_type: "application/x-meta".to_owned(),
    };
    Ok(Outcome::Emit(meta, buffer.freeze()))
}
