//! The concurrent parts of the runtime, unchanged, on threads whose every order `loom` tries.
//!
//! In: the runtime's own files, which take the shared state of threads from `crate::sync`; here, that is loom's. Out:
//! one function for each model, in `models`, which panics when an order exists in which a property fails. A thread that
//! is never woken is found too: loom reports an execution in which all threads wait.

#[path = "../../../runtime-core/src/bounds.rs"]
pub mod bounds;
pub mod buffer;
pub mod builtin;
#[path = "../../../runtime-core/src/executor/turns.rs"]
pub mod executor;
#[path = "../../../runtime-core/src/crossing/component/own_thread/handover.rs"]
mod handover;
#[path = "../../../runtime-core/src/layout.rs"]
pub mod layout;
pub mod models;
pub mod replica;
#[path = "../../../runtime-core/src/watchdog/stop.rs"]
pub mod stop;
pub mod sync;
#[path = "../../../runtime-core/src/revocation/target.rs"]
mod target;
#[path = "../../../runtime-core/src/watchdog/words.rs"]
mod words;
