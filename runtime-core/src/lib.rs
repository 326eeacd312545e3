//! What the code that `torvync` generates calls: engine, buffers, queues, call paths, built-in nodes, the driver of a
//! flow, and the command line of the executable.
//!
//! With the feature `compile` alone it is what the compiler shares: the engine configuration, what capabilities there are,
//! what built-in nodes take, how an executable is described, how durations are written, how things are counted, and how texts of others are shown.

pub mod bounds;
pub mod capability;
pub mod description;
pub mod duration;
pub mod engine;
pub mod layout;
pub mod printable;
pub mod setting;
pub mod words;

#[cfg(feature = "runtime")]
pub mod buffer;
#[cfg(feature = "runtime")]
pub mod builtin;
#[cfg(feature = "runtime")]
pub mod clock;
#[cfg(feature = "runtime")]
pub mod context;
#[cfg(feature = "runtime")]
pub mod control;
#[cfg(feature = "runtime")]
pub mod crossing;
#[cfg(feature = "runtime")]
pub mod element;
#[cfg(feature = "runtime")]
pub mod entry;
#[cfg(feature = "runtime")]
pub mod error;
#[cfg(feature = "runtime")]
pub mod event;
#[cfg(feature = "runtime")]
pub mod executor;
#[cfg(feature = "runtime")]
pub mod flow;
#[cfg(feature = "runtime")]
pub mod host;
#[cfg(feature = "runtime")]
pub mod plan;
#[cfg(feature = "runtime")]
pub mod queue;
#[cfg(feature = "runtime")]
pub mod replica;
#[cfg(feature = "runtime")]
pub mod report;
#[cfg(feature = "runtime")]
pub mod stage;
#[cfg(feature = "runtime")]
mod stdio;
#[cfg(feature = "runtime")]
mod sync;

/// Version of the interface between emitted code and this crate. Emitted code names it, so that a crate that was emitted
/// for another version does not compile.
pub const EMITTED_INTERFACE_1: () = ();
