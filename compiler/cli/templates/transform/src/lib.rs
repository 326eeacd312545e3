//! Numbers each element and converts it to upper case. To do something else, change `transformed`.

use torvyn::{Element, Error, Output, Processor};

#[derive(Default)]
struct Transform;

#[torvyn::component]
impl Processor for Transform {
    fn process(&mut self, input: &Element<'_>) -> Result<Option<Output>, Error> {
        // The payload is in host memory: this call copies its text into the component.
        let text = input.payload().text()?;
        Output::text(&transformed(input.sequence(), text)).map(Some)
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
