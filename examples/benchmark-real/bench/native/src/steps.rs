//! The components as stages: what their `lib.rs` do, without the sandbox.

use bench_common::Failed;

use crate::stage::{Element, Sink, Source, Step};
use crate::work::actions::KeepActions;
use crate::work::alerts::Alerts;
use crate::work::blocked::ContentFilter;
use crate::work::cycle::Texts;
use crate::work::locations::GeoEnricher;
use crate::work::order;
use crate::work::printed::Printed;
use crate::work::record::Record;
use crate::work::sentence::Sentence;
use crate::work::severity::SeverityClassifier;

impl Source for Texts {
    fn pull(&mut self) -> Result<Option<Vec<u8>>, Failed> {
        Ok(self.advance().map(|text| text.text.as_bytes().to_vec()))
    }
}

pub(crate) struct DpkgParse;

impl Step for DpkgParse {
    fn step(&mut self, element: Element) -> Result<Option<Element>, Failed> {
        let line = element.text()?;
        if line.trim().is_empty() {
            return Ok(None);
        }
        let record = Record::parse(&line).ok_or_else(|| format!("not a dpkg log line: {line}"))?;
        let json = serde_json::to_string(&record)?;
        Ok(Some(element.with(&json)))
    }
}

impl Step for KeepActions {
    fn step(&mut self, element: Element) -> Result<Option<Element>, Failed> {
        let record = element.text()?;
        Ok(self.keeps(&record)?.then_some(element))
    }
}

impl Step for GeoEnricher {
    fn step(&mut self, element: Element) -> Result<Option<Element>, Failed> {
        let event = self.enrich(&element.text()?)?;
        Ok(Some(element.with(&serde_json::to_string(&event)?)))
    }
}

impl Step for SeverityClassifier {
    fn step(&mut self, element: Element) -> Result<Option<Element>, Failed> {
        let event = self.classify(&element.text()?)?;
        Ok(Some(element.with(&serde_json::to_string(&event)?)))
    }
}

impl Sink for Alerts {
    fn push(&mut self, element: Element) -> Result<(), Failed> {
        let event = element.text()?;
        Ok(self.take(&event, element.sequence)?)
    }

    fn finish(&mut self) -> Result<(), Failed> {
        Alerts::finish(self);
        Ok(())
    }
}

impl Step for ContentFilter {
    fn step(&mut self, element: Element) -> Result<Option<Element>, Failed> {
        let token = element.text()?;
        Ok(self.passes(&token).then_some(element))
    }
}

impl Step for Sentence {
    fn step(&mut self, element: Element) -> Result<Option<Element>, Failed> {
        let token = element.text()?;
        Ok(self.push(&token).map(|sentence| element.with(&sentence)))
    }

    fn finish(&mut self) -> Option<Element> {
        Sentence::finish(self).map(|sentence| Element {
            sequence: 0,
            payload: sentence.as_bytes().to_vec(),
        })
    }
}

impl Sink for Printed {
    fn push(&mut self, element: Element) -> Result<(), Failed> {
        self.print(&element.text()?);
        Ok(())
    }

    fn finish(&mut self) -> Result<(), Failed> {
        Printed::finish(self);
        Ok(())
    }
}

pub(crate) struct JsonEdit;

impl Step for JsonEdit {
    fn step(&mut self, element: Element) -> Result<Option<Element>, Failed> {
        let order = order::edit(&element.text()?)?;
        Ok(Some(element.with(&serde_json::to_string(&order)?)))
    }
}
