//! Write Torvyn components in Rust.
//!
//! A component is a type that implements one role: [`Source`], [`Processor`], [`Filter`], [`Router`], [`Aggregator`] or
//! [`Sink`]. [`component`](macro@component) makes it the component's one instance:
//!
//! ```
//! use torvyn::{Element, Error, Output, Processor};
//!
//! #[derive(Default)]
//! struct Uppercase;
//!
//! #[torvyn::component]
//! impl Processor for Uppercase {
//!     fn process(&mut self, input: &Element<'_>) -> Result<Option<Output>, Error> {
//!         let text = input.payload().text()?;
//!         Ok(Some(Output::text(&text.to_uppercase())?))
//!     }
//! }
//! # fn main() {}
//! ```
//!
//! `init` takes the node's `config` as the type that it names, through serde ([`Configuration`] has the details):
//!
//! ```
//! use torvyn::{Element, Error, Filter};
//!
//! #[derive(serde::Deserialize)]
//! struct Settings {
//!     smallest: u64,
//! }
//!
//! struct Large {
//!     settings: Settings,
//! }
//!
//! #[torvyn::component]
//! impl Filter for Large {
//!     fn init(settings: Settings) -> Result<Self, Error> {
//!         Ok(Large { settings })
//!     }
//!
//!     fn evaluate(&mut self, element: &Element<'_>) -> Result<bool, Error> {
//!         Ok(element.payload().size() >= self.settings.smallest)
//!     }
//! }
//! # fn main() {}
//! ```
//!
//! The payload of an element is in host memory. Reading it copies it to memory that the next call uses again, and
//! [`Output::serialize`] writes JSON to such memory, so neither allocates anything in most calls.
//!
//! Build it with `crate-type = ["cdylib"]` for `wasm32-wasip2`. The component exports the standard world of its role
//! (`managed-source`, `managed-transform`, `managed-filter`, `managed-router`, `stream-aggregator`, `managed-sink`) and
//! nothing else.
//!
//! On other targets everything compiles, so that a component's own logic can be unit-tested; calls that need the
//! runtime panic there.

pub mod capabilities;
mod config;
mod element;
mod error;
mod export;
mod memory;
mod output;
mod role;
mod route;

#[doc(hidden)]
#[rustfmt::skip]
pub mod bindings;

pub use config::Configuration;
pub use element::{Context, Element, Payload};
pub use error::Error;
pub use output::{Output, OutputBuffer};
pub use role::{Aggregator, Filter, Processor, Router, Signal, Sink, Source};
pub use route::Route;
pub use torvyn_macros::component;

/// The expansion of [`component`](macro@component) uses this; it is no stable interface.
#[doc(hidden)]
pub mod __private {
    pub use crate::export::{Instance, Slot};
    pub use crate::memory::realloc::realloc;
}
