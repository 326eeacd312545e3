//! Sends everything to port `a`, until it fails as its config says.

use fault::Fault;
use torvyn::{Element, Error, Route, Router};

struct FaultyRouter {
    fault: Fault,
}

#[torvyn::component]
impl Router for FaultyRouter {
    fn init(config: String) -> Result<Self, Error> {
        let fault = Fault::init(&config)?;
        Ok(FaultyRouter { fault })
    }

    fn route(&mut self, _element: &Element<'_>) -> Result<Route, Error> {
        self.fault.strike("route")?;
        Ok(Route::to("a"))
    }

    fn teardown(mut self) {
        self.fault.strike("teardown").expect("`teardown` can't return an error");
    }
}
