//! Prints every call it gets. With `pause` as config it asks for a pause after each element.

use torvyn::{Element, Error, Signal, Sink};

struct CollectingSink {
    pushed: u64,
    answer: Signal,
}

#[torvyn::component]
impl Sink for CollectingSink {
    fn init(config: String) -> Result<Self, Error> {
        let answer = if config == "pause" {
            Signal::Pause
        } else {
            Signal::Ready
        };
        Ok(CollectingSink { pushed: 0, answer })
    }

    fn push(&mut self, element: &Element<'_>) -> Result<Signal, Error> {
        self.pushed += 1;
        println!(
            "push {} {} {}",
            element.sequence(),
            element.content_type(),
            element.payload().text()?
        );
        Ok(self.answer)
    }

    fn complete(&mut self) -> Result<(), Error> {
        println!("complete after {}", self.pushed);
        Ok(())
    }

    fn teardown(self) {
        println!("teardown after {}", self.pushed);
    }
}
