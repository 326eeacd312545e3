//! Sentences on standard output.

#[derive(Default)]
pub struct Printed {
    sentences: u64,
}

impl Printed {
    /// Prints a sentence with its number.
    pub fn print(&mut self, sentence: &str) {
        println!("[output-sink] sentence {}: {sentence}", self.sentences);
        self.sentences += 1;
    }

    /// Prints that there will be no other.
    pub fn finish(&self) {
        println!("[output-sink] Stream complete.");
    }
}
