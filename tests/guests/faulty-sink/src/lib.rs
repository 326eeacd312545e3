//! Prints what it gets, until it fails as its config says.

use fault::Fault;
use torvyn::{Element, Error, Signal, Sink};

struct FaultySink {
    fault: Fault,
}

#[torvyn::component]
impl Sink for FaultySink {
    fn init(config: String) -> Result<Self, Error> {
        let fault = Fault::init(&config)?;
        Ok(FaultySink { fault })
    }

    fn push(&mut self, element: &Element<'_>) -> Result<Signal, Error> {
        self.fault.strike("push")?;
        println!("push {}", element.payload().text()?);
        Ok(Signal::Ready)
    }

    fn complete(&mut self) -> Result<(), Error> {
        self.fault.strike("complete")?;
        println!("complete");
        Ok(())
    }

    fn teardown(mut self) {
        self.fault.strike("teardown").expect("`teardown` can't return an error");
        println!("teardown");
    }
}
