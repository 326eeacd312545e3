//! The concurrent parts of the runtime, as they are, on threads of which `loom` tries out every order.
//!
//! In: the runtime's own files, which take what threads share from `crate::sync`; here, that is loom's. Out: one function a
//! model, in `models`, which panics when there is an order in which something does not hold. A thread that nobody wakes is
//! found too: loom ends an execution in which all wait.

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
#[path = "../../../runtime-core/src/watchdog/words.rs"]
pub mod watched;
