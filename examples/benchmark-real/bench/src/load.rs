//! What the programs are given to do.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use bench_common::Failed;
use native::manifest::Manifest;
use native::programs::Program;
use serde_json::Value;

/// One run's share of it.
#[derive(Clone, Copy)]
pub(crate) struct Load<'a> {
    pub(crate) elements: u64,
    /// The file with as many lines, for a program that reads one.
    pub(crate) input: &'a Path,
}

/// Elements of a program: they repeat themselves.
pub(crate) struct Supply {
    /// Elements after which they repeat themselves.
    pub(crate) cycle: u64,
    file: Option<Repeated>,
}

/// A file that repeats the lines of a text.
struct Repeated {
    text: Vec<u8>,
    file: PathBuf,
    /// Lines that it has.
    lines: u64,
}

impl Supply {
    /// The elements of a program. `work` is the folder for its input.
    pub(crate) fn of(program: &Program, manifest: &Path, work: &Path) -> Result<Self, Failed> {
        let flow = Manifest::read(manifest)?;
        let flow = flow.flow(program.name)?;
        if !program.reads_file() {
            let config: Value = flow.read("source")?;
            let texts = config["texts"].as_array().ok_or("the source has no texts")?;
            return Ok(Self {
                cycle: texts.len() as u64,
                file: None,
            });
        }
        let config: Value = flow.read("log")?;
        let sample = config["path"].as_str().ok_or("there is no log")?;
        let sample = manifest.with_file_name(sample);
        let text = fs::read(&sample).map_err(|error| format!("{}: {error}", sample.display()))?;
        let file = work.join(format!("{}.input", program.name));
        Self::repeating(text, file)
    }

    fn repeating(text: Vec<u8>, file: PathBuf) -> Result<Self, Failed> {
        fs::write(&file, "")?;
        Ok(Self {
            cycle: text.iter().filter(|byte| **byte == b'\n').count() as u64,
            file: Some(Repeated { text, file, lines: 0 }),
        })
    }

    /// About so many elements: whole cycles, and at least one.
    pub(crate) fn whole(&self, elements: u64) -> u64 {
        elements.div_ceil(self.cycle).max(1) * self.cycle
    }

    /// So many elements.
    pub(crate) fn load(&mut self, elements: u64) -> Result<Load<'_>, Failed> {
        let Some(repeated) = &mut self.file else {
            return Ok(Load {
                elements,
                input: Path::new(""),
            });
        };
        repeated.write(elements, self.cycle)?;
        Ok(Load {
            elements,
            input: &repeated.file,
        })
    }
}

impl Repeated {
    /// Makes it so many lines long; the text has `cycle` of them.
    fn write(&mut self, lines: u64, cycle: u64) -> Result<(), Failed> {
        if self.lines == lines {
            return Ok(());
        }
        let mut file = BufWriter::new(File::create(&self.file)?);
        for _ in 0..lines / cycle {
            file.write_all(&self.text)?;
        }
        let rest = self.text.split_inclusive(|byte| *byte == b'\n');
        for line in rest.take((lines % cycle) as usize) {
            file.write_all(line)?;
        }
        file.flush()?;
        self.lines = lines;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn input_has_as_many_lines_as_there_are_elements() {
        let file = std::env::temp_dir().join(format!("benchmark-real-input-{}", std::process::id()));
        let mut supply = Supply::repeating(b"a\nb\nc\n".to_vec(), file.clone()).unwrap();
        assert_eq!((supply.whole(0), supply.whole(3), supply.whole(4)), (3, 3, 6));
        for (elements, expected) in [(4, "a\nb\nc\na\n"), (2, "a\nb\n"), (3, "a\nb\nc\n")] {
            let input = supply.load(elements).unwrap().input;
            assert_eq!(fs::read_to_string(input).unwrap(), expected);
        }
        fs::remove_file(file).unwrap();
    }
}
