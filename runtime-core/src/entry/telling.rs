//! How the executable tells what came of a run: in words on standard error, and as one JSON object on standard output or
//! in a file.

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

/// Output for whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Human,
    Json,
}

/// How much is told on standard error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

/// How the command line wants to be told.
#[derive(Clone, Debug)]
pub(super) struct Telling {
    pub(super) format: Format,
    pub(super) log_level: LogLevel,
    pub(super) color: bool,
    /// Whether people are told the account of a flow that failed, too.
    pub(super) whole: bool,
    /// Where the object goes, besides or instead of words; `-` is standard output.
    pub(super) report: Option<OsString>,
}

impl Telling {
    /// As it is without an option.
    pub(super) fn new(log_level: LogLevel) -> Self {
        Self {
            format: Format::Human,
            log_level,
            color: colors_by_default(),
            whole: false,
            report: None,
        }
    }

    /// Where the object goes, when one is wanted.
    fn object(&self) -> Option<Target<'_>> {
        match (&self.report, self.format) {
            (None, Format::Human) => None,
            (None, Format::Json) => Some(Target::StandardOutput),
            (Some(path), _) if stdio::names(Standard::Output, path) => Some(Target::StandardOutput),
            (Some(path), _) => Some(Target::File(Path::new(path))),
        }
    }

    /// Whether standard output is for the object alone.
    pub(super) fn takes_stdout(&self) -> bool {
        matches!(self.object(), Some(Target::StandardOutput))
    }

    /// Whether people are told that a flow starts, and what it came to.
    pub(super) fn announces(&self) -> bool {
        self.format == Format::Human && self.log_level >= LogLevel::Info
    }

    /// Whether people are told what helps to find a fault in the program.
    pub(super) fn debugs(&self) -> bool {
        self.format == Format::Human && self.log_level >= LogLevel::Debug
    }

    /// Which events are told when they happen.
    pub(super) fn told(&self) -> Option<Severity> {
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

/// A command line that can't be carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Misuse {
    message: String,
    help: Option<String>,
}

impl Misuse {
    /// Its code in the catalogue.
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

    /// With the known word that is near to what was written, if there is one, in place of another help.
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

/// Where a run tells.
pub(super) struct Outlet {
    telling: Telling,
    object: Option<Object>,
}

/// What takes the object.
struct Object {
    /// In messages.
    name: String,
    file: File,
    /// What the file had before makes room.
    replaces: bool,
}

impl Outlet {
    /// Opens what takes the object, before anything runs whose account would be lost. From then on whatever is printed on
    /// standard output goes to standard error where the object is to be alone.
    pub(super) fn open(telling: Telling) -> Result<Self, Misuse> {
        let object = match telling.object() {
            None => None,
            Some(Target::StandardOutput) => Some(Object {
                name: "standard output".to_owned(),
                replaces: false,
                file: stdout_alone()
                    .map_err(|error| Misuse::new(format!("cannot write the report to standard output: {error}")))?,
            }),
            Some(Target::File(path)) => Some(Object {
                name: format!("`{}`", path.display()),
                replaces: true,
                file: report_file(path).map_err(|error| {
                    let misuse = Misuse::new(format!("cannot write the report to `{}`: {error}", path.display()));
                    misuse.help("`--report=FILE` names a file that can be written, or `-` for standard output")
                })?,
            }),
        };
        if let Some(Object { name, file, .. }) = &object {
            // A file that can't be told apart is told of when it is written.
            let _ = builtin::reported(file, name);
        }
        Ok(Self { telling, object })
    }

    pub(super) fn telling(&self) -> &Telling {
        &self.telling
    }

    /// Tells people.
    pub(super) fn say(&self, text: &str) {
        if self.telling.format == Format::Human {
            eprint(text);
        }
    }

    /// Hands over the object, for as long as it is wanted. Returns whether it got to where it should: a reader that went
    /// away has seen enough.
    pub(super) fn hand_over(&mut self, object: &Value, is_wanted: impl Fn() -> bool) -> bool {
        let Some(Object { name, file, replaces }) = &mut self.object else {
            return true;
        };
        if builtin::report_is_claimed() {
            eprint(&format!(
                "error[E0014]: the report is not written to {name}: a flow was to read or write the same file\n"
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

/// Opens the file of a report. It keeps what it has until the report is there: it may be what a flow reads. Of a pipe
/// somebody has to read the other end by now.
fn report_file(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    let options = options.write(true).create(true).truncate(false);
    let opened = options.custom_flags(OFlags::NONBLOCK.bits() as i32).open(path);
    opened.map_err(|error| match error.raw_os_error() {
        Some(code) if code == Errno::NXIO.raw_os_error() => io::Error::other("nobody reads this pipe"),
        Some(_) | None => error,
    })
}

/// Tells of a command line that can't be carried out, as it asks to be told.
pub(super) fn refuse(telling: &Telling, misuse: &Misuse) {
    let opened = Outlet::open(telling.clone()).or_else(|_| {
        // The place of the report may be what is wrong.
        Outlet::open(Telling {
            report: None,
            ..telling.clone()
        })
    });
    match opened {
        Ok(mut outlet) => {
            outlet.say(&misuse.to_text());
            outlet.hand_over(&misuse.to_json(), || true);
        }
        Err(_) => eprint(&misuse.to_text()),
    }
}

/// Takes standard output away from everybody else, who from then on print to standard error.
#[expect(
    unsafe_code,
    reason = "the descriptor of standard output has no owner that could be lent"
)]
fn stdout_alone() -> io::Result<File> {
    use std::mem::ManuallyDrop;
    use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};

    if stdio::was_closed(Standard::Output) {
        return Err(io::Error::other(stdio::CLOSED_AT_START));
    }
    let stdout = io::stdout();
    let own = File::from(stdout.as_fd().try_clone_to_owned()?);
    // SAFETY: the descriptor is open, as it was copied just now, and `ManuallyDrop` keeps it from being closed here.
    let mut shared = ManuallyDrop::new(unsafe { OwnedFd::from_raw_fd(stdout.as_raw_fd()) });
    rustix::io::dup2(io::stderr(), &mut shared)?;
    stdio::tell_prints();
    Ok(own)
}
