//! The words of an exchange memory that several threads access.

use crate::sync::Arc;
use crate::sync::atomic::AtomicU32;

/// The watched words of one flow, accessible from any thread.
#[derive(Clone, Debug, Default)]
pub struct WatchedWords(Arc<[AtomicU32; 4]>);

impl WatchedWords {
    /// The word at an address.
    #[must_use]
    pub fn atomic_u32(&self, address: u32) -> &AtomicU32 {
        &self.0[address as usize / size_of::<u32>()]
    }
}
