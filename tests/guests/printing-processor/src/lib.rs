//! Writes to stdout and stderr in every call, and half a line at the end; drops every element.

use std::io::Write as _;

use torvyn::{Element, Error, Output, Processor};

struct Printing;

#[torvyn::component]
impl Processor for Printing {
    fn init(config: String) -> Result<Self, Error> {
        println!("stdout: init {config}");
        eprintln!("stderr: init {config}");
        Ok(Printing)
    }

    fn process(&mut self, input: &Element<'_>) -> Result<Option<Output>, Error> {
        let text = input.payload().text()?;
        println!("stdout: {text} ü");
        eprintln!("stderr: {text} ü");
        Ok(None)
    }

    fn teardown(self) {
        print!("stdout: no line end");
        std::io::stdout().flush().expect("stdout is the executable's own");
    }
}
