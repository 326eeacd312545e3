//! The SDK for components in Rust, as source text: a new project gets a copy, so that it builds wherever it is.

mod embedded {
    include!(concat!(env!("OUT_DIR"), "/sdk_sources.rs"));
}

/// The SDK's package: path below its folder, and text of each file.
#[must_use]
pub fn files() -> &'static [(&'static str, &'static str)] {
    embedded::FILES
}
