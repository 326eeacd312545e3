//! Emits messages of a fixed size, for ever. Its config is the size in bytes.

use comparison_work::{MESSAGE, WORD, message};
use torvyn::{Error, Output, Source};

struct MessageSource {
    bytes: usize,
    next: u64,
}

#[torvyn::component]
impl Source for MessageSource {
    fn init(config: String) -> Result<Self, Error> {
        match config.parse().map_err(Error::invalid_input)? {
            bytes if bytes < WORD => Err(Error::InvalidInput(format!("a message has at least {WORD} bytes"))),
            bytes => Ok(MessageSource { bytes, next: 0 }),
        }
    }

    fn pull(&mut self) -> Result<Option<Output>, Error> {
        let payload = message(self.next, self.bytes);
        self.next += 1;
        Output::bytes(MESSAGE, &payload).map(Some)
    }
}
