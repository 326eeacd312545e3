//! Sends elements to port `even` or `odd`, by their number. To route by content, change `port`.

use torvyn::{Element, Error, Route, Router};

#[derive(Default)]
struct ByNumber;

#[torvyn::component(ports("even", "odd"))]
impl Router for ByNumber {
    fn route(&mut self, element: &Element<'_>) -> Result<Route, Error> {
        Ok(Route::to(port(element.sequence())))
    }
}

fn port(sequence: u64) -> &'static str {
    if sequence.is_multiple_of(2) { "even" } else { "odd" }
}

#[cfg(test)]
mod tests {
    use super::port;

    #[test]
    fn ports_alternate() {
        assert_eq!([0, 1, 2].map(port), ["even", "odd", "even"]);
    }
}
