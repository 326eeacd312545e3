//! `builtin:lines`: one element for each line of a file or of standard input.

use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::sync::PoisonError;

use memchr::memchr;

use super::{config, is_fifo, opened, path_key, payload};
use crate::bounds;
use crate::builtin_table;
use crate::context::{NodeName, RunContext};
use crate::error::Cause;
use crate::executor::Waker;
use crate::replica::Shared;
use crate::stage::{Called, Pulled, Source, Stage, Supply};
use crate::stdio::{self, Standard};
use crate::sync::{Arc, Mutex};

mod feed;
mod input;

pub(super) use feed::Feed;

use feed::{Batch, behind_line};
use input::Input;

/// Longest line in bytes: the size of the largest buffer.
const LONGEST_LINE: usize = bounds::LARGEST_BUFFER_BYTES as usize;

/// The path that stands for standard input.
const STANDARD_INPUT: &str = "-";

/// Source of lines, without their `\n` or `\r\n`. Configuration: `{"path": "…"}`; `-` or no path is standard input.
///
/// Input that may keep its reader waiting (a terminal, a pipe) is read by a thread of its own. A line longer than any
/// buffer is one failed pull without an element. Replicas of a flow that read the same path divide its lines among
/// themselves; where they divide the ports of a router, each reads all lines.
#[derive(Default)]
pub struct Lines {
    /// Path from the command line, which replaces the configured one.
    path_override: Option<PathBuf>,
    /// The state through which the replicas of the flow divide the lines; `None` where they do not.
    shared: Option<Arc<Shared>>,
    name: String,
    input: Option<Reader>,
    /// Registration of the open file, which keeps sinks from writing to it.
    opened: Option<Arc<opened::Input>>,
    /// Position in `bytes` of the first byte not yet emitted.
    start: usize,
    /// Position in `bytes` before which there is no line end.
    scanned: usize,
    /// The end of the line that begins at `start`, once it was found.
    end: Option<usize>,
    bytes: Vec<u8>,
    at_end: bool,
    /// The next line is longer than any buffer; its text was dropped.
    is_too_long: bool,
    /// Input up to the next line end belongs to such a line and is dropped.
    skips_line: bool,
    /// Error of the input.
    failed: Option<io::Error>,
    line: u64,
    /// Position of its node.
    node: usize,
}

enum Reader {
    /// An input read by this source alone.
    Own(Input),
    /// An input that other replicas read too.
    Shared(Arc<Mutex<Feed>>),
}

impl Lines {
    /// A source that reads `path` (`-`: standard input), whatever the configuration says.
    #[must_use]
    pub fn of(path: PathBuf) -> Self {
        Self {
            path_override: Some(path),
            ..Self::default()
        }
    }

    /// The end of the line that begins at `start`; `None` while it is incomplete.
    fn line_end(&mut self) -> Option<usize> {
        if let Some(offset) = memchr(b'\n', &self.bytes[self.scanned..]) {
            return Some(self.scanned + offset);
        }
        self.scanned = self.bytes.len();
        (self.at_end && self.start < self.bytes.len()).then_some(self.bytes.len())
    }

    /// Appends a chunk to the bytes not yet emitted.
    fn add(&mut self, chunk: io::Result<Vec<u8>>) {
        match chunk {
            Ok(chunk) => {
                self.bytes.drain(..self.start);
                self.scanned -= self.start;
                self.start = 0;
                self.at_end = chunk.is_empty();
                let rest = if self.skips_line {
                    behind_line(&chunk)
                } else {
                    Some(&*chunk)
                };
                self.skips_line = rest.is_none();
                self.bytes.extend_from_slice(rest.unwrap_or_default());
            }
            Err(error) => self.failed = Some(error),
        }
    }

    /// Whether the next pull has a result. Reads on if necessary.
    fn is_supplied(&mut self) -> bool {
        loop {
            if self.failed.is_some() || self.is_too_long || self.end.is_some() {
                return true;
            }
            self.end = self.line_end();
            if self.end.is_some() || self.at_end {
                return true;
            }
            if self.bytes.len() - self.start > LONGEST_LINE {
                self.give_up_line();
                return true;
            }
            match self.next_chunk() {
                Some(chunk) => self.add(chunk),
                None => return self.is_too_long,
            }
        }
    }

    /// Drops the line at `start`, which has no end so far and exceeds the largest buffer.
    fn give_up_line(&mut self) {
        self.is_too_long = true;
        self.skips_line = true;
        self.bytes = Vec::new();
        self.start = 0;
        self.scanned = 0;
    }

    /// The next bytes, empty at the end of the input; `None` while none are available.
    fn next_chunk(&mut self) -> Option<io::Result<Vec<u8>>> {
        match self.input.as_mut() {
            Some(Reader::Own(input)) => input.next_chunk(),
            Some(Reader::Shared(feed)) => {
                // No code panics half-way while it holds the lock.
                let batch = feed.lock().unwrap_or_else(PoisonError::into_inner).next();
                match batch {
                    Ok(Batch::Lines { text, line }) => {
                        self.line = line;
                        Some(Ok(text))
                    }
                    Ok(Batch::TooLong { line }) => {
                        self.line = line;
                        self.is_too_long = true;
                        None
                    }
                    Ok(Batch::Waiting) => None,
                    Ok(Batch::End) => Some(Ok(Vec::new())),
                    Err(error) => Some(Err(error)),
                }
            }
            None => Some(Ok(Vec::new())),
        }
    }

    /// Opens `path`, or joins the replicas that already read it.
    ///
    /// # Errors
    /// The reason in words.
    fn open(&mut self, cx: &RunContext, path: &Path) -> Result<Reader, String> {
        let (name, opened) = (&self.name, &mut self.opened);
        let mut open = |wakers| open(path, name, cx.preparing, wakers, opened);
        match &self.shared {
            Some(shared) => shared
                .part(path, |wakers| open(wakers).map(|input| Mutex::new(Feed::new(input))))
                .map(Reader::Shared),
            None if path.as_os_str() == STANDARD_INPUT && cx.each_gets_all() => {
                Err("every replica needs the whole input, but this one can be read only once; use a file".to_owned())
            }
            None => open(vec![cx.waker.clone()]).map(Reader::Own),
        }
    }

    /// Adds the number of the line to the words of a cause.
    fn located(&self, mut cause: Cause) -> Cause {
        if let Cause::NoBuffer { refusal, .. } = &mut cause {
            refusal.words = format!("line {} of {}: {}", self.line + 1, self.name, refusal.words);
        }
        cause
    }

    /// The error of the input, or the line that is too long, is told once.
    #[cold]
    fn trouble(&mut self) -> Cause {
        let name = &self.name;
        if let Some(error) = self.failed.take() {
            self.at_end = true;
            return Cause::Endpoint(format!("can't read {name}: {error}"));
        }
        self.is_too_long = false;
        self.line += 1;
        Cause::Endpoint(format!(
            "line {} of {name}: it is longer than {LONGEST_LINE} bytes",
            self.line
        ))
    }
}

fn open(
    path: &Path,
    name: &str,
    source: NodeName,
    wakers: Vec<Waker>,
    opened: &mut Option<Arc<opened::Input>>,
) -> Result<Input, String> {
    let words = |error: io::Error| error.to_string();
    let is_standard = path.as_os_str() == STANDARD_INPUT;
    if !is_standard && is_fifo(path) {
        // Opening a pipe blocks until a writer opens it too, so a thread does it.
        let path = path.to_owned();
        return Input::open_in_thread(move || File::open(path), wakers).map_err(words);
    }
    let file = match is_standard {
        true if stdio::was_closed(Standard::Input) => return Err(stdio::CLOSED_AT_START.to_owned()),
        // A descriptor of its own, which bypasses the process's buffer of standard input.
        true => io::stdin().as_fd().try_clone_to_owned().map(File::from),
        false => File::open(path),
    };
    let file = file.map_err(words)?;
    *opened = opened::read(&file, name, source)?;
    Input::open(file, wakers).map_err(words)
}

impl Stage for Lines {
    fn init(&mut self, cx: &mut RunContext, text: &str) -> Called<()> {
        self.node = cx.preparing_at;
        let path = match self.path_override.take() {
            Some(path) => path,
            None => path_key(&config(text, builtin_table::LINES)?).unwrap_or_else(|| STANDARD_INPUT.into()),
        };
        self.name = match path.as_os_str() == STANDARD_INPUT {
            true => "standard input".to_owned(),
            false => format!("`{}`", path.display()),
        };
        let input = self.open(cx, &path);
        self.input = Some(input.map_err(|why| Cause::Endpoint(format!("can't open {}: {why}", self.name)))?);
        Ok(())
    }

    fn teardown(&mut self, _: &mut RunContext) -> Called<()> {
        self.input = None;
        Ok(())
    }
}

impl Source for Lines {
    fn share(&mut self, shared: Arc<Shared>) {
        self.shared = Some(shared);
    }

    fn supply(&mut self, _: &mut RunContext) -> Supply {
        match self.is_supplied() {
            true => Supply::Ready,
            false => Supply::Waiting,
        }
    }

    fn pull(&mut self, cx: &mut RunContext) -> Called<Pulled> {
        if self.failed.is_some() || self.is_too_long {
            return Err(self.trouble());
        }
        let Some(end) = self.end.take().or_else(|| self.line_end()) else {
            return Ok(Pulled::Exhausted);
        };
        let line = &self.bytes[self.start..end];
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let made = payload(cx, self.node, line);
        let made = made.map_err(|cause| self.located(cause));
        // The next pull continues after a line that could not be put into a buffer.
        self.line += 1;
        // Behind the line end, which the last line may lack.
        self.start = end + usize::from(end < self.bytes.len());
        self.scanned = self.start;
        made.map(Pulled::Element)
    }
}
