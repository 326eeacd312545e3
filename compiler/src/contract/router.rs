//! The ports that a router says it has: names in a custom section of its code, one a line. The SDK writes it for
//! `#[torvyn::component(ports("a", "b"))]`; routers without it may answer with any name.

use wasmparser::{Parser, Payload};

/// Name of the section.
const SECTION: &str = "torvyn:ports";

/// The ports that `binary` says it has, sorted; `None` when it says nothing.
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
