//! Folds all messages into a checksum. Its config is the checksum that is expected; without one it prints what it got.

use comparison_work::Checksum;
use torvyn::{Element, Error, Signal, Sink};

struct ChecksumSink {
    checksum: Checksum,
    expected: Option<Checksum>,
}

#[torvyn::component]
impl Sink for ChecksumSink {
    fn init(config: String) -> Result<Self, Error> {
        let expected = (!config.is_empty()).then(|| config.parse()).transpose();
        Ok(ChecksumSink {
            checksum: Checksum::default(),
            expected: expected.map_err(Error::invalid_input)?,
        })
    }

    fn push(&mut self, element: &Element<'_>) -> Result<Signal, Error> {
        self.checksum.fold(element.payload().bytes());
        Ok(Signal::Ready)
    }

    fn complete(&mut self) -> Result<(), Error> {
        match self.expected {
            Some(expected) if expected != self.checksum => {
                Err(Error::Internal(format!("{}, expected {expected}", self.checksum)))
            }
            Some(_) => Ok(()),
            None => {
                println!("{}", self.checksum);
                Ok(())
            }
        }
    }
}
