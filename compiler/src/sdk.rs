//! The SDK for components in Rust, as source text. A new project gets a copy, so that it builds in any place.

mod embedded {
    include!(concat!(env!("OUT_DIR"), "/sdk_sources.rs"));
}

/// Returns the files of the SDK's package: the path below its folder, and the text of each.
#[must_use]
pub fn files() -> &'static [(&'static str, &'static str)] {
    embedded::FILES
}
