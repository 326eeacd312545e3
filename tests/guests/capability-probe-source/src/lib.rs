//! Reports what it was granted: `{"ask": ["wasi:clocks/wall-clock"]}` gives an element `CAPABILITY: true` or
//! `CAPABILITY: false` for each, then `granted: ` with all of them, parted by spaces.

use std::vec;

use serde::Deserialize;
use torvyn::{Error, Output, Source, capabilities};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    ask: Vec<String>,
}

struct CapabilityProbe {
    reports: vec::IntoIter<String>,
}

#[torvyn::component]
impl Source for CapabilityProbe {
    fn init(Config { ask }: Config) -> Result<Self, Error> {
        let answers = ask.iter().map(|name| format!("{name}: {}", capabilities::has(name)));
        let granted = format!("granted: {}", capabilities::granted().join(" "));
        let reports: Vec<String> = answers.chain([granted]).collect();
        Ok(CapabilityProbe {
            reports: reports.into_iter(),
        })
    }

    fn pull(&mut self) -> Result<Option<Output>, Error> {
        self.reports.next().map(|report| Output::text(&report)).transpose()
    }
}
