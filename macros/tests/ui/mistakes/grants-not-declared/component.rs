use torvyn::{Element, Error, Filter, capabilities};

#[derive(Default)]
struct Parser;

#[torvyn::component]
impl Filter for Parser {
    fn evaluate(&mut self, element: &Element<'_>) -> Result<bool, Error> {
        let reads = capabilities::has("wasi:filesystem/read:/data");
        let measures = capabilities::has("wasi:clocks");
        let draws = capabilities::has("wasi-random");
        Ok(reads && measures && draws && element.payload().size() > 0)
    }
}

fn main() {}
