//! `builtin:file`: each payload as a line, appended to a file.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::output::{Fsync, Options, Output};
use super::{config, flush_key, is_fifo, is_written, opened, path_key, text_key};
use crate::buffer::Element;
use crate::builtin_table;
use crate::context::RunContext;
use crate::error::Cause;
use crate::stage::{Called, Confirmed, Sink, Stage, Taken};

/// Sink that appends to a file, and creates it when needed. Configuration: `{"path": "…"}`, and optionally `flush_ms`
/// and `fsync`.
///
/// Only whole lines are written, so that replicas of a flow can append to the same file. If the file ends in the middle
/// of a line, that line is ended first.
#[derive(Default)]
pub struct File {
    /// Path from the command line, which replaces the configured one.
    path_override: Option<PathBuf>,
    output: Option<Output>,
}

impl File {
    /// A sink that appends to `path`, whatever the configuration says.
    #[must_use]
    pub fn of(path: PathBuf) -> Self {
        Self {
            path_override: Some(path),
            output: None,
        }
    }
}

/// Opens a file to append to. Without permission to read, its last byte is unknown.
fn open(path: &Path) -> io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.append(true).create(true);
    match options.clone().read(true).open(path) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => options.open(path),
        opened => opened,
    }
}

fn open_output(cx: &RunContext, path: &Path, name: &str, options: Options) -> Result<Output, String> {
    let words = |error: io::Error| error.to_string();
    if is_fifo(path) {
        // Opening a pipe blocks until a reader opens it too, so a thread does it.
        let target = path.to_owned();
        let open = move || fs::OpenOptions::new().write(true).open(target);
        return Output::to_awaited(cx, name, options, open).map_err(words);
    }
    let file = open(path).map_err(words)?;
    let place = opened::written(file, name, cx.preparing, true)?;
    Output::to(cx, place, options).map_err(words)
}

impl Stage for File {
    fn init(&mut self, cx: &mut RunContext, text: &str) -> Called<()> {
        let (path, config) = match self.path_override.take() {
            Some(path) if text.is_empty() => (path, serde_json::Map::new()),
            Some(path) => (path, config(text, builtin_table::FILE)?),
            None => {
                let config = config(text, builtin_table::FILE)?;
                (path_key(&config).expect("invariant: a required key is there"), config)
            }
        };
        let flush = flush_key(&config);
        let fsync = match text_key(&config, "fsync").as_deref() {
            Some("always") => Fsync::Always,
            // Lines that are written at once miss the thread's inspections, so each write has to flush.
            Some("interval") if flush.is_zero() => Fsync::Always,
            Some("interval") => Fsync::Interval,
            _ => Fsync::Never,
        };
        let options = Options { flush, fsync };
        let name = format!("`{}`", path.display());
        let output = open_output(cx, &path, &name, options);
        self.output = Some(output.map_err(|why| Cause::Endpoint(format!("can't open {name}: {why}")))?);
        Ok(())
    }

    fn teardown(&mut self, _: &mut RunContext) -> Called<()> {
        self.output = None;
        Ok(())
    }
}

impl Sink for File {
    is_written!();
}
