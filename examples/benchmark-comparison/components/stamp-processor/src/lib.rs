//! Appends a stamp of eight bytes to each message.

use comparison_work::{STAMPED, stamp};
use torvyn::{Element, Error, Output, Processor};

#[derive(Default)]
struct StampProcessor;

#[torvyn::component]
impl Processor for StampProcessor {
    fn process(&mut self, input: &Element<'_>) -> Result<Option<Output>, Error> {
        let mut payload = input.payload().bytes();
        stamp(&mut payload, input.sequence());
        Output::bytes(STAMPED, &payload).map(Some)
    }
}
