//! Reads the description that every executable carries in a section of its own.

use object::{File, Object, ObjectSection};
use serde_json::Value;

use super::InspectError;

/// Names of the section: in ELF (and any other format), and in Mach-O.
const SECTIONS: [&str; 2] = [".torvyn", "__torvyn"];

/// Returns the document that code generation wrote (`items/document.rs`), unchanged.
pub(super) fn inspect(bytes: &[u8]) -> Result<Value, InspectError> {
    let file = File::parse(bytes).map_err(|_| InspectError::UnknownFormat)?;
    let section = SECTIONS
        .iter()
        .find_map(|name| file.section_by_name(name))
        .ok_or(InspectError::NoDescription)?;
    let invalid = |error: String| InspectError::InvalidDescription(error);
    let data = section.data().map_err(|error| invalid(error.to_string()))?;
    // Linkers pad sections with zeros.
    let end = data.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    let document: Value = serde_json::from_slice(&data[..end]).map_err(|error| invalid(error.to_string()))?;
    match document["flows"].is_array() && document["name"].is_string() {
        true => Ok(document),
        false => Err(invalid("it has no name or no flows".to_owned())),
    }
}
