use torvyn::{Element, Error, Filter};

#[derive(Default)]
struct Parser<T>(T);

#[torvyn::component]
impl<T: Default + 'static> Filter for Parser<T> {
    fn evaluate(&mut self, element: &Element<'_>) -> Result<bool, Error> {
        Ok(element.payload().size() > 0)
    }
}

fn main() {}
