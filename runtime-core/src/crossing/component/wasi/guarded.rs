//! Clocks and random numbers of WASI, from the stage's sandbox: a call that needs a missing grant ends with an error.

use wasmtime::Result;
use wasmtime::component::{HasData, Resource};
use wasmtime_wasi::clocks::WasiClocksView;
use wasmtime_wasi::p2::DynPollable;
use wasmtime_wasi::p2::bindings::clocks::{monotonic_clock, wall_clock};
use wasmtime_wasi::p2::bindings::random::{insecure, insecure_seed, random};

use crate::capability::Capability;
use crate::crossing::component::store::StageData;
use crate::sandbox;

/// Access to the store of the stage that calls.
pub(super) struct Guarded<'a>(&'a mut StageData);

/// Type by which a linker finds [`Guarded`] in a store.
pub(super) struct HasGuarded;

impl HasData for HasGuarded {
    type Data<'a> = Guarded<'a>;
}

pub(super) fn guarded(data: &mut StageData) -> Guarded<'_> {
    Guarded(data)
}

/// Resolution of both clocks, in nanoseconds.
const RESOLUTION_NS: u32 = 1;

impl Guarded<'_> {
    fn permit(&self, capability: Capability) -> Result<()> {
        Ok(self.0.sandbox.permit(capability)?)
    }
}

fn random_u64() -> Result<u64> {
    let bytes = sandbox::random(size_of::<u64>())?;
    Ok(u64::from_le_bytes(
        bytes.try_into().expect("invariant: as many as asked for"),
    ))
}

fn random_bytes(length: u64) -> Result<Vec<u8>> {
    Ok(sandbox::random(usize::try_from(length)?)?)
}

impl wall_clock::Host for Guarded<'_> {
    fn now(&mut self) -> Result<wall_clock::Datetime> {
        let now = self.0.sandbox.wall_clock()?;
        Ok(wall_clock::Datetime {
            seconds: now.as_secs(),
            nanoseconds: now.subsec_nanos(),
        })
    }

    fn resolution(&mut self) -> Result<wall_clock::Datetime> {
        self.permit(Capability::WallClock)?;
        Ok(wall_clock::Datetime {
            seconds: 0,
            nanoseconds: RESOLUTION_NS,
        })
    }
}

impl monotonic_clock::Host for Guarded<'_> {
    fn now(&mut self) -> Result<monotonic_clock::Instant> {
        Ok(self.0.sandbox.monotonic_clock()?.as_nanos() as u64)
    }

    fn resolution(&mut self) -> Result<monotonic_clock::Instant> {
        self.permit(Capability::MonotonicClock)?;
        Ok(RESOLUTION_NS.into())
    }

    /// Whether an instant has passed reveals the time, so this needs the clock's grant.
    fn subscribe_instant(&mut self, when: monotonic_clock::Instant) -> Result<Resource<DynPollable>> {
        let now = self.0.sandbox.monotonic_clock()?.as_nanos() as u64;
        self.0.clocks().subscribe_duration(when.saturating_sub(now))
    }

    /// Waiting for a duration needs no grant.
    fn subscribe_duration(&mut self, when: monotonic_clock::Duration) -> Result<Resource<DynPollable>> {
        self.0.clocks().subscribe_duration(when)
    }
}

impl random::Host for Guarded<'_> {
    fn get_random_bytes(&mut self, len: u64) -> Result<Vec<u8>> {
        self.permit(Capability::Random)?;
        random_bytes(len)
    }

    fn get_random_u64(&mut self) -> Result<u64> {
        self.permit(Capability::Random)?;
        random_u64()
    }
}

impl insecure::Host for Guarded<'_> {
    fn get_insecure_random_bytes(&mut self, len: u64) -> Result<Vec<u8>> {
        self.permit(Capability::InsecureRandom)?;
        random_bytes(len)
    }

    fn get_insecure_random_u64(&mut self) -> Result<u64> {
        self.permit(Capability::InsecureRandom)?;
        random_u64()
    }
}

/// The seed of hash tables is for every component.
impl insecure_seed::Host for Guarded<'_> {
    fn insecure_seed(&mut self) -> Result<(u64, u64)> {
        Ok((random_u64()?, random_u64()?))
    }
}
