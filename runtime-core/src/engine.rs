//! The one engine configuration, for the compiler and for the executable: were they to differ, the executable would
//! refuse its artifacts.

use wasmtime::Config;

#[cfg(feature = "runtime")]
mod load;
#[cfg(feature = "runtime")]
pub use load::{Artifact, PageAligned, build, load, load_shell};

/// What an engine runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EngineKind {
    /// Components, whose calls the watchdog interrupts by epochs.
    Component,
    /// Shells: welded core modules, which look for themselves whether they are to stop.
    Core,
}

/// What of the configuration depends on the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EngineOptions {
    /// What the engine runs.
    pub kind: EngineKind,
    /// Meter calls with fuel, which costs at run time.
    pub fuel: bool,
}

/// The configuration shared by both sides.
fn config(options: EngineOptions) -> Config {
    let mut config = Config::new();
    // Every call is synchronous: one driver per flow.
    config.concurrency_support(false);
    // An epoch check at every loop and call costs a shell a quarter of its speed.
    config.epoch_interruption(options.kind == EngineKind::Component);
    // The exchange memory of a flow is shared by its shells.
    config.shared_memory(options.kind == EngineKind::Core);
    config.consume_fuel(options.fuel);
    // Each component is instantiated once: preparing a copy-on-write image costs more than copying its data.
    config.memory_init_cow(false);
    // Used by native debuggers only; a third of an artifact's size.
    config.native_unwind_info(false);
    config.generate_address_map(false);
    config.wasm_backtrace_max_frames(None);
    config
}

/// The configuration that compiles for `target`, a target triple. Features of the machine that compiles are not used:
/// the triple's baseline is.
///
/// # Errors
/// When code can't be generated for the target.
#[cfg(feature = "compile")]
pub fn compile_config(target: &str, options: EngineOptions) -> wasmtime::Result<Config> {
    let mut config = config(options);
    config.target(target)?;
    Ok(config)
}
