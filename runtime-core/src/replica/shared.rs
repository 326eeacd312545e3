//! What one source of a flow shares with itself in the other replicas.

use std::any::Any;
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::sync::PoisonError;

use crate::executor::Waker;
use crate::sync::{Arc, Mutex};

/// What the replicas of one source divide among themselves: parts of any type, each under a name of the source's own.
pub struct Shared {
    /// Of all replicas.
    wakers: Vec<Waker>,
    /// Each is an `Arc` of the part.
    parts: Mutex<BTreeMap<OsString, Box<dyn Any + Send + Sync>>>,
}

impl Shared {
    /// For the replicas that are woken by `wakers`.
    pub(crate) fn new(wakers: Vec<Waker>) -> Self {
        Self {
            wakers,
            parts: Mutex::default(),
        }
    }

    /// The part of that name, which `make` makes for whoever asks first; it is given the wakers of all replicas.
    ///
    /// # Errors
    /// Those of `make`.
    ///
    /// # Panics
    /// When a part of that name has another type: a bug of the source.
    pub(crate) fn part<T: Send + Sync + 'static, E>(
        &self,
        name: impl AsRef<OsStr>,
        make: impl FnOnce(Vec<Waker>) -> Result<T, E>,
    ) -> Result<Arc<T>, E> {
        // Nothing that holds the lock panics half-way.
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
