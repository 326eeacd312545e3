//! The sections of the outermost component, without those of nested modules and components.

use wasmparser::{Parser, Payload, Result};

/// Returns the payloads of the outermost component, in order.
pub(crate) fn outermost(binary: &[u8]) -> impl Iterator<Item = Result<Payload<'_>>> {
    let mut depth = 0_u32;
    Parser::new(0).parse_all(binary).filter(move |payload| {
        let is_own = depth == 0;
        match payload {
            Ok(Payload::ModuleSection { .. } | Payload::ComponentSection { .. }) => depth += 1,
            Ok(Payload::End(_)) => depth = depth.saturating_sub(1),
            Ok(_) | Err(_) => {}
        }
        is_own
    })
}
