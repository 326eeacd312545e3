//! State that one source of a flow shares with the same source in the other replicas.

use std::any::Any;
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::sync::PoisonError;

use crate::executor::Waker;
use crate::sync::{Arc, Mutex};

/// The parts that the replicas of one source divide among themselves: of any type, each under a name of the source's
/// choice.
pub struct Shared {
    /// Wakers of all replicas.
    wakers: Vec<Waker>,
    /// Parts by name, each an `Arc` of its own type.
    parts: Mutex<BTreeMap<OsString, Box<dyn Any + Send + Sync>>>,
}

impl Shared {
    /// Shared state of the replicas that `wakers` wake.
    pub(crate) fn new(wakers: Vec<Waker>) -> Self {
        Self {
            wakers,
            parts: Mutex::default(),
        }
    }

    /// The part of that name; the first caller creates it with `make`, which gets the wakers of all replicas.
    ///
    /// # Errors
    /// Those of `make`.
    ///
    /// # Panics
    /// When the part of that name has another type: a bug of the source.
    pub(crate) fn part<T: Send + Sync + 'static, E>(
        &self,
        name: impl AsRef<OsStr>,
        make: impl FnOnce(Vec<Waker>) -> Result<T, E>,
    ) -> Result<Arc<T>, E> {
        // No code panics half-way while it holds the lock.
        let mut parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(part) = parts.get(name.as_ref()) {
            let part = part.downcast_ref::<Arc<T>>();
            return Ok(Arc::clone(part.expect("invariant: a part has one type")));
        }
        let part = Arc::new(make(self.wakers.clone())?);
        parts.insert(name.as_ref().to_owned(), Box::new(Arc::clone(&part)));
        Ok(part)
    }
}
