//! Prints each element with its length, and the totals at the end.

use torvyn::{Element, Error, Signal, Sink};

#[derive(Default)]
struct Printer {
    elements: u64,
    bytes: u64,
}

#[torvyn::component]
impl Sink for Printer {
    fn push(&mut self, element: &Element<'_>) -> Result<Signal, Error> {
        let payload = element.payload();
        println!("{:>4} bytes: {}", payload.size(), payload.text()?);
        self.count(payload.size());
        Ok(Signal::Ready)
    }

    fn complete(&mut self) -> Result<(), Error> {
        println!("{}", self.summary());
        Ok(())
    }
}

impl Printer {
    fn count(&mut self, bytes: u64) {
        self.elements += 1;
        self.bytes += bytes;
    }

    fn summary(&self) -> String {
        format!("{} elements, {} bytes", self.elements, self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::Printer;

    #[test]
    fn the_summary_counts_elements_and_bytes() {
        let mut printer = Printer::default();
        printer.count(3);
        printer.count(4);
        assert_eq!(printer.summary(), "2 elements, 7 bytes");
    }
}
