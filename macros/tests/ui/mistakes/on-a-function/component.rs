#[torvyn::component]
fn main() {}
