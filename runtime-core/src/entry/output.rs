//! Output of a run's result: as text on standard error, and as one JSON object on standard output or in a file.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::OFlags;
use rustix::io::Errno;
use serde_json::{Value, json};

use super::{USAGE, colors_by_default, eprint};
use crate::builtin;
use crate::event::Severity;
use crate::printable;
use crate::stdio::{self, Standard};

/// Format of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Human,
    Json,
}

/// Level of the messages on standard error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

/// The output options of the command line.
#[derive(Clone, Debug)]
pub(super) struct OutputOptions {
    pub(super) format: Format,
    pub(super) log_level: LogLevel,
    pub(super) color: bool,
    /// Whether the account is also shown for a flow that failed.
    pub(super) whole: bool,
    /// File for the object; `-` is standard output.
    pub(super) report: Option<OsString>,
}

impl OutputOptions {
    /// The options without any flags.
    pub(super) fn new(log_level: LogLevel) -> Self {
        Self {
            format: Format::Human,
            log_level,
            color: colors_by_default(),
            whole: false,
            report: None,
        }
    }

    /// The target of the object; `None` when no object is wanted.
    fn object(&self) -> Option<Target<'_>> {
        match (&self.report, self.format) {
            (None, Format::Human) => None,
            (None, Format::Json) => Some(Target::StandardOutput),
            (Some(path), _) if stdio::names(Standard::Output, path) => Some(Target::StandardOutput),
            (Some(path), _) => Some(Target::File(Path::new(path))),
        }
    }

    /// Whether standard output is reserved for the object.
    pub(super) fn takes_stdout(&self) -> bool {
        matches!(self.object(), Some(Target::StandardOutput))
    }

    /// Whether the start and the result of a flow are shown.
    pub(super) fn announces(&self) -> bool {
        self.format == Format::Human && self.log_level >= LogLevel::Info
    }

    /// Whether messages for debugging are shown.
    pub(super) fn debugs(&self) -> bool {
        self.format == Format::Human && self.log_level >= LogLevel::Debug
    }

    /// Least severity of the events shown when they happen; `None` shows no event.
    pub(super) fn least_severity(&self) -> Option<Severity> {
        match (self.format, self.log_level) {
            (Format::Json, _) | (Format::Human, LogLevel::Error) => None,
            (Format::Human, LogLevel::Warn | LogLevel::Info) => Some(Severity::Warning),
            (Format::Human, LogLevel::Debug | LogLevel::Trace) => Some(Severity::Detail),
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Target<'a> {
    StandardOutput,
    File(&'a Path),
}

/// A command line that cannot be carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BadArguments {
    message: String,
    help: Option<String>,
}

impl BadArguments {
    /// Code in the catalogue.
    const CODE: &'static str = "E0704";

    pub(super) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            help: None,
        }
    }

    pub(super) fn help(self, help: impl Into<String>) -> Self {
        Self {
            help: Some(help.into()),
            ..self
        }
    }

    /// Adds the known word most similar to the one given, if there is one, in place of other advice.
    pub(super) fn near(self, near: Option<String>) -> Self {
        match near {
            Some(near) => self.help(format!("did you mean `{near}`?")),
            None => self,
        }
    }

    fn to_json(&self) -> Value {
        let error = json!({ "code": Self::CODE, "message": self.message, "help": Vec::from_iter(&self.help) });
        json!({ "errors": [error], "exit_code": USAGE })
    }

    fn to_text(&self) -> String {
        let help = self.help.as_deref().unwrap_or("`--help` lists the options");
        let (message, help) = (printable::lines(&self.message), printable::lines(help));
        format!("error[{}]: {message}\n  = help: {help}\n", Self::CODE)
    }
}

/// The destinations of a run's output.
pub(super) struct Outlet {
    options: OutputOptions,
    object: Option<Object>,
}

/// The destination of the object.
struct Object {
    /// Name in messages.
    name: String,
    file: File,
    /// Whether earlier contents of the file are replaced.
    replaces: bool,
}

impl Outlet {
    /// Opens the destination of the object before anything runs whose report could be lost. If standard output is
    /// reserved for the object, all other output to it goes to standard error from now on.
    pub(super) fn open(options: OutputOptions) -> Result<Self, BadArguments> {
        let object = match options.object() {
            None => None,
            Some(Target::StandardOutput) => Some(Object {
                name: "standard output".to_owned(),
                replaces: false,
                file: reserve_stdout().map_err(|error| {
                    BadArguments::new(format!("cannot write the report to standard output: {error}"))
                })?,
            }),
            Some(Target::File(path)) => Some(Object {
                name: format!("`{}`", path.display()),
                replaces: true,
                file: report_file(path).map_err(|error| {
                    BadArguments::new(format!("cannot write the report to `{}`: {error}", path.display()))
                        .help("`--report=FILE` needs a writable file, or `-` for standard output")
                })?,
            }),
        };
        if let Some(Object { name, file, .. }) = &object {
            // A file that the system cannot identify is reported when it is written.
            let _ = builtin::reported(file, name);
        }
        Ok(Self { options, object })
    }

    pub(super) fn options(&self) -> &OutputOptions {
        &self.options
    }

    /// Shows a message, unless the output is for machines.
    pub(super) fn say(&self, text: &str) {
        if self.options.format == Format::Human {
            eprint(text);
        }
    }

    /// Writes the object, and waits for its reader while `is_wanted`. Returns whether that succeeded; a reader that
    /// closed the pipe has seen enough.
    pub(super) fn write_object(&mut self, object: &Value, is_wanted: impl Fn() -> bool) -> bool {
        let Some(Object { name, file, replaces }) = &mut self.object else {
            return true;
        };
        if builtin::report_is_claimed() {
            eprint(&format!(
                "error[E0014]: the report was not written to {name}: a flow is configured to read or write the same file\n"
            ));
            return false;
        }
        let emptied = match file.metadata() {
            Ok(metadata) if metadata.is_file() && *replaces => file.set_len(0),
            Ok(_) | Err(_) => Ok(()),
        };
        let text = format!("{object}\n");
        match emptied.and_then(|()| stdio::write_while_wanted(file, &text, is_wanted)) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                eprint(&format!("error[E0014]: cannot write the report to {name}: {error}\n"));
                false
            }
            Ok(()) | Err(_) => true,
        }
    }
}

/// Opens the file of a report. It keeps its contents until the report is written, since a flow may read it. A pipe must
/// have a reader already.
fn report_file(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    let options = options.write(true).create(true).truncate(false);
    let opened = options.custom_flags(OFlags::NONBLOCK.bits() as i32).open(path);
    opened.map_err(|error| match error.raw_os_error() {
        Some(code) if code == Errno::NXIO.raw_os_error() => io::Error::other("the pipe has no reader"),
        Some(_) | None => error,
    })
}

/// Reports a command line that cannot be carried out, in the way its options ask for.
pub(super) fn refuse(options: &OutputOptions, error: &BadArguments) {
    let opened = Outlet::open(options.clone()).or_else(|_| {
        // The file of the report may itself be the mistake.
        Outlet::open(OutputOptions {
            report: None,
            ..options.clone()
        })
    });
    match opened {
        Ok(mut outlet) => {
            outlet.say(&error.to_text());
            outlet.write_object(&error.to_json(), || true);
        }
        Err(_) => eprint(&error.to_text()),
    }
}

/// Reserves standard output: returns a descriptor for it, and directs everything else that is printed to standard
/// error.
#[expect(
    unsafe_code,
    reason = "the descriptor of standard output has no owner to borrow it from"
)]
fn reserve_stdout() -> io::Result<File> {
    use std::mem::ManuallyDrop;
    use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};

    if stdio::was_closed(Standard::Output) {
        return Err(io::Error::other(stdio::CLOSED_AT_START));
    }
    let stdout = io::stdout();
    let own = File::from(stdout.as_fd().try_clone_to_owned()?);
    // SAFETY: `as_raw_fd` is the descriptor of standard output. It is open: it has just been duplicated, and the
    // standard library never closes it. `ManuallyDrop` keeps this second owner from closing it.
    let mut shared = ManuallyDrop::new(unsafe { OwnedFd::from_raw_fd(stdout.as_raw_fd()) });
    rustix::io::dup2(io::stderr(), &mut shared)?;
    stdio::redirect_prints();
    Ok(own)
}
