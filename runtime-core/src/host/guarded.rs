//! Clocks and random numbers for those who are granted them: what is not granted ends the call that asks for it.

use wasmtime::Result;
use wasmtime::component::{HasData, Resource};
use wasmtime_wasi::clocks::WasiClocksView;
use wasmtime_wasi::p2::DynPollable;
use wasmtime_wasi::p2::bindings::clocks::{monotonic_clock, wall_clock};
use wasmtime_wasi::p2::bindings::random::{insecure, random};

use super::StageData;
use super::wasi::random_context;
use crate::capability::Capability;

/// A stage that asks for something.
pub(super) struct Guarded<'a>(&'a mut StageData);

/// How a linker gets at it.
pub(super) struct HasGuarded;

impl HasData for HasGuarded {
    type Data<'a> = Guarded<'a>;
}

pub(super) fn guarded(data: &mut StageData) -> Guarded<'_> {
    Guarded(data)
}

impl Guarded<'_> {
    fn permit(&self, capability: Capability) -> Result<()> {
        Ok(self.0.granted.permit(capability)?)
    }
}

impl wall_clock::Host for Guarded<'_> {
    fn now(&mut self) -> Result<wall_clock::Datetime> {
        self.permit(Capability::WallClock)?;
        wall_clock::Host::now(&mut self.0.clocks())
    }

    fn resolution(&mut self) -> Result<wall_clock::Datetime> {
        self.permit(Capability::WallClock)?;
        wall_clock::Host::resolution(&mut self.0.clocks())
    }
}

impl monotonic_clock::Host for Guarded<'_> {
    fn now(&mut self) -> Result<monotonic_clock::Instant> {
        self.permit(Capability::MonotonicClock)?;
        monotonic_clock::Host::now(&mut self.0.clocks())
    }

    fn resolution(&mut self) -> Result<monotonic_clock::Instant> {
        self.permit(Capability::MonotonicClock)?;
        monotonic_clock::Host::resolution(&mut self.0.clocks())
    }

    /// Whether an instant has come tells the time.
    fn subscribe_instant(&mut self, when: monotonic_clock::Instant) -> Result<Resource<DynPollable>> {
        self.permit(Capability::MonotonicClock)?;
        self.0.clocks().subscribe_instant(when)
    }

    /// Waiting is no capability.
    fn subscribe_duration(&mut self, when: monotonic_clock::Duration) -> Result<Resource<DynPollable>> {
        self.0.clocks().subscribe_duration(when)
    }
}

impl random::Host for Guarded<'_> {
    fn get_random_bytes(&mut self, len: u64) -> Result<Vec<u8>> {
        self.permit(Capability::Random)?;
        random_context(self.0).get_random_bytes(len)
    }

    fn get_random_u64(&mut self) -> Result<u64> {
        self.permit(Capability::Random)?;
        random_context(self.0).get_random_u64()
    }
}

impl insecure::Host for Guarded<'_> {
    fn get_insecure_random_bytes(&mut self, len: u64) -> Result<Vec<u8>> {
        self.permit(Capability::InsecureRandom)?;
        random_context(self.0).get_insecure_random_bytes(len)
    }

    fn get_insecure_random_u64(&mut self) -> Result<u64> {
        self.permit(Capability::InsecureRandom)?;
        random_context(self.0).get_insecure_random_u64()
    }
}
