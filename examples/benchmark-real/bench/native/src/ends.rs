//! The ends of the flows that are no components: as `builtin:lines` and `builtin:file` do it.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;

use bench_common::Failed;

use crate::stage::{Element, Sink, Source};

/// Bytes that are read or written together.
const READ: usize = 64 << 10;
const WRITTEN: usize = 8 << 10;

/// The lines of a file, without their ends.
pub struct Lines(BufReader<File>);

impl Lines {
    /// # Errors
    /// When the file can't be opened.
    pub fn of(path: &Path) -> Result<Self, Failed> {
        let file = File::open(path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Self(BufReader::with_capacity(READ, file)))
    }
}

impl Source for Lines {
    fn pull(&mut self) -> Result<Option<Vec<u8>>, Failed> {
        let mut line = Vec::new();
        if self.0.read_until(b'\n', &mut line)? == 0 {
            return Ok(None);
        }
        if line.last() == Some(&b'\n') {
            line.pop();
            if line.last() == Some(&b'\r') {
                line.pop();
            }
        }
        Ok(Some(line))
    }
}

/// Payloads as the lines of a file, which are appended.
pub struct Written(BufWriter<File>);

impl Written {
    /// # Errors
    /// When the file can't be opened.
    pub fn to(path: &Path) -> Result<Self, Failed> {
        let file = OpenOptions::new().append(true).create(true).open(path);
        let file = file.map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Self(BufWriter::with_capacity(WRITTEN, file)))
    }

    /// Appends a line.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn line(&mut self, line: &[u8]) -> Result<(), Failed> {
        self.0.write_all(line)?;
        self.0.write_all(b"\n")?;
        Ok(())
    }
}

impl Sink for Written {
    fn push(&mut self, element: Element) -> Result<(), Failed> {
        self.line(&element.payload)
    }

    fn finish(&mut self) -> Result<(), Failed> {
        Ok(self.0.flush()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_back_without_their_ends() {
        let file = std::env::temp_dir().join(format!("benchmark-real-{}", std::process::id()));
        let mut written = Written::to(&file).unwrap();
        for line in ["one", "two\r", ""] {
            written.line(line.as_bytes()).unwrap();
        }
        written.finish().unwrap();
        let mut lines = Lines::of(&file).unwrap();
        let mut next = || lines.pull().unwrap().map(|line| String::from_utf8(line).unwrap());
        let read = [next(), next(), next(), next()];
        std::fs::remove_file(&file).unwrap();
        assert_eq!(
            read.map(|line| line.unwrap_or("end".to_owned())),
            ["one", "two", "", "end"]
        );
    }
}
