//! The input of a replica of `builtin:lines`, without the elements made from it.

use std::fs::File;
use std::io;

use crate::bounds;
use crate::replica::Shared;
use crate::sync::{Arc, Mutex};

#[path = "../../../../runtime-core/src/builtin/lines/feed.rs"]
mod feed;
#[path = "../../../../runtime-core/src/builtin/lines/input.rs"]
mod input;

pub(super) use feed::Feed;

use feed::Batch;
use input::Input;

/// Longest line in bytes.
const LONGEST_LINE: usize = bounds::LARGEST_BUFFER_BYTES as usize;

/// A replica's side of the lines.
pub(crate) struct Lines(Arc<Mutex<Feed>>);

/// Result of a request for lines.
pub(crate) enum Supply {
    /// Whole lines, with the number of lines before them.
    Lines(Vec<String>, u64),
    /// No line is available yet.
    Waiting,
    /// The input has ended.
    End,
}

impl Lines {
    /// Joins the replicas that read the same input; the first one calls `open`.
    ///
    /// # Errors
    /// When the system has no thread.
    pub(crate) fn join(shared: &Shared, open: impl FnOnce() -> File) -> io::Result<Self> {
        let feed = shared.part("-", |wakers| {
            Input::open(open(), wakers).map(|input| Mutex::new(Feed::new(input)))
        });
        feed.map(Self)
    }

    /// The next lines.
    ///
    /// # Errors
    /// When they cannot be read.
    pub(crate) fn next(&self) -> io::Result<Supply> {
        let batch = self.0.lock().expect("loom's locks are never poisoned").next()?;
        Ok(match batch {
            Batch::Lines { text, line } => {
                let text = String::from_utf8_lossy(&text);
                Supply::Lines(text.lines().map(str::to_owned).collect(), line)
            }
            Batch::TooLong { line } => unreachable!("the models have short lines, and {line} is none"),
            Batch::Waiting => Supply::Waiting,
            Batch::End => Supply::End,
        })
    }
}
