//! The macro for positions in a list, each list with a type of its own.

/// Declares the type of a position in a list, with its documentation before the name.
#[macro_export]
macro_rules! index {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u32);

        impl $name {
            /// The index of the `position`-th item.
            #[must_use]
            pub fn new(position: usize) -> Self {
                Self(u32::try_from(position).expect("invariant: fewer than 2^32 items"))
            }

            /// The position in the list that this index belongs to.
            #[must_use]
            pub fn position(self) -> usize {
                self.0 as usize
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}
