//! Prints what it gets, until it fails as its config says.

use fault::Fault;
use torvyn::{Element, Error, Lifecycle, Signal, Sink};

struct FaultySink {
    fault: Fault,
    pushed: u64,
}

impl Lifecycle for FaultySink {
    fn init(config: &str) -> Result<Self, Error> {
        Ok(FaultySink {
            fault: Fault::init(config)?,
            pushed: 0,
        })
    }

    fn teardown(self) {
        self.fault
            .strike("teardown", 0)
            .expect("`teardown` can only trap or loop");
        println!("teardown");
    }
}

impl Sink for FaultySink {
    fn push(&mut self, element: &Element<'_>) -> Result<Signal, Error> {
        self.fault.strike("push", self.pushed)?;
        self.pushed += 1;
        println!("push {}", element.payload().text()?);
        Ok(Signal::Ready)
    }

    fn complete(&mut self) -> Result<(), Error> {
        self.fault.strike("complete", 0)?;
        println!("complete");
        Ok(())
    }
}

torvyn::export!(FaultySink: sink);
