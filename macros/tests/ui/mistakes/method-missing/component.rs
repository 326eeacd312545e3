use torvyn::Filter;

#[derive(Default)]
struct Parser;

#[torvyn::component]
impl Filter for Parser {
}

fn main() {}
