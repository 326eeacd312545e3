//! Numbers each element and puts it in capitals. `transformed` is the place to change that.

use torvyn::{Element, Error, Output, Processor};

#[derive(Default)]
struct Transform;

#[torvyn::component]
impl Processor for Transform {
    fn process(&mut self, input: &Element<'_>) -> Result<Option<Output>, Error> {
        // The payload lies in host memory: this is where its text is copied in.
        let text = input.payload().text()?;
        Output::text(&transformed(input.sequence(), &text)).map(Some)
    }
}

fn transformed(sequence: u64, text: &str) -> String {
    format!("[{sequence:04}] {}", text.to_uppercase())
}

#[cfg(test)]
mod tests {
    use super::transformed;

    #[test]
    fn elements_are_numbered_and_put_in_capitals() {
        assert_eq!(transformed(7, "one line"), "[0007] ONE LINE");
    }
}
