use torvyn::{Element, Error, Filter};

#[torvyn::component]
#[derive(Default)]
pub struct Parser;

impl Filter for Parser {
    fn evaluate(&mut self, element: &Element<'_>) -> Result<bool, Error> {
        Ok(element.payload().size() > 0)
    }
}

fn main() {}
