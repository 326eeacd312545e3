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

/// What of the configuration depends on what is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EngineOptions {
    /// What the engine runs.
    pub kind: EngineKind,
    /// What the program asks for.
    pub tuning: Tuning,
}

/// What of the configuration a program asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Tuning {
    /// Meter calls with fuel, which costs at run time.
    pub fuel: bool,
    /// Address space that is reserved for each linear memory, in bytes. `None`: all that 32-bit addresses reach, so that no
    /// access has to be checked.
    pub memory_reservation: Option<u64>,
}

/// What stands before and behind each memory where the program asks for a reservation: enough to save the checks of small
/// offsets.
const SMALL_GUARD: u64 = 64 << 10;

/// What stands there otherwise, and the reservation. wasmtime's own choice for 64-bit machines.
#[cfg(feature = "runtime")]
const FULL: (u64, u64) = (4 << 30, 32 << 20);

impl Tuning {
    /// Address space that a linear memory takes at least, in bytes.
    #[cfg(feature = "runtime")]
    pub(crate) fn address_space(self) -> u64 {
        let (reservation, guard) = self.memory_reservation.map_or(FULL, |bytes| (bytes, SMALL_GUARD));
        reservation + 2 * guard
    }
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
