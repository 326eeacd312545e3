struct Parser;

#[torvyn::component]
impl Parser {
    fn parse(&self) {}
}

fn main() {}
