//! Counts for ever, until it fails as its config says.

use fault::Fault;
use torvyn::{Error, Output, Signal, Source};

struct FaultySource {
    fault: Fault,
    emitted: u64,
}

#[torvyn::component]
impl Source for FaultySource {
    fn init(config: String) -> Result<Self, Error> {
        Ok(FaultySource {
            fault: Fault::init(&config)?,
            emitted: 0,
        })
    }

    fn pull(&mut self) -> Result<Option<Output>, Error> {
        self.fault.strike("pull")?;
        self.emitted += 1;
        Output::text(&(self.emitted - 1).to_string()).map(Some)
    }

    fn notify_backpressure(&mut self, _signal: Signal) {
        self.fault
            .strike("notify-backpressure")
            .expect("`notify-backpressure` can't return an error");
    }

    fn teardown(mut self) {
        self.fault.strike("teardown").expect("`teardown` can't return an error");
    }
}
