//! What the component was granted (`[security.grants]` in `Torvyn.toml`), so that it can adapt.
//!
//! A component that calls nothing of this module does not import `torvyn:capabilities/capability-query`.
//!
//! ```
//! use torvyn::{Element, Error, Signal, Sink};
//!
//! struct Stamps {
//!     clock: bool,
//! }
//!
//! #[torvyn::component]
//! impl Sink for Stamps {
//!     fn init(_: ()) -> Result<Self, Error> {
//!         let clock = torvyn::capabilities::has("wasi:clocks/wall-clock");
//!         Ok(Stamps { clock })
//!     }
//!
//!     fn push(&mut self, element: &Element<'_>) -> Result<Signal, Error> {
//!         if self.clock {
//!             println!("{:?} {}", std::time::SystemTime::now(), element.payload().text()?);
//!         }
//!         Ok(Signal::Ready)
//!     }
//! }
//! # fn main() {}
//! ```

use crate::bindings::torvyn::capabilities::capability_query;

/// Whether this component may use `capability`, such as `wasi:clocks/wall-clock`: whether a grant covers it.
#[must_use]
pub fn has(capability: &str) -> bool {
    capability_query::has_capability(capability)
}

/// Every capability granted to this component, sorted.
#[must_use]
pub fn granted() -> Vec<String> {
    capability_query::granted_capabilities()
}
