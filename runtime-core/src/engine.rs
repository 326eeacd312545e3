//! The one engine configuration, used by the compiler and by the executable: if they differed, the executable would
//! reject its artifacts.

use wasmtime::Config;

#[cfg(feature = "runtime")]
mod code_map;
#[cfg(feature = "runtime")]
mod load;
#[cfg(feature = "runtime")]
pub use code_map::{CodeMap, NewCodeMap, perf_map};
#[cfg(feature = "runtime")]
pub use load::{Artifact, Loader, PageAligned, build};

/// The kind of code that an engine runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EngineKind {
    /// Components.
    Component,
    /// Shells: welded core modules.
    Core,
}

/// The variable parts of the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EngineOptions {
    /// Kind of code.
    pub kind: EngineKind,
    /// Settings of the program.
    pub tuning: Tuning,
}

/// The parts of the configuration that a program sets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Tuning {
    /// Meter calls with fuel, which slows them down.
    pub fuel: bool,
    /// Address space reserved for each linear memory, in bytes. `None`: all that 32-bit addresses reach, so that no
    /// access needs a bounds check.
    pub memory_reservation: Option<u64>,
}

/// Guard region before and after each memory where the program sets a reservation, in bytes: enough to save the bounds
/// checks of small offsets.
const SMALL_GUARD: u64 = 64 << 10;

/// Reservation and guard region otherwise, in bytes: wasmtime's own defaults for 64-bit machines.
#[cfg(feature = "runtime")]
const FULL: (u64, u64) = (4 << 30, 32 << 20);

impl Tuning {
    /// Least address space taken by a linear memory, in bytes.
    #[cfg(feature = "runtime")]
    pub(crate) fn address_space(self) -> u64 {
        let (reservation, guard) = self.memory_reservation.map_or(FULL, |bytes| (bytes, SMALL_GUARD));
        reservation + 2 * guard
    }
}

/// The configuration common to compiler and executable.
fn config(options: EngineOptions) -> Config {
    let mut config = Config::new();
    // Every call is synchronous: one driver per flow.
    config.concurrency_support(false);
    // The exchange memory of a flow is shared by its shells.
    config.shared_memory(options.kind == EngineKind::Core);
    config.consume_fuel(options.tuning.fuel);
    if let Some(bytes) = options.tuning.memory_reservation {
        config.memory_reservation(bytes);
        config.memory_reservation_for_growth(bytes);
        config.memory_guard_size(SMALL_GUARD);
    }
    // Each component is instantiated once: preparing a copy-on-write image costs more than copying its data.
    config.memory_init_cow(false);
    // Used by native debuggers only; a third of an artifact's size.
    config.native_unwind_info(false);
    config.generate_address_map(false);
    config.wasm_backtrace_max_frames(None);
    config
}

/// The configuration for compiling for `target`, a target triple. It uses the baseline features of the triple, not
/// those of the compiling machine.
///
/// # Errors
/// When code cannot be generated for the target.
#[cfg(feature = "compile")]
pub fn compile_config(target: &str, options: EngineOptions) -> wasmtime::Result<Config> {
    let mut config = config(options);
    config.target(target)?;
    Ok(config)
}
