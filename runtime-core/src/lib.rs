//! What the code that `torvync` generates calls: engine, buffers, streams, call paths, built-in nodes, the driver of a
//! flow, and the command line of the executable.
//!
//! With the feature `compile` alone it is what the compiler shares: the engine configuration, what capabilities there are,
//! what built-in nodes take, how an executable is described, how durations are written, how things are counted, and how
//! texts of others are shown.
//!
//! The modules are floors: none uses one that stands below it in this file (`tests/structure.rs` holds that).

// What compiler and executable agree on.
pub mod bounds;
pub mod duration;
pub mod layout;
pub mod printable;
pub mod words;
pub mod capability;
pub mod setting;
pub mod description;
pub mod engine;

// What threads share, and the process they are in.
#[cfg(feature = "runtime")]
mod sync;
#[cfg(feature = "runtime")]
mod stdio;
#[cfg(feature = "runtime")]
mod executor;

// Data: what was decided, what is counted, where a run is.
#[cfg(feature = "runtime")]
mod plan;
#[cfg(feature = "runtime")]
mod account;
#[cfg(feature = "runtime")]
mod clock;
#[cfg(feature = "runtime")]
mod state;
#[cfg(feature = "runtime")]
mod demand;

// What the stages of a flow share.
#[cfg(feature = "runtime")]
mod buffer;
#[cfg(feature = "runtime")]
mod error;
#[cfg(feature = "runtime")]
mod event;
#[cfg(feature = "runtime")]
mod watchdog;
#[cfg(feature = "runtime")]
mod replica;
#[cfg(feature = "runtime")]
mod context;

// Stages: what they can do, what they may use, how they are called, those that are built in.
#[cfg(feature = "runtime")]
mod stage;
#[cfg(feature = "runtime")]
mod stream;
#[cfg(feature = "runtime")]
mod sandbox;
#[cfg(feature = "runtime")]
mod crossing;
#[cfg(feature = "runtime")]
mod builtin;

// Flows at work, for a library and as an executable.
#[cfg(feature = "runtime")]
mod flow;
#[cfg(feature = "runtime")]
mod report;
#[cfg(feature = "runtime")]
pub mod session;
#[cfg(feature = "runtime")]
mod entry;

// Names for those outside.
#[cfg(feature = "runtime")]
pub mod emitted;
#[cfg(feature = "internals")]
pub mod internals;
