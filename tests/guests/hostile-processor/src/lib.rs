//! Breaks the rules of buffers in the way its config names. Where the host answers with an error, the answer becomes
//! the output; where the host ends the component, nothing does.

use std::cell::RefCell;

use serde::Deserialize;

wit_bindgen::generate!({
    world: "managed-transform",
    path: "../../../wit/torvyn-streaming",
});

use exports::torvyn::streaming::{lifecycle, processor};
use torvyn::streaming::buffer_allocator::allocate;
use torvyn::streaming::types::{
    Buffer, BufferError, ElementMeta, MutableBuffer, OutputElement, ProcessError, ProcessResult, StreamElement,
};

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Misdeed {
    /// Appends until the buffer is full, and then once more.
    PassCapacity,
    /// Writes beyond the contents.
    LeaveHole,
    /// Writes at the largest offset there is.
    OverflowOffset,
    /// Asks for more memory than there is.
    AllocateTooMuch,
    /// Allocates for ever, giving nothing back.
    HoardBuffers,
    /// Writes to a buffer that was frozen.
    WriteAfterFreeze,
    /// Freezes twice.
    FreezeTwice,
    /// Uses a handle that it was never given.
    ForgeHandle,
    /// Returns the same buffer for every element.
    ReturnTwice,
    /// Returns made-up metadata.
    FalsifyMetadata,
    /// Reads beyond the end.
    ReadBeyondEnd,
}

thread_local! {
    static MISDEED: RefCell<Option<Misdeed>> = const { RefCell::new(None) };
    static KEPT: RefCell<Vec<MutableBuffer>> = const { RefCell::new(Vec::new()) };
    static RETURNED: RefCell<Option<u32>> = const { RefCell::new(None) };
}

struct Hostile;

impl lifecycle::Guest for Hostile {
    fn init(config: String) -> Result<(), ProcessError> {
        let misdeed = serde_json::from_str(&config).map_err(|error| ProcessError::InvalidInput(error.to_string()))?;
        MISDEED.set(Some(misdeed));
        Ok(())
    }

    fn teardown() {}
}

impl processor::Guest for Hostile {
    fn process(input: StreamElement) -> Result<ProcessResult, ProcessError> {
        let misdeed = MISDEED.with_borrow(|misdeed| misdeed.expect("`init` was called"));
        let (meta, payload) = commit(misdeed, &input).map_err(|error| ProcessError::Internal(format!("{error:?}")))?;
        Ok(ProcessResult::Emit(OutputElement { meta, payload }))
    }
}

fn commit(misdeed: Misdeed, input: &StreamElement) -> Result<(ElementMeta, Buffer), BufferError> {
    let buffer = allocate(64)?;
    let answer = match misdeed {
        Misdeed::PassCapacity => {
            buffer.append(&vec![b'x'; buffer.capacity() as usize])?;
            answer(buffer.append(b"y"))
        }
        Misdeed::LeaveHole => answer(buffer.write(1, b"x")),
        Misdeed::OverflowOffset => answer(buffer.write(u64::MAX, b"x")),
        Misdeed::AllocateTooMuch => answer(allocate(u64::MAX).map(drop)),
        Misdeed::HoardBuffers => {
            let hoarded = std::iter::from_fn(|| allocate(1 << 20).ok());
            KEPT.with_borrow_mut(|kept| kept.extend(hoarded));
            return Err(allocate(1 << 20).expect_err("the last one was refused"));
        }
        Misdeed::WriteAfterFreeze => {
            let _frozen = buffer.freeze();
            answer(buffer.append(b"x"))
        }
        Misdeed::FreezeTwice => {
            let _frozen = buffer.freeze();
            return Ok((no_meta(), buffer.freeze()));
        }
        Misdeed::ForgeHandle => {
            // SAFETY: the host checks every handle; that it does is what this is for.
            answer(unsafe { MutableBuffer::from_handle(4242) }.append(b"x"))
        }
        Misdeed::ReturnTwice => return Ok((no_meta(), returned_before(buffer))),
        Misdeed::FalsifyMetadata => {
            buffer.append(b"falsified")?;
            buffer.set_content_type("application/x-buffer");
            let content_type = "application/x-meta".to_owned();
            return Ok((
                ElementMeta {
                    sequence: 4242,
                    timestamp_ns: 1,
                    content_type,
                },
                buffer.freeze(),
            ));
        }
        Misdeed::ReadBeyondEnd => {
            let size = input.payload.size();
            let lengths = [(0, u64::MAX), (size, 1), (u64::MAX, u64::MAX), (1, size)];
            format!(
                "{:?}",
                lengths.map(|(offset, len)| input.payload.read(offset, len).len())
            )
        }
    };
    let report = allocate(answer.len() as u64)?;
    report.append(answer.as_bytes())?;
    Ok((no_meta(), report.freeze()))
}

/// The buffer that was returned for the first element, though it is the host's since.
fn returned_before(buffer: MutableBuffer) -> Buffer {
    let handle = RETURNED.with_borrow_mut(|returned| *returned.get_or_insert_with(|| buffer.freeze().take_handle()));
    // SAFETY: the host checks every handle; that it does is what this is for.
    unsafe { Buffer::from_handle(handle) }
}

fn answer(result: Result<(), BufferError>) -> String {
    match result {
        Ok(()) => "allowed".to_owned(),
        Err(BufferError::CapacityExceeded) => "capacity-exceeded".to_owned(),
        Err(BufferError::OutOfBounds) => "out-of-bounds".to_owned(),
        Err(BufferError::AllocationFailed(_)) => "allocation-failed".to_owned(),
    }
}

fn no_meta() -> ElementMeta {
    ElementMeta {
        sequence: 0,
        timestamp_ns: 0,
        content_type: String::new(),
    }
}

export!(Hostile);
