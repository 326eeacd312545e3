//! Stages on threads of their own with a Unix socket between each two: a write for each message, its length in front.

use std::io::{BufReader, IoSlice, Read, Write};
use std::os::unix::net::UnixStream;
use std::thread;

use comparison_work::{WORD, stamp};

use super::CallPath;
use crate::Failed;
use crate::load::{Load, Window};
use crate::pace::{Emitter, Meter, pace};

/// Bytes that a reader takes from its socket at once, at most.
const READ_AHEAD: usize = 64 << 10;

/// Its name in output.
pub(super) const NAME: &str = "unix";

pub(super) struct Unix;

impl CallPath for Unix {
    fn name(&self) -> &str {
        NAME
    }

    fn run(&mut self, load: &Load) -> Result<Window, Failed> {
        let (emitter, meter) = pace(*load);
        let (mut output, mut input) = UnixStream::pair()?;
        thread::scope(|scope| {
            let mut stages = vec![scope.spawn(move || source(emitter, output))];
            for _ in 0..load.shape.processors() {
                let from = input;
                (output, input) = UnixStream::pair()?;
                stages.push(scope.spawn(move || processor(from, output)));
            }
            let window = sink(input, meter);
            for stage in stages {
                stage.join().expect("invariant: panics end the process")?;
            }
            window
        })
    }
}

fn source(mut emitter: Emitter, mut output: UnixStream) -> Result<(), Failed> {
    while let Some((_, message)) = emitter.next() {
        send(&mut output, &message)?;
    }
    Ok(())
}

fn processor(input: UnixStream, mut output: UnixStream) -> Result<(), Failed> {
    let mut input = BufReader::with_capacity(READ_AHEAD, input);
    let mut sequence = 0;
    while let Some(mut message) = receive(&mut input)? {
        stamp(&mut message, sequence);
        sequence += 1;
        send(&mut output, &message)?;
    }
    Ok(())
}

fn sink(input: UnixStream, mut meter: Meter) -> Result<Window, Failed> {
    let mut input = BufReader::with_capacity(READ_AHEAD, input);
    while let Some(message) = receive(&mut input)? {
        meter.take(&message);
    }
    meter.finish()
}

/// One call of the system where the socket has room.
fn send(output: &mut UnixStream, message: &[u8]) -> Result<(), Failed> {
    let length = u32::try_from(message.len())?.to_le_bytes();
    let mut parts = [IoSlice::new(&length), IoSlice::new(message)];
    let mut left = &mut parts[..];
    while !left.is_empty() {
        let written = output.write_vectored(left)?;
        IoSlice::advance_slices(&mut left, written);
    }
    Ok(())
}

/// The next message, with room for a stamp; `None` when the sender is gone.
fn receive(input: &mut BufReader<UnixStream>) -> Result<Option<Vec<u8>>, Failed> {
    let mut length = [0; size_of::<u32>()];
    if input.read(&mut length[..1])? == 0 {
        return Ok(None);
    }
    input.read_exact(&mut length[1..])?;
    let length = u32::from_le_bytes(length) as usize;
    let mut message = Vec::with_capacity(length + WORD);
    match input.take(length as u64).read_to_end(&mut message)? {
        read if read == length => Ok(Some(message)),
        _ => Err("the message was cut off".into()),
    }
}
