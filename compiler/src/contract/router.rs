//! Output ports that a router declares: names in a custom section of its code, one per line. The SDK writes the section
//! for `#[torvyn::component(ports("a", "b"))]`; a router without it may return any name.

use wasmparser::{Parser, Payload};

/// Name of the section.
const SECTION: &str = "torvyn:ports";

/// Returns the ports that `binary` declares, sorted; `None` without such a section.
pub(super) fn ports(binary: &[u8]) -> Option<Vec<String>> {
    let mut found: Option<Vec<String>> = None;
    for payload in Parser::new(0).parse_all(binary).map_while(Result::ok) {
        if let Payload::CustomSection(section) = payload
            && section.name() == SECTION
        {
            let text = String::from_utf8_lossy(section.data()).into_owned();
            let names = text.lines().map(str::trim).filter(|name| !name.is_empty());
            found.get_or_insert_default().extend(names.map(str::to_owned));
        }
    }
    if let Some(ports) = &mut found {
        ports.sort();
        ports.dedup();
    }
    found
}
