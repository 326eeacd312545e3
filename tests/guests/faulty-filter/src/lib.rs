//! Lets everything pass, until it fails as its config says.

use fault::Fault;
use torvyn::{Element, Error, Filter};

struct FaultyFilter {
    fault: Fault,
}

#[torvyn::component]
impl Filter for FaultyFilter {
    fn init(config: String) -> Result<Self, Error> {
        let fault = Fault::init(&config)?;
        Ok(FaultyFilter { fault })
    }

    fn evaluate(&mut self, _element: &Element<'_>) -> Result<bool, Error> {
        self.fault.strike("evaluate")?;
        Ok(true)
    }

    fn teardown(mut self) {
        self.fault.strike("teardown").expect("`teardown` can't return an error");
    }
}
