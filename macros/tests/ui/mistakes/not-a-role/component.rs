struct Parser;

#[torvyn::component]
impl std::fmt::Display for Parser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("parser")
    }
}

fn main() {}
