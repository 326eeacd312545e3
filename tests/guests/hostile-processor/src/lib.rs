//! Breaks the rules of buffers in the way its config names: `"freeze-twice"`, `{"leak-buffers": {"count": 8, "size":
//! 64}}`. Where the host returns an error, that becomes the output; where the host ends the component, there is none.

mod buffers;
mod handles;

use std::cell::Cell;

use serde::Deserialize;

wit_bindgen::generate!({
    world: "managed-transform",
    path: "../../../wit/torvyn-streaming",
});

use exports::torvyn::streaming::{lifecycle, processor};
use torvyn::streaming::buffer_allocator::allocate;
use torvyn::streaming::types::{
    Buffer, BufferError, ElementMeta, OutputElement, ProcessError, ProcessResult, StreamElement,
};

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum Misdeed {
    /// Appends until the buffer is full, and then once more.
    PassCapacity,
    /// Writes beyond the contents.
    LeaveHole,
    /// Writes at the largest offset there is.
    OverflowOffset,
    /// Reads beyond the end.
    ReadBeyondEnd,
    /// Reads lengths of 4 GiB and near the largest offset there is.
    ReadFar,
    /// Asks for more memory than there is.
    AllocateTooMuch,
    /// Allocates that many buffers at once, and returns them when the call ends.
    Allocate { count: u64, size: u64 },
    /// Allocates for ever, and returns nothing.
    HoardBuffers,
    /// Allocates in each call, and returns nothing; freezes every other buffer.
    LeakBuffers { count: u64, size: u64 },
    /// Sets a content type of that many bytes.
    LongContentType { size: usize },
    /// Returns made-up metadata.
    FalsifyMetadata,
    /// Writes to a buffer that was frozen.
    WriteAfterFreeze,
    /// Freezes twice.
    FreezeTwice,
    /// Uses a returned buffer.
    UseAfterDrop,
    /// Returns a buffer twice.
    DropTwice,
    /// Appends to a buffer by a handle that it was never given.
    ForgeHandle,
    /// Uses a handle that it was never given, or for something else.
    Forge { handle: u32, call: Call },
    /// Reads a buffer under construction as if it were frozen.
    ConfuseTypes,
    /// Returns the same buffer for every element.
    ReturnTwice,
    /// Emits a returned buffer.
    ReturnDropped,
    /// Returns a buffer under construction.
    ReturnUnfrozen,
    /// Returns the buffer that is only lent to it.
    ReturnInput,
    /// Keeps the buffer that is only lent to it.
    KeepBorrow,
    /// Returns the buffer that is lent to it, and then reads it.
    DropBorrow,
    /// Reads the buffer that was lent to it with the first element.
    StaleBorrow,
}

/// Use of a forged handle.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Call {
    Append,
    Freeze,
    Read,
    Clone,
    Context,
    Drop,
    Return,
}

/// Outcome of a misdeed, if the host lets the component live.
enum Outcome {
    /// An answer to emit.
    Answer(String),
    Emit(ElementMeta, Buffer),
}

impl Outcome {
    fn emit(buffer: Buffer) -> Self {
        Outcome::Emit(no_meta(), buffer)
    }
}

thread_local! {
    static MISDEED: Cell<Option<Misdeed>> = const { Cell::new(None) };
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
        let misdeed = MISDEED.get().expect("`init` was called");
        let (meta, payload) = commit(misdeed, &input)
            .and_then(reported)
            .map_err(|error| ProcessError::Internal(format!("{error:?}")))?;
        Ok(ProcessResult::Emit(OutputElement { meta, payload }))
    }
}

fn commit(misdeed: Misdeed, input: &StreamElement) -> Result<Outcome, BufferError> {
    match misdeed {
        Misdeed::PassCapacity => buffers::pass_capacity(),
        Misdeed::LeaveHole => buffers::write_at(1),
        Misdeed::OverflowOffset => buffers::write_at(u64::MAX),
        Misdeed::ReadBeyondEnd => Ok(buffers::read_beyond_end(input.payload)),
        Misdeed::ReadFar => Ok(buffers::read_far(input.payload)),
        Misdeed::AllocateTooMuch => Ok(buffers::allocate_too_much()),
        Misdeed::Allocate { count, size } => Ok(buffers::allocate_many(count, size)),
        Misdeed::HoardBuffers => Err(buffers::hoard()),
        Misdeed::LeakBuffers { count, size } => buffers::leak(count, size),
        Misdeed::LongContentType { size } => buffers::long_content_type(size),
        Misdeed::FalsifyMetadata => buffers::falsify_metadata(),
        Misdeed::WriteAfterFreeze => handles::write_after_freeze(),
        Misdeed::FreezeTwice => handles::freeze_twice(),
        Misdeed::UseAfterDrop => handles::use_after_drop(),
        Misdeed::DropTwice => handles::drop_twice(),
        Misdeed::ForgeHandle => handles::forge(4242, Call::Append),
        Misdeed::Forge { handle, call } => handles::forge(handle, call),
        Misdeed::ConfuseTypes => handles::confuse_types(),
        Misdeed::ReturnTwice => handles::return_twice(),
        Misdeed::ReturnDropped => handles::return_dropped(),
        Misdeed::ReturnUnfrozen => handles::return_unfrozen(),
        Misdeed::ReturnInput => Ok(handles::return_input(input.payload)),
        Misdeed::KeepBorrow => Ok(handles::keep_borrow(input.payload)),
        Misdeed::DropBorrow => Ok(handles::drop_borrow(input.payload)),
        Misdeed::StaleBorrow => Ok(handles::stale_borrow(input.payload)),
    }
}

fn reported(outcome: Outcome) -> Result<(ElementMeta, Buffer), BufferError> {
    match outcome {
        Outcome::Answer(answer) => {
            let report = allocate(answer.len() as u64)?;
            report.append(answer.as_bytes())?;
            Ok((no_meta(), report.freeze()))
        }
        Outcome::Emit(meta, buffer) => Ok((meta, buffer)),
    }
}

fn answer(result: Result<(), BufferError>) -> Outcome {
    let answer = match result {
        Ok(()) => "allowed",
        Err(BufferError::CapacityExceeded) => "capacity-exceeded",
        Err(BufferError::OutOfBounds) => "out-of-bounds",
        Err(BufferError::AllocationFailed(_)) => "allocation-failed",
    };
    Outcome::Answer(answer.to_owned())
}

fn no_meta() -> ElementMeta {
    ElementMeta {
        sequence: 0,
        timestamp_ns: 0,
        content_type: String::new(),
    }
}

export!(Hostile);
