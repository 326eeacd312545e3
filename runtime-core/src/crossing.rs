//! How an element enters a component: one file per call path, the traits of [`crate::stage`] in front of each
//! (design section 7).

pub mod component;
