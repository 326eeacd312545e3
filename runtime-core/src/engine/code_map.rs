//! Maps of loaded machine code, for profilers.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::{Arc, Mutex, PoisonError};

/// Receiver of the places at which artifacts are loaded.
pub trait CodeMap: Send + Sync {
    /// Notes that the artifact with these symbols is loaded at the addresses `image`.
    ///
    /// # Errors
    /// When the map can't be written.
    fn add(&self, symbols: &str, image: Range<*const u8>) -> io::Result<()>;

    /// Path of the map.
    fn path(&self) -> &Path;
}

/// Makes an empty map, which stays after the process.
pub type NewCodeMap = fn() -> io::Result<Arc<dyn CodeMap>>;

/// The map that `perf` reads, `/tmp/perf-<process>.map`: a line for each function with its address and its length, both
/// in hexadecimal, and its name. Where the file is and what it contains is part of perf's interface for JIT compilers.
struct PerfMap {
    path: PathBuf,
    file: Mutex<File>,
}

/// Makes an empty map for `perf`. A file of an earlier process with this number is replaced.
///
/// # Errors
/// When the file can't be made; the error names it.
pub fn perf_map() -> io::Result<Arc<dyn CodeMap>> {
    let path = PathBuf::from(format!("/tmp/perf-{}.map", process::id()));
    // Everybody may write to the folder, so what is there is not opened: it could be a link.
    let file = match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => OpenOptions::new().write(true).create_new(true).open(&path),
    };
    let file = Mutex::new(file.map_err(|error| named(&path, &error))?);
    Ok(Arc::new(PerfMap { path, file }))
}

impl CodeMap for PerfMap {
    fn add(&self, symbols: &str, image: Range<*const u8>) -> io::Result<()> {
        let text = moved(symbols, image.start.addr() as u64);
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(text.as_bytes())
            .map_err(|error| named(&self.path, &error))
    }

    fn path(&self) -> &Path {
        &self.path
    }
}

fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("cannot write `{}`: {error}", path.display()))
}

/// Returns symbols with addresses in place of positions in an artifact. A line that is no symbol is left out.
fn moved(symbols: &str, start: u64) -> String {
    let moved = symbols.lines().filter_map(|line| {
        let (offset, rest) = line.split_once(' ')?;
        let offset = u64::from_str_radix(offset, 16).ok()?;
        Some(format!("{:x} {rest}\n", start + offset))
    });
    moved.collect()
}

#[cfg(test)]
mod tests {
    use super::moved;

    #[test]
    fn symbols_get_addresses() {
        let symbols = "1000 2f parse::Record::parse\n1030 8 <T as alloc::Clone>::clone\n";
        let expected = "7f001000 2f parse::Record::parse\n7f001030 8 <T as alloc::Clone>::clone\n";
        assert_eq!(moved(symbols, 0x7f00_0000), expected);
    }
}
