//! The account of a run: every counter, on whichever call path, with its word in output. The counts of one run and the
//! sums over several replicas are made here; the report turns them into text.

mod copies;
mod node;
mod pool;
mod stream;

pub(crate) use copies::Copies;
pub use copies::CopyStats;
pub(crate) use copies::FIXED_METADATA_BYTES;
pub(crate) use node::NodeStats;
pub(crate) use pool::PoolStats;
pub(crate) use stream::StreamStats;

/// Declares a struct of counters, with `and`, which adds up the counters of two replicas, and `fields`, which gives
/// each counter with its word in output.
macro_rules! counters {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: u64,)*
        }

        impl $name {
            /// The sums of the counters of both.
            #[must_use]
            pub fn and(self, other: Self) -> Self {
                Self { $($field: self.$field + other.$field,)* }
            }

            /// Every counter, with its word in output.
            #[must_use]
            pub fn fields(&self) -> Vec<(&'static str, u64)> {
                vec![$(($word, self.$field)),*]
            }
        }
    };
}
use counters;
