use torvyn::{Element, Error, Filter};

struct Parser;

#[torvyn::component]
impl Filter for Parser {
    fn evaluate(&mut self, element: &Element<'_>) -> Result<bool, Error> {
        Ok(element.payload().size() > 0)
    }
}

fn main() {}
