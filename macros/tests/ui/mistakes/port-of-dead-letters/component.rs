use torvyn::{Element, Error, Route, Router};

#[derive(Default)]
struct ByLevel;

#[torvyn::component(ports("first", "error"))]
impl Router for ByLevel {
    fn route(&mut self, element: &Element<'_>) -> Result<Route, Error> {
        Ok(Route::to(if element.sequence() == 0 { "first" } else { "rest" }))
    }
}

fn main() {}
