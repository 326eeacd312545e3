//! The empty counterpart of the module `system`, for programs whose components import no WASI.

use wasmtime::Result;

use crate::crossing::Entered;

/// State shared by the components of a program: none.
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

/// State of a component's store for WASI: none.
pub(super) struct State;

impl State {
    pub(super) fn new(_: &Host) -> Self {
        Self
    }
}
