//! Appends a stamp of eight bytes to each message.

use comparison_work::{STAMPED, stamp};
use torvyn::{Element, Error, Output, Processor};

#[derive(Default)]
struct StampProcessor {
    /// The message that was stamped last; its memory serves for the next one.
    message: Vec<u8>,
}

#[torvyn::component]
impl Processor for StampProcessor {
    fn process(&mut self, input: &Element<'_>) -> Result<Option<Output>, Error> {
        self.message.clear();
        self.message.extend_from_slice(input.payload().bytes());
        stamp(&mut self.message, input.sequence());
        Output::bytes(STAMPED, &self.message).map(Some)
    }
}
