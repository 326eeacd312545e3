//! The work of the flows without sandboxes. The programs `plain` and `tasks` are made of it.
//!
//! A stage here does what its component does, with the same code and the same copies: reading a payload copies it, and
//! an element that is made is a copy too.

pub mod command_line;
pub mod ends;
pub mod manifest;
pub mod programs;
pub mod stage;
mod steps;
pub mod work;
