//! Lets everything pass, until it fails as its config says.

use fault::Fault;
use torvyn::{Element, Error, Filter, Lifecycle};

struct FaultyFilter {
    fault: Fault,
}

impl Lifecycle for FaultyFilter {
    fn init(config: &str) -> Result<Self, Error> {
        let fault = Fault::init(config)?;
        Ok(FaultyFilter { fault })
    }

    fn teardown(mut self) {
        self.fault.strike("teardown").expect("`teardown` can't return an error");
    }
}

impl Filter for FaultyFilter {
    fn evaluate(&mut self, _element: &Element<'_>) -> Result<bool, Error> {
        self.fault.strike("evaluate")?;
        Ok(true)
    }
}

torvyn::export!(FaultyFilter: filter);
