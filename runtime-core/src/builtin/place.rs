//! The destination of lines: one open file, which several sinks may share. Their lines stay whole, one sink's after the
//! other's.

use std::fs::{File, Metadata};
use std::io::{self, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
#[cfg(target_os = "linux")]
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::held::Held;
use crate::sync::atomic::{AtomicBool, Ordering};

/// An open file.
pub(super) struct Place {
    file: File,
    name: String,
    nature: Nature,
    end: Mutex<End>,
    /// Whether the system's cache holds output that has not been flushed to the disk.
    is_unsynced: AtomicBool,
}

/// What matters of the type of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nature {
    Regular,
    /// A device that takes everything at once, such as `/dev/null`.
    Memory,
    /// Something with a reader, who may keep its writer waiting.
    Read,
}

/// Number of the drivers of memory devices (Linux, Documentation/admin-guide/devices.txt).
#[cfg(target_os = "linux")]
const MEMORY_DEVICES: u32 = 1;

impl Nature {
    /// That of a file.
    pub(super) fn of(metadata: &Metadata) -> Self {
        if metadata.is_file() {
            return Self::Regular;
        }
        #[cfg(target_os = "linux")]
        if metadata.file_type().is_char_device() && rustix::fs::major(metadata.rdev()) == MEMORY_DEVICES {
            return Self::Memory;
        }
        Self::Read
    }
}

/// How the file currently ends; locked by the writer.
pub(super) struct End {
    /// The file ends in the middle of a line, which is incomplete or belongs to another program.
    is_open: bool,
}

/// Outcome of writing.
#[derive(Debug, Default)]
pub(super) struct Written {
    /// Lines written completely.
    pub(super) lines: u64,
    /// Lines written that do not count as delivered, because flushing them failed.
    pub(super) lost: u64,
    /// Error that kept the other lines from being written.
    pub(super) error: Option<io::Error>,
}

impl Place {
    pub(super) fn new(file: File, name: String, nature: Nature) -> Self {
        Self {
            file,
            name,
            nature,
            end: Mutex::new(End { is_open: false }),
            is_unsynced: AtomicBool::new(false),
        }
    }

    /// A place for a file that existed before. If it ends in the middle of a line, that line is ended before anything
    /// else is written.
    pub(super) fn continued(self) -> Self {
        let length = self.file.metadata().map_or(0, |metadata| metadata.len());
        let mut last = [b'\n'];
        if self.is_regular() && length > 0 {
            // A file that cannot be read is assumed to end with a whole line.
            let _ = self.file.read_at(&mut last, length - 1);
        }
        let end = End {
            is_open: last != *b"\n",
        };
        Self {
            end: Mutex::new(end),
            ..self
        }
    }

    /// The name in messages.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    fn is_regular(&self) -> bool {
        self.nature == Nature::Regular
    }

    /// Whether writing may have to wait for a reader.
    pub(super) fn has_reader(&self) -> bool {
        self.nature == Nature::Read
    }

    pub(super) fn file(&self) -> &File {
        &self.file
    }

    /// Waits for other writers of the file.
    pub(super) fn end(&self) -> MutexGuard<'_, End> {
        // No code panics half-way while it holds the lock.
        self.end.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes all lines, in several steps if necessary. For a file that keeps no writer waiting.
    pub(super) fn write_all(&self, held: &mut Held, syncs: bool) -> Written {
        let mut end = self.end();
        let mut written = Written {
            error: self.close_line(&mut end).err(),
            ..Written::default()
        };
        let mut bytes = 0;
        while written.error.is_none() && !held.is_empty() {
            match self.write(held.unwritten()) {
                Ok(some) => {
                    bytes += some as u64;
                    written.lines += held.count_written(some);
                }
                Err(error) => written.error = Some(error),
            }
        }
        let mut in_vain = held.begun();
        if syncs && let Err(error) = self.sync() {
            // Whether the system keeps the output it accepted is unknown.
            in_vain = bytes;
            written = Written {
                lines: 0,
                lost: written.lines,
                error: Some(written.error.unwrap_or(error)),
            };
        }
        if in_vain > 0 {
            self.take_back(&mut end, in_vain);
        }
        written
    }

    /// Writes some bytes.
    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            match (&self.file).write(bytes) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => {
                    self.is_unsynced.store(true, Ordering::Relaxed);
                    return Ok(written);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Writes as much of a chunk as there is room for. Afterwards `end` says whether the file ends in the middle of a
    /// line.
    pub(super) fn write_some(&self, end: &mut End, is_continued: bool, chunk: &[u8]) -> io::Result<usize> {
        if !is_continued {
            self.close_line(end)?;
        }
        let written = self.write(chunk)?;
        end.is_open = chunk[written - 1] != b'\n';
        Ok(written)
    }

    /// Writes a line end if the file ends in the middle of a line.
    fn close_line(&self, end: &mut End) -> io::Result<()> {
        if end.is_open {
            self.write(b"\n")?;
            end.is_open = false;
        }
        Ok(())
    }

    /// Removes the last bytes written, an incomplete line, unless another process has appended to the file since.
    fn take_back(&self, end: &mut End, bytes: u64) {
        let cut = || {
            let mut file = &self.file;
            let position = file.stream_position()?;
            if self.file.metadata()?.len() != position {
                return Err(io::ErrorKind::NotSeekable.into());
            }
            file.set_len(position - bytes)?;
            // Without `O_APPEND` the next write would leave a hole.
            file.seek(SeekFrom::Start(position - bytes))
        };
        end.is_open = cut().is_err();
    }

    /// Flushes recent output from the system's cache to the disk.
    pub(super) fn sync(&self) -> io::Result<()> {
        match self.is_regular() && self.is_unsynced.swap(false, Ordering::Relaxed) {
            true => self.file.sync_data(),
            false => Ok(()),
        }
    }

    pub(super) fn is_unsynced(&self) -> bool {
        self.is_regular() && self.is_unsynced.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(name: &str, before: &[u8]) -> (std::path::PathBuf, Place) {
        let path = std::env::temp_dir().join(format!("torvyn-place-{}-{name}", std::process::id()));
        let mut file = File::create(&path).unwrap();
        file.write_all(before).unwrap();
        let file = File::options().read(true).append(true).open(&path).unwrap();
        (path, Place::new(file, name.to_owned(), Nature::Regular).continued())
    }

    fn contents(path: &std::path::Path) -> String {
        let text = io::read_to_string(File::open(path).unwrap()).unwrap();
        std::fs::remove_file(path).unwrap();
        text
    }

    #[test]
    fn a_line_without_its_end_gets_one_and_once() {
        let (path, place) = place("half", b"whole\nha");
        for line in ["one", "two"] {
            let mut held = Held::default();
            held.push(line.as_bytes(), 0);
            let written = place.write_all(&mut held, false);
            assert_eq!((written.lines, written.error.is_none()), (1, true));
        }
        assert_eq!(contents(&path), "whole\nha\none\ntwo\n");
    }

    #[test]
    fn what_ends_in_whole_lines_stays_as_it_is() {
        for before in ["", "whole\n"] {
            let (path, place) = place(&format!("whole{}", before.len()), before.as_bytes());
            let mut held = Held::default();
            held.push(b"one", 0);
            place.write_all(&mut held, true);
            assert_eq!(contents(&path), format!("{before}one\n"));
        }
    }

    #[test]
    fn half_a_line_is_taken_back_unless_somebody_has_written_behind_it() {
        let (path, place) = place("back", b"");
        place.write(b"whole\nha").unwrap();
        place.take_back(&mut place.end(), 2);
        place.write(b"next\nha").unwrap();
        File::options()
            .append(true)
            .open(&path)
            .unwrap()
            .write_all(b"other")
            .unwrap();
        place.take_back(&mut place.end(), 2);
        assert!(place.end().is_open);
        assert_eq!(contents(&path), "whole\nnext\nhaother");
    }
}
