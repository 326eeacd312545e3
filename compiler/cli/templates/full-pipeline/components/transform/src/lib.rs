//! Processor: each message in capitals, with its number in front.

use torvyn::{Element, Error, Output, Processor};

#[derive(Default)]
struct Uppercase;

#[torvyn::component]
impl Processor for Uppercase {
    fn process(&mut self, input: &Element<'_>) -> Result<Option<Output>, Error> {
        // The payload is in host memory: this call copies its text into the component.
        let line = input.payload().text()?;
        Output::text(&numbered(input.sequence(), line)).map(Some)
    }
}

fn numbered(sequence: u64, line: &str) -> String {
    format!("[{sequence:04}] {}", line.to_uppercase())
}

#[cfg(test)]
mod tests {
    use super::numbered;

    #[test]
    fn lines_are_numbered_and_put_in_capitals() {
        assert_eq!(numbered(7, "one line"), "[0007] ONE LINE");
    }
}
