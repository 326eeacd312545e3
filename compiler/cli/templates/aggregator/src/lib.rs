//! Joins several elements into one line: `config = { size = N }` in `Torvyn.toml`.

use serde::Deserialize;
use torvyn::{Aggregator, Element, Error, Output};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    size: usize,
}

struct Joined {
    settings: Settings,
    texts: Vec<String>,
}

#[torvyn::component]
impl Aggregator for Joined {
    fn init(settings: Settings) -> Result<Self, Error> {
        if settings.size == 0 {
            return Err(Error::invalid_input("`size` is 0: nothing would ever be complete"));
        }
        Ok(Joined { settings, texts: Vec::new() })
    }

    fn ingest(&mut self, element: &Element<'_>) -> Result<Option<Output>, Error> {
        let line = self.add(element.payload().text()?.to_owned());
        line.map(|line| Output::text(&line)).transpose()
    }

    fn flush(&mut self) -> Result<Vec<Output>, Error> {
        self.line().map(|line| Output::text(&line)).into_iter().collect()
    }
}

impl Joined {
    /// Takes one element; returns a line if the element completes it.
    fn add(&mut self, text: String) -> Option<String> {
        self.texts.push(text);
        if self.texts.len() < self.settings.size { None } else { self.line() }
    }

    /// The unfinished line, if any.
    fn line(&mut self) -> Option<String> {
        let texts = std::mem::take(&mut self.texts);
        (!texts.is_empty()).then(|| texts.join(" | "))
    }
}

#[cfg(test)]
mod tests {
    use torvyn::Aggregator;

    use super::{Joined, Settings};

    #[test]
    fn what_is_left_makes_a_shorter_line() {
        let mut joined = Joined::init(Settings { size: 2 }).expect("a size");
        assert_eq!(joined.add("a".to_owned()), None);
        assert_eq!(joined.add("b".to_owned()), Some("a | b".to_owned()));
        assert_eq!(joined.add("c".to_owned()), None);
        assert_eq!(joined.line(), Some("c".to_owned()));
        assert_eq!(joined.line(), None);
    }
}
