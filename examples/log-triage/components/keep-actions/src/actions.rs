//! Which records are kept.

use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeepActions {
    actions: Vec<String>,
}

/// What the filter needs of a record; the rest is skipped unread.
#[derive(Deserialize)]
struct Record<'a> {
    action: &'a str,
}

impl KeepActions {
    /// Whether the action of `record`, which is JSON, is one of those to keep.
    pub fn keeps(&self, record: &str) -> serde_json::Result<bool> {
        let record: Record<'_> = serde_json::from_str(record)?;
        Ok(self.actions.iter().any(|action| action == record.action))
    }
}
