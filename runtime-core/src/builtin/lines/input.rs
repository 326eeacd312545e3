//! The input that lines are read from, in chunks.

use std::fs::File;
use std::io;

use rustix::buffer::spare_capacity;
use rustix::io::{read, retry_on_intr};

use crate::executor::Waker;
use crate::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use crate::sync::thread;

/// Most bytes of one read.
const CHUNK: usize = 64 << 10;

/// Most chunks read ahead.
const AHEAD: usize = 2;

/// An open input.
pub(super) enum Input {
    /// A regular file, which never keeps its reader waiting.
    File(File),
    /// Chunks read by another thread; an empty one is the end of the input.
    Chunks(Receiver<io::Result<Vec<u8>>>),
}

impl Input {
    /// The file itself if it is regular; otherwise a thread that reads it and wakes the flows that wait for it.
    pub(super) fn open(file: File, wakers: Vec<Waker>) -> io::Result<Self> {
        if file.metadata().is_ok_and(|metadata| metadata.is_file()) {
            return Ok(Input::File(file));
        }
        Self::open_in_thread(move || Ok(file), wakers)
    }

    /// An input whose file a thread opens and reads; opening may block until the other end is opened too.
    pub(super) fn open_in_thread(
        open: impl FnOnce() -> io::Result<File> + Send + 'static,
        wakers: Vec<Waker>,
    ) -> io::Result<Self> {
        let (sender, chunks) = sync_channel(AHEAD);
        let reader = thread::Builder::new().name("lines".to_owned());
        let started = reader.spawn(move || match open() {
            Ok(file) => read_in_thread(&file, &sender, &wakers),
            Err(error) => {
                // The receiver may be gone; then the error is of no use.
                let _ = sender.send(Err(error));
                wake(&wakers);
            }
        });
        started.map_err(|error| io::Error::other(format!("cannot start its thread: {error}")))?;
        Ok(Input::Chunks(chunks))
    }

    /// The next chunk, empty at the end; `None` while it is not available.
    pub(super) fn next_chunk(&mut self) -> Option<io::Result<Vec<u8>>> {
        match self {
            Input::File(file) => Some(read_chunk(file)),
            Input::Chunks(chunks) => match chunks.try_recv() {
                Ok(chunk) => Some(chunk),
                Err(TryRecvError::Empty) => None,
                Err(TryRecvError::Disconnected) => Some(Ok(Vec::new())),
            },
        }
    }
}

fn read_chunk(input: &File) -> io::Result<Vec<u8>> {
    let mut chunk = Vec::with_capacity(CHUNK);
    // Into the spare capacity, which needs no zeros before.
    retry_on_intr(|| read(input, spare_capacity(&mut chunk)))?;
    Ok(chunk)
}

/// Reads until the input ends or its receiver is gone.
fn read_in_thread(input: &File, chunks: &SyncSender<io::Result<Vec<u8>>>, wakers: &[Waker]) {
    loop {
        let chunk = read_chunk(input);
        let is_last = chunk.as_ref().map_or(true, Vec::is_empty);
        let is_wanted = chunks.send(chunk).is_ok();
        wake(wakers);
        if is_last || !is_wanted {
            return;
        }
    }
}

fn wake(wakers: &[Waker]) {
    for waker in wakers {
        waker.wake();
    }
}
