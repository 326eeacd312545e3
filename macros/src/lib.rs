//! Write Torvyn components in Rust.
//!
//! A component is a type that implements [`Lifecycle`] and one role: [`Source`], [`Processor`], [`Filter`],
//! [`Router`], [`Aggregator`] or [`Sink`]. [`export!`] makes it the component's one instance:
//!
//! ```
//! use torvyn::{Element, Error, Lifecycle, Output, Processor};
//!
//! struct Uppercase;
//!
//! impl Lifecycle for Uppercase {
//!     fn init(_config: &str) -> Result<Self, Error> {
//!         Ok(Uppercase)
//!     }
//! }
//!
//! impl Processor for Uppercase {
//!     fn process(&mut self, input: &Element<'_>) -> Result<Option<Output>, Error> {
//!         let text = input.payload().text()?;
//!         Ok(Some(Output::text(&text.to_uppercase())?))
//!     }
//! }
//!
//! torvyn::export!(Uppercase: processor);
//! # fn main() {}
//! ```
//!
//! Build it with `crate-type = ["cdylib"]` for `wasm32-wasip2`. The component exports the standard world of its role
//! (`managed-source`, `managed-transform`, `managed-filter`, `managed-router`, `stream-aggregator`, `managed-sink`) and
//! nothing else.
//!
//! On other targets everything compiles, so that a component's own logic can be unit-tested; calls that need the
//! runtime panic there.

pub mod capabilities;
mod element;
mod error;
mod export;
mod output;
mod role;
mod route;

#[doc(hidden)]
#[rustfmt::skip]
pub mod bindings;

pub use element::{Context, Element, Payload};
pub use error::Error;
pub use output::{Output, OutputBuffer};
pub use role::{Aggregator, Filter, Lifecycle, Processor, Router, Signal, Sink, Source};
pub use route::Route;

/// What [`export!`] expands to; no stable interface.
#[doc(hidden)]
pub mod __private {
    pub use crate::export::{Instance, Slot};
}
