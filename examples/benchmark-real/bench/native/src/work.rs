//! The code of the components.

#[path = "../../../../log-triage/components/keep-actions/src/actions.rs"]
pub mod actions;
#[path = "../../../../event-enrichment/components/alert-sink/src/alerts.rs"]
pub mod alerts;
#[path = "../../../../token-streaming/components/content-filter/src/blocked.rs"]
pub mod blocked;
#[path = "../../../components/texts/src/cycle.rs"]
pub mod cycle;
#[path = "../../../../event-enrichment/components/geo-enricher/src/locations.rs"]
pub mod locations;
#[path = "../../../components/json-edit/src/order.rs"]
pub mod order;
#[path = "../../../../token-streaming/components/output-sink/src/printed.rs"]
pub mod printed;
#[path = "../../../../log-triage/components/dpkg-parse/src/record.rs"]
pub mod record;
#[path = "../../../../token-streaming/components/sentence-aggregator/src/sentence.rs"]
pub mod sentence;
#[path = "../../../../event-enrichment/components/severity-classifier/src/severity.rs"]
pub mod severity;
