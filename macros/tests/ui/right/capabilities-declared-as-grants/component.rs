use torvyn::{Element, Error, Filter, capabilities};

#[derive(Default)]
struct Parser;

#[torvyn::component]
impl Filter for Parser {
    fn evaluate(&mut self, element: &Element<'_>) -> Result<bool, Error> {
        let reads = capabilities::has("wasi:filesystem/read:/data") || capabilities::has("wasi-filesystem-read");
        let measures = capabilities::has("wasi:clocks") && capabilities::has("wasi:clocks/monotonic-clock");
        let speaks = capabilities::has("wasi:cli/stdout");
        Ok(reads && measures && speaks && element.payload().size() > 0)
    }
}

fn main() {}
