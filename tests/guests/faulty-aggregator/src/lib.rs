//! Joins the texts of each two elements, until it fails as its config says.

use fault::Fault;
use torvyn::{Aggregator, Element, Error, Output};

struct FaultyAggregator {
    fault: Fault,
    kept: Option<String>,
}

#[torvyn::component]
impl Aggregator for FaultyAggregator {
    fn init(config: String) -> Result<Self, Error> {
        Ok(FaultyAggregator {
            fault: Fault::init(&config)?,
            kept: None,
        })
    }

    fn ingest(&mut self, element: &Element<'_>) -> Result<Option<Output>, Error> {
        self.fault.strike("ingest")?;
        let text = element.payload().text()?;
        match self.kept.take() {
            Some(first) => Output::text(&format!("{first}+{text}")).map(Some),
            None => {
                self.kept = Some(text.to_owned());
                Ok(None)
            }
        }
    }

    fn flush(&mut self) -> Result<Vec<Output>, Error> {
        self.fault.strike("flush")?;
        self.kept.take().iter().map(|text| Output::text(text)).collect()
    }

    fn teardown(mut self) {
        self.fault.strike("teardown").expect("`teardown` can't return an error");
    }
}
