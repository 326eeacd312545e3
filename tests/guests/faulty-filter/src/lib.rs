//! Lets everything pass, until it fails as its config says.

use fault::Fault;
use torvyn::{Element, Error, Filter, Lifecycle};

struct FaultyFilter {
    fault: Fault,
    evaluated: u64,
}

impl Lifecycle for FaultyFilter {
    fn init(config: &str) -> Result<Self, Error> {
        Ok(FaultyFilter {
            fault: Fault::init(config)?,
            evaluated: 0,
        })
    }

    fn teardown(self) {
        self.fault
            .strike("teardown", 0)
            .expect("`teardown` can only trap or loop");
    }
}

impl Filter for FaultyFilter {
    fn evaluate(&mut self, _element: &Element<'_>) -> Result<bool, Error> {
        self.fault.strike("evaluate", self.evaluated)?;
        self.evaluated += 1;
        Ok(true)
    }
}

torvyn::export!(FaultyFilter: filter);
