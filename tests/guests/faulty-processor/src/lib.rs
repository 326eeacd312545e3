//! Copies its input, until it fails as its config says. The one of its kind that can also wait in the host.

use fault::Fault;
use torvyn::{Element, Error, Output, Processor};

struct FaultyProcessor {
    fault: Fault,
}

#[torvyn::component]
impl Processor for FaultyProcessor {
    fn init(config: String) -> Result<Self, Error> {
        let fault = Fault::init_with_waits(&config)?;
        Ok(FaultyProcessor { fault })
    }

    fn process(&mut self, input: &Element<'_>) -> Result<Option<Output>, Error> {
        self.fault.strike("process")?;
        Output::bytes(input.content_type(), input.payload().bytes()).map(Some)
    }

    fn teardown(mut self) {
        self.fault.strike("teardown").expect("`teardown` can't return an error");
    }
}
