//! Counts for ever, until it fails as its config says.

use fault::Fault;
use torvyn::{Error, Lifecycle, Output, Source};

struct FaultySource {
    fault: Fault,
    pulled: u64,
}

impl Lifecycle for FaultySource {
    fn init(config: &str) -> Result<Self, Error> {
        Ok(FaultySource {
            fault: Fault::init(config)?,
            pulled: 0,
        })
    }

    fn teardown(self) {
        self.fault
            .strike("teardown", 0)
            .expect("`teardown` can only trap or loop");
    }
}

impl Source for FaultySource {
    fn pull(&mut self) -> Result<Option<Output>, Error> {
        self.fault.strike("pull", self.pulled)?;
        self.pulled += 1;
        Output::text(&(self.pulled - 1).to_string()).map(Some)
    }
}

torvyn::export!(FaultySource: source);
