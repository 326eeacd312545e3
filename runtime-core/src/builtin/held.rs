//! Lines that a sink holds: accepted, but not yet written completely.

use std::collections::VecDeque;

/// Written bytes kept at the beginning of the buffer before the rest is moved to the front.
const SLACK: usize = 32 << 10;

/// Lines in order of arrival; the first may be partly written.
#[derive(Debug, Default)]
pub(super) struct Held {
    bytes: Vec<u8>,
    /// Bytes of `bytes` that are written.
    start: usize,
    /// Number of bytes that were held before those in `bytes`.
    base: u64,
    /// Start of the first line, on the same scale as `base`.
    line_start: u64,
    lines: VecDeque<Line>,
}

#[derive(Clone, Copy, Debug)]
struct Line {
    /// Position after its line end, on the same scale as `base`.
    end: u64,
    /// Sequence number of its element.
    sequence: u64,
}

impl Held {
    pub(super) fn push(&mut self, line: &[u8], sequence: u64) {
        self.bytes.extend_from_slice(line);
        self.bytes.push(b'\n');
        let end = self.base + self.bytes.len() as u64;
        self.lines.push_back(Line { end, sequence });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Number of bytes to be written.
    pub(super) fn len(&self) -> usize {
        self.bytes.len() - self.start
    }

    /// The bytes to be written.
    pub(super) fn unwritten(&self) -> &[u8] {
        &self.bytes[self.start..]
    }

    /// The first bytes to be written: at most `most`, and whole lines if they contain one.
    pub(super) fn chunk(&self, most: usize) -> &[u8] {
        let all = self.unwritten();
        if all.len() <= most {
            return all;
        }
        let end = all[..most].iter().rposition(|byte| *byte == b'\n');
        &all[..end.map_or(most, |end| end + 1)]
    }

    /// Bytes of the first line that are already written.
    pub(super) fn begun(&self) -> u64 {
        self.written() - self.line_start
    }

    /// Sequence number of the first line's element.
    pub(super) fn first(&self) -> Option<u64> {
        self.lines.front().map(|line| line.sequence)
    }

    /// Counts `bytes` more bytes as written. Returns the number of lines completed by them.
    pub(super) fn count_written(&mut self, bytes: usize) -> u64 {
        self.start += bytes;
        let written = self.written();
        let mut complete = 0;
        while let Some(line) = self.lines.front().filter(|line| line.end <= written) {
            self.line_start = line.end;
            self.lines.pop_front();
            complete += 1;
        }
        if self.start == self.bytes.len() || self.start > SLACK {
            self.base += self.start as u64;
            self.bytes.drain(..self.start);
            self.start = 0;
        }
        complete
    }

    /// Drops all lines. Returns their number.
    pub(super) fn give_up(&mut self) -> u64 {
        let lines = self.lines.len() as u64;
        *self = Self::default();
        lines
    }

    fn written(&self) -> u64 {
        self.base + self.start as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(lines: &[&str]) -> Held {
        let mut held = Held::default();
        for (sequence, line) in lines.iter().enumerate() {
            held.push(line.as_bytes(), sequence as u64);
        }
        held
    }

    #[test]
    fn lines_are_complete_when_their_ends_are_written() {
        let mut held = held(&["one", "", "three"]);
        assert_eq!(held.unwritten(), b"one\n\nthree\n");
        assert_eq!((held.count_written(3), held.begun(), held.first()), (0, 3, Some(0)));
        assert_eq!((held.count_written(1), held.begun(), held.first()), (1, 0, Some(1)));
        assert_eq!((held.count_written(3), held.begun(), held.first()), (1, 2, Some(2)));
        held.push(b"four", 7);
        assert_eq!(held.unwritten(), b"ree\nfour\n");
        assert_eq!((held.count_written(9), held.begun(), held.first()), (2, 0, None));
        assert!(held.is_empty());
    }

    #[test]
    fn a_chunk_is_whole_lines_where_there_is_one() {
        let mut held = held(&["one", "two", "a long one"]);
        assert_eq!(held.chunk(100), b"one\ntwo\na long one\n");
        assert_eq!(held.chunk(9), b"one\ntwo\n");
        assert_eq!(held.chunk(8), b"one\ntwo\n");
        assert_eq!(held.chunk(7), b"one\n");
        assert_eq!(held.chunk(2), b"on");
        held.count_written(8);
        assert_eq!(held.chunk(4), b"a lo");
    }

    #[test]
    fn what_is_written_does_not_pile_up() {
        let mut held = Held::default();
        for n in 0..10_000 {
            held.push(&[b'x'; 99], n);
            held.push(&[b'x'; 99], n);
            assert_eq!(held.count_written(150), 1 + n % 2);
            held.count_written(if n % 2 == 0 { 0 } else { 100 });
        }
        assert!(held.bytes.capacity() < 8 * SLACK, "{}", held.bytes.capacity());
    }

    #[test]
    fn what_is_given_up_is_counted() {
        let mut held = held(&["one", "two", "three"]);
        held.count_written(6);
        assert_eq!(held.give_up(), 2);
        assert!(held.is_empty());
        assert_eq!(held.begun(), 0);
    }
}
