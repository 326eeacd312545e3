//! The environment variables of the command line, read once and passed on.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use crate::LogLevel;

/// The variable for the level of the log.
pub(crate) const LOG: &str = "TORVYN_LOG";

/// The settings in the environment.
pub(crate) struct Environment {
    /// Cache folder; `None` when it is not set and there is no home folder.
    pub(crate) cache: Option<PathBuf>,
    /// The `cargo` to run.
    pub(crate) cargo: PathBuf,
    /// Cargo target folder for guests, if the user has set one.
    pub(crate) guest_target: Option<PathBuf>,
    /// Work folder of builds in place of `.torvyn`, if the user has set one.
    pub(crate) work_dir: Option<PathBuf>,
    /// Whether colour is unwanted or pointless.
    pub(crate) no_color: bool,
    /// Whether rustup must not be asked for the WebAssembly target.
    pub(crate) no_rustup: bool,
    /// Level of the log, unless the command line has one.
    pub(crate) log_level: Option<LogLevel>,
    /// Value of [`LOG`], if it is not a level.
    pub(crate) unknown_log_level: Option<OsString>,
}

impl Environment {
    pub(crate) fn read() -> Self {
        let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty());
        let log = set(LOG);
        let level = |text: &OsString| LogLevel::from_str(text.to_str()?, false).ok();
        let log_level = log.as_ref().and_then(level);
        Self {
            cache: cache(set).map(|path| std::path::absolute(&path).unwrap_or(path)),
            cargo: set("CARGO").map_or_else(|| "cargo".into(), PathBuf::from),
            guest_target: set("CARGO_TARGET_DIR").map(PathBuf::from),
            work_dir: set("TORVYN_WORK_DIR").map(PathBuf::from),
            no_color: set("NO_COLOR").is_some() || set("TERM").is_some_and(|term| term == "dumb"),
            no_rustup: set("WASM_TARGET_NO_RUSTUP").is_some(),
            log_level,
            unknown_log_level: log.filter(|_| log_level.is_none()),
        }
    }
}

fn cache(set: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let in_home = || env::home_dir().map(|home| home.join(".cache").join("torvync"));
    set("TORVYN_HOME")
        .map(PathBuf::from)
        .or_else(|| set("XDG_CACHE_HOME").map(|caches| Path::new(&caches).join("torvync")))
        .or_else(in_home)
}
