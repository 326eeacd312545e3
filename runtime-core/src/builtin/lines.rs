//! `builtin:lines`: one element a line, of a file or of standard input.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::thread;

use super::{config, payload, text_key};
use crate::bounds;
use crate::context::RunContext;
use crate::error::Cause;
use crate::executor::Waker;
use crate::host::CopyStats;
use crate::stage::{Called, Pulled, Source, Stage, Supply};

/// Bytes read at once.
const CHUNK: usize = 64 << 10;

/// Chunks read ahead.
const AHEAD: usize = 2;

/// Longest line in bytes: no buffer is larger.
const LONGEST_LINE: usize = bounds::LARGEST_BUFFER_BYTES as usize;

/// Source of lines, without their `\n` or `\r\n`. Configuration: `{"path": "…"}`; `-` or none is standard input.
///
/// What may keep its readers waiting (a terminal, a pipe) is read by a thread of its own.
#[derive(Default)]
pub struct Lines {
    /// Replaces the configured path.
    path_override: Option<String>,
    name: String,
    input: Option<Input>,
    /// Bytes read and not yet emitted start here.
    start: usize,
    /// Up to here there is no line end.
    scanned: usize,
    bytes: Vec<u8>,
    at_end: bool,
    /// What went wrong with the input.
    failed: Option<io::Error>,
    line: u64,
    copies: CopyStats,
}

enum Input {
    /// Never keeps its reader waiting.
    File(File),
    /// Read by another thread; an empty chunk is the end.
    Chunks(Receiver<io::Result<Vec<u8>>>),
}

impl Lines {
    /// Reads `path` (`-`: standard input), whatever the configuration says.
    #[must_use]
    pub fn of(path: String) -> Self {
        Self {
            path_override: Some(path),
            ..Self::default()
        }
    }

    /// The end of the line that begins at `start`, and where the next one begins.
    fn line_end(&mut self) -> Option<(usize, usize)> {
        match self.bytes[self.scanned..].iter().position(|byte| *byte == b'\n') {
            Some(offset) => {
                let end = self.scanned + offset;
                self.scanned = end;
                Some((end, end + 1))
            }
            None => {
                self.scanned = self.bytes.len();
                (self.at_end && self.start < self.bytes.len()).then_some((self.bytes.len(), self.bytes.len()))
            }
        }
    }

    /// Adds a chunk behind what is left.
    fn add(&mut self, chunk: io::Result<Vec<u8>>) {
        match chunk {
            Ok(chunk) => {
                self.bytes.drain(..self.start);
                self.scanned -= self.start;
                self.start = 0;
                self.at_end = chunk.is_empty();
                self.bytes.extend_from_slice(&chunk);
            }
            Err(error) => self.failed = Some(error),
        }
    }

    /// Whether a pull has something to return, if need be after reading on.
    fn is_supplied(&mut self) -> bool {
        loop {
            let is_long = self.bytes.len() - self.start > LONGEST_LINE;
            if self.failed.is_some() || is_long || self.line_end().is_some() || self.at_end {
                return true;
            }
            let chunk = match self.input.as_mut() {
                Some(Input::File(file)) => read_chunk(file),
                Some(Input::Chunks(chunks)) => match chunks.try_recv() {
                    Ok(chunk) => chunk,
                    Err(TryRecvError::Empty) => return false,
                    Err(TryRecvError::Disconnected) => Ok(Vec::new()),
                },
                None => Ok(Vec::new()),
            };
            self.add(chunk);
        }
    }

    fn trouble(&self, what: &str) -> Cause {
        Cause::Endpoint(format!("line {} of {}: {what}", self.line + 1, self.name))
    }
}

fn read_chunk(input: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut chunk = vec![0; CHUNK];
    loop {
        match input.read(&mut chunk) {
            Ok(read) => {
                chunk.truncate(read);
                return Ok(chunk);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Reads until the end, or until nobody wants any more.
fn read_apart(mut input: File, chunks: &SyncSender<io::Result<Vec<u8>>>, waker: &Waker) {
    loop {
        let chunk = read_chunk(&mut input);
        let is_last = chunk.as_ref().map_or(true, Vec::is_empty);
        let is_wanted = chunks.send(chunk).is_ok();
        waker.wake();
        if is_last || !is_wanted {
            return;
        }
    }
}

/// The file itself, or a thread that reads it.
fn open(file: File, waker: Waker) -> io::Result<Input> {
    if file.metadata().is_ok_and(|metadata| metadata.is_file()) {
        return Ok(Input::File(file));
    }
    let (sender, chunks) = sync_channel(AHEAD);
    let reader = thread::Builder::new().name("lines".to_owned());
    reader.spawn(move || read_apart(file, &sender, &waker))?;
    Ok(Input::Chunks(chunks))
}

impl Stage for Lines {
    fn init(&mut self, cx: &mut RunContext, text: &str) -> Called<()> {
        let path = match self.path_override.take() {
            Some(path) => path,
            None => text_key(&config(text, &["path"])?, "path")?.unwrap_or_else(|| "-".to_owned()),
        };
        let opened = match path.as_str() {
            "-" => {
                "standard input".clone_into(&mut self.name);
                // A descriptor of its own: the process's own buffer is not read.
                io::stdin().as_fd().try_clone_to_owned().map(File::from)
            }
            path => {
                self.name = format!("`{path}`");
                File::open(path)
            }
        };
        let input = opened.and_then(|file| open(file, cx.waker.clone()));
        self.input = Some(input.map_err(|error| Cause::Endpoint(format!("can't open {}: {error}", self.name)))?);
        Ok(())
    }

    fn teardown(&mut self, _: &mut RunContext) -> Called<()> {
        self.input = None;
        Ok(())
    }

    fn copies(&self) -> CopyStats {
        self.copies
    }
}

impl Source for Lines {
    fn supply(&mut self, _: &mut RunContext) -> Supply {
        match self.is_supplied() {
            true => Supply::Ready,
            false => Supply::Waiting,
        }
    }

    fn pull(&mut self, cx: &mut RunContext) -> Called<Pulled> {
        if let Some(error) = self.failed.take() {
            self.at_end = true;
            return Err(Cause::Endpoint(format!("can't read {}: {error}", self.name)));
        }
        let Some((end, next)) = self.line_end() else {
            return match self.at_end {
                true => Ok(Pulled::Exhausted),
                false => Err(self.trouble(&format!("it is longer than {LONGEST_LINE} bytes"))),
            };
        };
        let line = &self.bytes[self.start..end];
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let made = payload(cx, &mut self.copies, line);
        let made = made.map_err(|text| self.trouble(&text));
        // The next pull goes on behind a line that could not be taken.
        self.line += 1;
        self.start = next;
        self.scanned = next;
        made.map(Pulled::Element)
    }
}
