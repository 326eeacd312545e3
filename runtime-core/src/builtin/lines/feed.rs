//! The lines of one input, divided among replicas: whole lines, in a batch for each replica that asks.

use std::io;

use memchr::{memchr, memchr_iter};

use super::LONGEST_LINE;
use super::input::Input;

/// Lines in a batch: few, so that even a short input is divided among slow stages; enough to make the hand-over cheap.
const BATCH: usize = 16;

/// The rest of an input.
pub(crate) struct Feed {
    input: Input,
    bytes: Vec<u8>,
    /// Position of the first byte not yet handed out.
    start: usize,
    /// Position before which, from `start` on, there is no line end.
    scanned: usize,
    at_end: bool,
    /// Input up to the next line end belongs to a line that is too long, and is dropped.
    skips_line: bool,
    /// Number of lines handed out.
    line: u64,
}

/// Result of a request for lines.
pub(super) enum Batch {
    /// Whole lines; the last line of the input may lack its end.
    Lines {
        /// The text.
        text: Vec<u8>,
        /// Number of lines before these.
        line: u64,
    },
    /// A line longer than any buffer, in place of its text.
    TooLong {
        /// Number of lines before it.
        line: u64,
    },
    /// No line is available yet.
    Waiting,
    /// The input has ended.
    End,
}

impl Feed {
    pub(super) fn new(input: Input) -> Self {
        Self {
            input,
            bytes: Vec::new(),
            start: 0,
            scanned: 0,
            at_end: false,
            skips_line: false,
            line: 0,
        }
    }

    /// The next lines.
    ///
    /// # Errors
    /// Those of reading the input.
    pub(super) fn next(&mut self) -> io::Result<Batch> {
        loop {
            if let Some((end, lines)) = self.batch_end() {
                return Ok(self.cut(end, lines));
            }
            let left = self.bytes.len() - self.start;
            if left > LONGEST_LINE {
                return Ok(self.give_up_line());
            }
            if self.at_end && left > 0 {
                return Ok(self.cut(self.bytes.len(), 1));
            }
            if self.at_end {
                return Ok(Batch::End);
            }
            match self.input.next_chunk() {
                Some(Ok(chunk)) => self.add(&chunk),
                Some(Err(error)) => {
                    self.at_end = true;
                    return Err(error);
                }
                None => return Ok(Batch::Waiting),
            }
        }
    }

    /// The end of a batch and the number of its lines; `None` while there is no whole line.
    fn batch_end(&mut self) -> Option<(usize, u64)> {
        let from = self.scanned.max(self.start);
        let ends = memchr_iter(b'\n', &self.bytes[from..]).take(BATCH);
        let last = ends.fold(None, |found: Option<(usize, u64)>, at| {
            Some((from + at + 1, found.map_or(1, |(_, lines)| lines + 1)))
        });
        if last.is_none() {
            self.scanned = self.bytes.len();
        }
        last
    }

    fn cut(&mut self, end: usize, lines: u64) -> Batch {
        let text = self.bytes[self.start..end].to_vec();
        let line = self.line;
        self.start = end;
        self.line += lines;
        Batch::Lines { text, line }
    }

    /// Drops the line at `start`, which has no end so far and exceeds the largest buffer.
    fn give_up_line(&mut self) -> Batch {
        self.skips_line = true;
        self.bytes = Vec::new();
        self.start = 0;
        self.scanned = 0;
        let line = self.line;
        self.line += 1;
        Batch::TooLong { line }
    }

    fn add(&mut self, chunk: &[u8]) {
        self.bytes.drain(..self.start);
        self.scanned = self.scanned.saturating_sub(self.start);
        self.start = 0;
        self.at_end = chunk.is_empty();
        let rest = if self.skips_line {
            behind_line(chunk)
        } else {
            Some(chunk)
        };
        self.skips_line = rest.is_none();
        self.bytes.extend_from_slice(rest.unwrap_or_default());
    }
}

/// The part of a chunk after its first line end; `None` without a line end.
pub(super) fn behind_line(chunk: &[u8]) -> Option<&[u8]> {
    let end = memchr(b'\n', chunk)?;
    Some(&chunk[end + 1..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sync::mpsc::{SyncSender, sync_channel};

    /// A feed of these chunks; the input ends after them if `ends`.
    fn feed(chunks: &[&str], ends: bool) -> (Feed, Option<SyncSender<io::Result<Vec<u8>>>>) {
        let (sender, receiver) = sync_channel(chunks.len() + 1);
        for chunk in chunks {
            sender.send(Ok(chunk.as_bytes().to_vec())).unwrap();
        }
        (Feed::new(Input::Chunks(receiver)), (!ends).then_some(sender))
    }

    fn next(feed: &mut Feed) -> Option<(String, u64)> {
        match feed.next().unwrap() {
            Batch::Lines { text, line } => Some((String::from_utf8(text).unwrap(), line)),
            Batch::TooLong { line } => Some(("(too long)".to_owned(), line)),
            Batch::Waiting | Batch::End => None,
        }
    }

    #[test]
    fn batches_are_whole_lines() {
        let (mut feed, _input) = feed(&["a\nb", "b\ncc\n", "d"], true);
        assert_eq!(next(&mut feed), Some(("a\n".to_owned(), 0)));
        assert_eq!(next(&mut feed), Some(("bb\ncc\n".to_owned(), 1)));
        assert_eq!(
            next(&mut feed),
            Some(("d".to_owned(), 3)),
            "the last line lacks its end"
        );
        assert!(matches!(feed.next(), Ok(Batch::End)));
        assert!(matches!(feed.next(), Ok(Batch::End)));
    }

    #[test]
    fn a_batch_has_so_many_lines_at_most() {
        let text: String = (0..40).map(|n| format!("{n}\n")).collect();
        let (mut feed, _input) = feed(&[&text], true);
        let batches: Vec<_> = std::iter::from_fn(|| next(&mut feed)).collect();
        let lines: Vec<_> = batches
            .iter()
            .map(|(text, line)| (text.lines().count(), *line))
            .collect();
        assert_eq!(lines, [(16, 0), (16, 16), (8, 32)]);
        assert_eq!(batches.into_iter().map(|(text, _)| text).collect::<String>(), text);
    }

    #[test]
    fn a_part_of_a_line_waits_for_the_rest() {
        let (mut feed, input) = feed(&["one\ntw"], false);
        assert_eq!(next(&mut feed), Some(("one\n".to_owned(), 0)));
        assert!(matches!(feed.next(), Ok(Batch::Waiting)));
        input.unwrap().send(Ok(b"o\n".to_vec())).unwrap();
        assert_eq!(next(&mut feed), Some(("two\n".to_owned(), 1)));
    }

    #[test]
    fn a_line_that_is_too_long_is_told_once_and_not_kept() {
        let part = "x".repeat(LONGEST_LINE / 2);
        let (mut feed, input) = feed(&["first\n", &part, &part, "x", &part, "x\nlast\nla"], false);
        assert_eq!(next(&mut feed), Some(("first\n".to_owned(), 0)));
        assert_eq!(next(&mut feed), Some(("(too long)".to_owned(), 1)));
        assert!(feed.bytes.capacity() == 0, "its beginning is not kept");
        assert_eq!(next(&mut feed), Some(("last\n".to_owned(), 2)));
        let input = input.unwrap();
        for rest in [&part, &part, "yy", ""] {
            input.send(Ok(rest.as_bytes().to_vec())).unwrap();
        }
        assert_eq!(next(&mut feed), Some(("(too long)".to_owned(), 3)));
        assert!(
            matches!(feed.next(), Ok(Batch::End)),
            "the end of the input is its end too"
        );
    }

    #[test]
    fn an_error_is_told_once() {
        let (mut feed, input) = feed(&[], false);
        input.unwrap().send(Err(io::Error::other("broken"))).unwrap();
        assert!(feed.next().is_err());
        assert!(matches!(feed.next(), Ok(Batch::End)));
    }
}
