//! The files that built-in ends have open, in the whole process: a flow that reads and writes the same file would never
//! end, sinks that append to the same file share it, and the report needs a file of its own.
//!
//! Files are compared by identity, not by name: links, other spellings and redirections lead to the same file.

use std::fs::{File, Metadata};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::place::{Nature, Place};
use crate::context::NodeName;
use crate::error::AT_ONCE;

/// Name of standard output in messages.
pub(super) const STDOUT: &str = "standard output";

/// Identity of a file, whatever its names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct FileId {
    device: u64,
    number: u64,
}

impl FileId {
    fn of(metadata: &Metadata) -> Self {
        Self {
            device: metadata.dev(),
            number: metadata.ino(),
        }
    }
}

/// The open files. Those that are dropped everywhere else are forgotten.
struct Opened {
    /// Files that are read, each with the first source that reads it.
    inputs: Vec<(FileId, Weak<Input>, NodeName)>,
    /// Files that are written, each with the first sink that writes to it.
    outputs: Vec<(FileId, Weak<Place>, NodeName)>,
    report: Option<Report>,
}

/// The file of the report.
struct Report {
    id: FileId,
    name: String,
    /// An end of a flow named the same file, which is therefore left unchanged.
    is_claimed: bool,
}

static OPENED: Mutex<Opened> = Mutex::new(Opened {
    inputs: Vec::new(),
    outputs: Vec::new(),
    report: None,
});

/// A file that is read, under the name given for it. The sources that read it hold this.
#[derive(Debug)]
pub(super) struct Input {
    name: String,
}

/// Registers that `source` reads `file`. Only a regular file needs that: writing to it would keep moving the end towards
/// which the source reads.
///
/// # Errors
/// In words, when it is written to as well.
pub(super) fn read(file: &File, name: &str, source: NodeName) -> Result<Option<Arc<Input>>, String> {
    let metadata = described(file)?;
    if !metadata.is_file() {
        return Ok(None);
    }
    let id = FileId::of(&metadata);
    let mut opened = opened();
    opened.reject_report_file(id)?;
    if let Some((place, sink)) = find(&mut opened.outputs, id) {
        return Err(conflict("sink", sink, "writes to", place.name(), (source, name)));
    }
    if own_stdout().is_ok_and(|stdout| stdout.metadata().is_ok_and(|other| FileId::of(&other) == id)) {
        return Err(format!(
            "it is also {STDOUT}, to which the program prints: the input would never end"
        ));
    }
    let input = Arc::new(Input { name: name.to_owned() });
    opened.inputs.push((id, Arc::downgrade(&input), source));
    Ok(Some(input))
}

/// The place for lines that `sink` writes to `file`, shared by all sinks that write there. `continues`: if the file
/// ends in the middle of a line, that line is ended first.
///
/// # Errors
/// In words, when it is read as well.
pub(super) fn written(file: File, name: &str, sink: NodeName, continues: bool) -> Result<Arc<Place>, String> {
    let metadata = described(&file)?;
    let id = FileId::of(&metadata);
    let mut opened = opened();
    opened.reject_report_file(id)?;
    if let Some((input, source)) = find(&mut opened.inputs, id) {
        return Err(conflict("source", source, "reads", &input.name, (sink, name)));
    }
    if let Some((place, _)) = find(&mut opened.outputs, id) {
        return Ok(place);
    }
    let place = Place::new(file, name.to_owned(), Nature::of(&metadata));
    let place = Arc::new(if continues { place.continued() } else { place });
    opened.outputs.push((id, Arc::downgrade(&place), sink));
    Ok(place)
}

/// Registers `file` as that of the report, before any other file is opened. Anything but a regular file can be shared.
///
/// # Errors
/// When the system cannot identify the file.
pub(crate) fn reported(file: &File, name: &str) -> io::Result<()> {
    let metadata = file.metadata()?;
    opened().report = metadata.is_file().then(|| Report {
        id: FileId::of(&metadata),
        name: name.to_owned(),
        is_claimed: false,
    });
    Ok(())
}

/// Whether an end of a flow named the file of the report; each would destroy the other's output.
pub(crate) fn report_is_claimed() -> bool {
    opened().report.as_ref().is_some_and(|report| report.is_claimed)
}

impl Opened {
    /// Rejects the file of the report.
    ///
    /// # Errors
    /// In words, when `id` is that file.
    fn reject_report_file(&mut self, id: FileId) -> Result<(), String> {
        match self.report.as_mut().filter(|report| report.id == id) {
            Some(report) => {
                report.is_claimed = true;
                Err(format!("it is also the report {}", report.name))
            }
            None => Ok(()),
        }
    }
}

/// A separate descriptor of standard output, which bypasses the process's buffer.
pub(super) fn own_stdout() -> io::Result<File> {
    io::stdout().as_fd().try_clone_to_owned().map(File::from)
}

fn described(file: &File) -> Result<Metadata, String> {
    file.metadata().map_err(|error| error.to_string())
}

/// The reason, in words, why a node may not open a file that another node has open.
fn conflict(role: &str, other: NodeName, does: &str, other_name: &str, (own, own_name): (NodeName, &str)) -> String {
    let NodeName { flow, node } = other;
    let whose = match flow == own.flow {
        true => format!("{role} `{node}`"),
        false => format!("{role} `{node}` of flow `{flow}`"),
    };
    let file = match other_name == own_name {
        true => "the same file".to_owned(),
        false => format!("the same file, {other_name}"),
    };
    let why = match flow == own.flow {
        true => "the input would never end".to_owned(),
        false => format!("flows {AT_ONCE}"),
    };
    format!("{whose} {does} {file}: {why}")
}

fn opened() -> MutexGuard<'static, Opened> {
    // No code panics half-way while it holds the lock.
    OPENED.lock().unwrap_or_else(PoisonError::into_inner)
}

fn find<T>(known: &mut Vec<(FileId, Weak<T>, NodeName)>, id: FileId) -> Option<(Arc<T>, NodeName)> {
    known.retain(|(_, held, _)| held.strong_count() > 0);
    let mut found = known.iter().filter(|(other, ..)| *other == id);
    found.find_map(|(_, held, node)| Some((held.upgrade()?, *node)))
}
