//! Copies its input, until it fails as its config says.

use fault::Fault;
use torvyn::{Element, Error, Lifecycle, Output, Processor};

struct FaultyProcessor {
    fault: Fault,
    processed: u64,
}

impl Lifecycle for FaultyProcessor {
    fn init(config: &str) -> Result<Self, Error> {
        Ok(FaultyProcessor {
            fault: Fault::init(config)?,
            processed: 0,
        })
    }

    fn teardown(self) {
        self.fault
            .strike("teardown", 0)
            .expect("`teardown` can only trap or loop");
    }
}

impl Processor for FaultyProcessor {
    fn process(&mut self, input: &Element<'_>) -> Result<Option<Output>, Error> {
        self.fault.strike("process", self.processed)?;
        self.processed += 1;
        Output::bytes(input.content_type(), &input.payload().bytes()).map(Some)
    }
}

torvyn::export!(FaultyProcessor: processor);
