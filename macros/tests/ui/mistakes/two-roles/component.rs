use torvyn::{Element, Error, Filter, Signal, Sink};

#[derive(Default)]
struct Parser;

#[torvyn::component]
impl Filter for Parser {
    fn evaluate(&mut self, element: &Element<'_>) -> Result<bool, Error> {
        Ok(element.payload().size() > 0)
    }
}

mod sink {
    use super::*;

    #[torvyn::component]
    impl Sink for Parser {
        fn push(&mut self, _: &Element<'_>) -> Result<Signal, Error> {
            Ok(Signal::Ready)
        }
    }
}

fn main() {}
