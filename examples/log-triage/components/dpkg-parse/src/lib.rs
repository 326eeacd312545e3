//! Turns each line of a dpkg log into a JSON record.

mod record;

use record::Record;
use torvyn::{Element, Error, Output, Processor};

#[derive(Default)]
struct DpkgParse;

#[torvyn::component]
impl Processor for DpkgParse {
    fn process(&mut self, input: &Element<'_>) -> Result<Option<Output>, Error> {
        let line = input.payload().text()?;
        if line.trim().is_empty() {
            return Ok(None);
        }
        let record = Record::parse(line).ok_or_else(|| Error::InvalidInput(format!("not a dpkg log line: {line}")))?;
        Output::serialize(&record).map(Some)
    }
}
