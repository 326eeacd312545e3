//! The environment, read once and passed on: nothing behind the command line looks at it.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// What the environment says.
pub(crate) struct Environment {
    /// Cache folder; `None` when there is neither a setting nor a home.
    pub(crate) cache: Option<PathBuf>,
    /// The `cargo` to run.
    pub(crate) cargo: PathBuf,
    /// Cargo target folder for guests, if the user has set one.
    pub(crate) guest_target: Option<PathBuf>,
    /// Whether colour is unwanted or pointless.
    pub(crate) no_color: bool,
    /// Whether rustup must not be asked for the WebAssembly target.
    pub(crate) no_rustup: bool,
    /// The log level for the executable that `run` starts.
    pub(crate) log_level: Option<String>,
}

impl Environment {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the edge at which the environment is read"
    )]
    pub(crate) fn read() -> Self {
        let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty());
        Self {
            cache: cache(set).map(|path| std::path::absolute(&path).unwrap_or(path)),
            cargo: set("CARGO").map_or_else(|| "cargo".into(), PathBuf::from),
            guest_target: set("CARGO_TARGET_DIR").map(PathBuf::from),
            no_color: set("NO_COLOR").is_some() || set("TERM").is_some_and(|term| term == "dumb"),
            no_rustup: set("WASM_TARGET_NO_RUSTUP").is_some(),
            log_level: env::var("TORVYN_LOG").ok().filter(|level| !level.is_empty()),
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
