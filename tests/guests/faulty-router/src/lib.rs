//! Sends everything to port `a`, until it fails as its config says.

use fault::Fault;
use torvyn::{Element, Error, Lifecycle, Route, Router};

struct FaultyRouter {
    fault: Fault,
}

impl Lifecycle for FaultyRouter {
    fn init(config: &str) -> Result<Self, Error> {
        let fault = Fault::init(config)?;
        Ok(FaultyRouter { fault })
    }

    fn teardown(mut self) {
        self.fault.strike("teardown").expect("`teardown` can't return an error");
    }
}

impl Router for FaultyRouter {
    fn route(&mut self, _element: &Element<'_>) -> Result<Route, Error> {
        self.fault.strike("route")?;
        Ok(Route::to("a"))
    }
}

torvyn::export!(FaultyRouter: router);
