//! Passes only elements that contain a text: `config = { contains = "…" }` in `Torvyn.toml`.

use serde::Deserialize;
use torvyn::{Element, Error, Filter};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    contains: String,
}

struct Contains {
    settings: Settings,
}

#[torvyn::component]
impl Filter for Contains {
    fn init(settings: Settings) -> Result<Self, Error> {
        if settings.contains.is_empty() {
            return Err(Error::invalid_input("`contains` is empty: everything would pass"));
        }
        Ok(Contains { settings })
    }

    fn evaluate(&mut self, element: &Element<'_>) -> Result<bool, Error> {
        Ok(self.passes(element.payload().text()?))
    }
}

impl Contains {
    fn passes(&self, text: &str) -> bool {
        text.contains(&self.settings.contains)
    }
}

#[cfg(test)]
mod tests {
    use torvyn::Filter;

    use super::{Contains, Settings};

    fn filter(text: &str) -> Result<Contains, torvyn::Error> {
        Contains::init(Settings { contains: text.to_owned() })
    }

    #[test]
    fn what_contains_the_text_passes() {
        let filter = filter("error").expect("a text");
        assert!(filter.passes("an error of mine"));
        assert!(!filter.passes("all is well"));
    }

    #[test]
    fn a_filter_that_lets_everything_pass_is_refused() {
        assert!(filter("").is_err());
    }
}
