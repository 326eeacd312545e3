//! What a built-in source has in common with itself in the other replicas of its flow.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::PoisonError;

use super::lines::Feed;
use crate::executor::Waker;
use crate::sync::atomic::{AtomicU64, Ordering};
use crate::sync::{Arc, Mutex};

/// What the replicas of a built-in source share out among themselves.
pub struct Common {
    /// Of all replicas.
    wakers: Vec<Waker>,
    /// Numbers given out.
    numbers: AtomicU64,
    /// By path.
    feeds: Mutex<BTreeMap<PathBuf, Arc<Mutex<Feed>>>>,
}

impl Common {
    /// For the replicas that are woken by `wakers`.
    pub(crate) fn new(wakers: Vec<Waker>) -> Self {
        Self {
            wakers,
            numbers: AtomicU64::new(0),
            feeds: Mutex::default(),
        }
    }

    /// The next number, from 1.
    pub(super) fn next_number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// The lines of the input at `path`, which `open` opens for whoever asks first.
    pub(super) fn feed<E>(
        &self,
        path: &Path,
        open: impl FnOnce(Vec<Waker>) -> Result<Feed, E>,
    ) -> Result<Arc<Mutex<Feed>>, E> {
        // Nothing that holds the lock panics half-way.
        let mut feeds = self.feeds.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(feed) = feeds.get(path) {
            return Ok(Arc::clone(feed));
        }
        let feed = Arc::new(Mutex::new(open(self.wakers.clone())?));
        feeds.insert(path.to_owned(), Arc::clone(&feed));
        Ok(feed)
    }
}
