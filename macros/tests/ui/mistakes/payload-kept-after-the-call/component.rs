use torvyn::{Element, Error, Signal, Sink};

#[derive(Default)]
struct Keeping {
    last: &'static str,
}

#[torvyn::component]
impl Sink for Keeping {
    fn push(&mut self, element: &Element<'_>) -> Result<Signal, Error> {
        self.last = element.payload().text()?;
        Ok(Signal::Ready)
    }
}

fn main() {}
