use torvyn::{Element, Error, Filter};

#[derive(Default)]
struct Parser;

#[torvyn::component]
impl Filter for Parser {
    fn evaluate(&mut self, element: &Element<'_>) -> Result<bool, Error> {
        Ok(element.payload().size() > 0)
    }
}

fn main() {}
