//! The figures as text, as records and as a picture.

pub(crate) mod json;
pub(crate) mod markdown;
pub(crate) mod svg;
pub(crate) mod table;
