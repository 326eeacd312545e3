//! The one engine configuration, for the compiler and for the executable: were they to differ, the executable would
//! refuse its artifacts.

use wasmtime::Config;

#[cfg(feature = "runtime")]
mod load;
#[cfg(feature = "runtime")]
pub use load::{Artifact, PageAligned, build, load};

/// What of the configuration depends on the program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct EngineOptions {
    /// Meter calls with fuel, which costs at run time.
    pub fuel: bool,
}

/// The configuration shared by both sides.
fn config(options: EngineOptions) -> Config {
    let mut config = Config::new();
    // Every call is synchronous: one driver per flow, one store per stage.
    config.concurrency_support(false);
    // The watchdog (see `control`) interrupts calls that exceed their deadline.
    config.epoch_interruption(true);
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
