//! What a store has in a program whose components import nothing of WASI: nothing.

use wasmtime::Result;

use crate::crossing::Entered;

/// What the components of a program share.
pub(super) struct Host;

impl Host {
    #[expect(clippy::unnecessary_wraps, reason = "the one for WASI may fail")]
    pub(super) fn start() -> Result<Self> {
        Ok(Self)
    }

    #[expect(clippy::unused_self, reason = "the one for WASI needs it")]
    pub(super) fn enter(&self) -> Option<Box<dyn Entered + '_>> {
        None
    }
}

/// What the store of a component has for WASI.
pub(super) struct State;

impl State {
    pub(super) fn new(_: &Host) -> Self {
        Self
    }
}
