//! Revocation: a running call is ended by taking the access rights on its instance's linear memories away.
//!
//! The compiler makes sure that code touches memory again and again (its pass `interrupt`), so the call soon faults. The
//! handler of such faults (`fault.rs`) is in front of that of the engine and decides what the fault means:
//!
//! - The call that is to end runs in guest code: the engine makes a trap of it.
//! - Anything else, that is host code that reads or writes the memory, or another call of the instance: the rights are
//!   given back, and the access is repeated. Whoever revoked them may do it again.
//!
//! So a call that is not meant is never hurt, and host code never faults. A call pays nothing before it is ended.

mod fault;
mod memory;
mod registry;
mod target;

use std::cell::RefCell;
use std::io;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use rustix::io::Errno;
use wasmtime::{Error, Result};

pub(crate) use fault::catch;
pub(crate) use memory::Creator;

use memory::Region;
use target::Target;

/// The number of the call under way, by which calls of an instance are told apart.
pub(crate) trait CallNumber: Send + Sync {
    /// The number. Called in a signal handler: it must not wait or allocate.
    fn current(&self) -> u32;
}

/// The memories of one instance, whose rights can be taken away.
pub(crate) struct Revocation {
    target: Target,
    call: Arc<dyn CallNumber>,
    memories: Mutex<Vec<Weak<Region>>>,
    /// The system's answer when it refused a memory.
    refused: Mutex<Option<Errno>>,
}

thread_local! {
    /// The revocation to which memories belong that this thread makes.
    static MAKING: RefCell<Option<Arc<Revocation>>> = const { RefCell::new(None) };
}

impl Revocation {
    /// A revocation for an instance whose calls are numbered by `call`.
    pub(crate) fn new(call: Arc<dyn CallNumber>) -> Arc<Self> {
        Arc::new(Self {
            target: Target::default(),
            call,
            memories: Mutex::default(),
            refused: Mutex::default(),
        })
    }

    /// Makes an instance: the memories that `make` makes are those of this revocation.
    ///
    /// # Errors
    /// Those of `make`. If the system refused a memory, its error is in the chain.
    pub(crate) fn instantiate<T>(self: &Arc<Self>, make: impl FnOnce() -> Result<T>) -> Result<T> {
        let outer = MAKING.replace(Some(Arc::clone(self)));
        let made = make();
        MAKING.set(outer);
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner).take();
        made.map_err(|error| match refused {
            Some(errno) => Error::new(io::Error::from(errno)).context(format!("{error:#}")),
            None => error,
        })
    }

    /// Takes the rights away, so that the call with this number ends. It may take several times: when the call works in
    /// the host meanwhile, or makes new memory.
    pub(crate) fn revoke(&self, call: u32) {
        self.target.aim(call);
        let mut memories = self.memories.lock().unwrap_or_else(PoisonError::into_inner);
        memories.retain(|memory| {
            let memory = memory.upgrade();
            memory.inspect(|memory| memory.revoke()).is_some()
        });
    }

    /// Whether the call that just ended with an error was ended by revocation.
    pub(crate) fn has_struck(&self) -> bool {
        self.target.take_strike()
    }

    /// Whether the fault of the current call, in guest code, ends it. Called in a signal handler.
    fn strikes(&self) -> bool {
        self.target.strikes(self.call.current())
    }

    fn add(&self, memory: &Arc<Region>) {
        let mut memories = self.memories.lock().unwrap_or_else(PoisonError::into_inner);
        memories.push(Arc::downgrade(memory));
    }

    fn note_refusal(&self, errno: Errno) {
        *self.refused.lock().unwrap_or_else(PoisonError::into_inner) = Some(errno);
    }
}
