//! One run of a program, and what it used.
//!
//! A small process starts the program: the peak memory that the system reports of a process includes that of the one which
//! started it, up to the start. So this program starts itself as that process.

use std::env;
use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use bench_common::Failed;
use wait4::Wait4 as _;

/// The word that asks for it.
const LAUNCH: &str = "launch";

/// What a process used, from its start to its end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Usage {
    pub(crate) elapsed: Duration,
    /// Of the processor, in the program and in the system for it.
    pub(crate) processor: Duration,
    /// The most memory that was resident, in bytes.
    pub(crate) peak: u64,
}

/// The file for the figures, and the program with its arguments, where `arguments` ask for a launch.
pub(crate) fn asked(arguments: &[OsString]) -> Option<(&Path, &[OsString])> {
    match arguments {
        [word, figures, program @ ..] if word == LAUNCH => Some((Path::new(figures), program)),
        _ => None,
    }
}

/// Runs a program, and writes what it used to the file `figures`.
pub(crate) fn launch(figures: &Path, program: &[OsString]) -> Result<(), Failed> {
    let [program, arguments @ ..] = program else {
        return Err("there is no program to launch".into());
    };
    let started = Instant::now();
    let used = Command::new(program).args(arguments).spawn()?.wait4()?;
    let usage = Usage {
        elapsed: started.elapsed(),
        processor: used.rusage.utime + used.rusage.stime,
        peak: used.rusage.maxrss,
    };
    if !used.status.success() {
        return Err(format!("the program ended with {}", used.status).into());
    }
    fs::write(figures, usage.to_text()).map_err(|error| format!("{}: {error}", figures.display()).into())
}

/// Runs programs in a folder.
pub(crate) struct Launcher {
    /// Where the messages of a program go, and its figures.
    folder: PathBuf,
}

impl Launcher {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Runs a program to its end. What it prints goes to `output`; without one it is dropped.
    pub(crate) fn run(&self, program: &Command, output: Option<&Path>) -> Result<Usage, Failed> {
        let (figures, messages) = (self.folder.join("figures"), self.folder.join("messages"));
        let mut launcher = Command::new(env::current_exe()?);
        launcher.arg(LAUNCH).arg(&figures);
        launcher.arg(program.get_program()).args(program.get_args());
        launcher.stdin(Stdio::null()).stderr(File::create(&messages)?);
        launcher.stdout(match output {
            Some(file) => File::create(file)?.into(),
            None => Stdio::null(),
        });
        if !launcher.status()?.success() {
            return Err(fs::read_to_string(&messages)?.trim_end().into());
        }
        Usage::of_text(&fs::read_to_string(&figures)?).ok_or_else(|| "the launcher wrote no figures".into())
    }
}

impl Usage {
    fn to_text(self) -> String {
        format!(
            "{} {} {}",
            self.elapsed.as_nanos(),
            self.processor.as_nanos(),
            self.peak
        )
    }

    fn of_text(text: &str) -> Option<Self> {
        let numbers: Option<Vec<u64>> = text.split(' ').map(|number| number.parse().ok()).collect();
        match numbers?.as_slice() {
            [elapsed, processor, peak] => Some(Self {
                elapsed: Duration::from_nanos(*elapsed),
                processor: Duration::from_nanos(*processor),
                peak: *peak,
            }),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_come_back_from_their_text() {
        let usage = Usage {
            elapsed: Duration::from_nanos(3_000_000_001),
            processor: Duration::from_millis(20),
            peak: 4096,
        };
        assert_eq!(Usage::of_text(&usage.to_text()), Some(usage));
        assert_eq!(Usage::of_text("1 2"), None);
    }

    #[test]
    fn only_its_word_asks_for_a_launch() {
        let words = |words: &[&str]| -> Vec<OsString> { words.iter().map(OsString::from).collect() };
        let launch = words(&["launch", "figures", "true", "1"]);
        assert_eq!(asked(&launch), Some((Path::new("figures"), &launch[2..])));
        assert_eq!(asked(&words(&["--rounds", "launch"])), None);
    }
}
