//! Copies binaries section by section, with what is nested in them. In: a module or a component. Out: its copy, with the
//! changes of the caller.

use wasm_encoder::{ComponentSectionId, Encode as _, RawSection, Section as _};
use wasmparser::{BinaryReaderError, Encoding, Parser, Payload};

/// Changes made while a binary is copied.
pub(crate) trait Changes {
    /// The caller's error.
    type Error: From<BinaryReaderError>;

    /// Copies a section that is inside `depth` modules or components to `output`.
    ///
    /// # Errors
    /// The caller's.
    fn section(&mut self, depth: usize, section: &Payload<'_>, output: &mut Vec<u8>) -> Result<(), Self::Error>;

    /// Changes the copy of a nested core module.
    ///
    /// # Errors
    /// The caller's.
    fn module(&mut self, copy: Vec<u8>) -> Result<Vec<u8>, Self::Error> {
        Ok(copy)
    }
}

/// Copies a binary with `changes`.
///
/// # Errors
/// When it is not well-formed, and those of `changes`.
#[expect(clippy::wildcard_enum_match_arm, reason = "a section is copied whatever it is")]
pub(crate) fn copy<C: Changes>(binary: &[u8], changes: &mut C) -> Result<Vec<u8>, C::Error> {
    let mut outer = Vec::new();
    let mut output: Vec<u8> = Vec::new();
    for payload in Parser::new(0).parse_all(binary) {
        let payload = payload?;
        match &payload {
            Payload::Version { encoding, .. } => output.extend_from_slice(match encoding {
                Encoding::Module => &wasm_encoder::Module::HEADER,
                Encoding::Component => &wasm_encoder::Component::HEADER,
            }),
            Payload::ModuleSection { .. } => outer.push((ComponentSectionId::CoreModule, std::mem::take(&mut output))),
            Payload::ComponentSection { .. } => {
                outer.push((ComponentSectionId::Component, std::mem::take(&mut output)));
            }
            Payload::End(_) => {
                let Some((id, mut parent)) = outer.pop() else { break };
                if let ComponentSectionId::CoreModule = id {
                    output = changes.module(output)?;
                }
                parent.push(id.into());
                output.encode(&mut parent);
                output = parent;
            }
            section => changes.section(outer.len(), section, &mut output)?,
        }
    }
    Ok(output)
}

/// Copies a component with changed core modules, also those of components in it.
///
/// # Errors
/// When it is not well-formed, and those of `change`.
pub(crate) fn with_modules(
    binary: &[u8],
    change: impl Fn(&[u8]) -> Result<Vec<u8>, BinaryReaderError>,
) -> Result<Vec<u8>, BinaryReaderError> {
    copy(binary, &mut Modules { binary, change })
}

struct Modules<'a, F> {
    binary: &'a [u8],
    change: F,
}

impl<F: Fn(&[u8]) -> Result<Vec<u8>, BinaryReaderError>> Changes for Modules<'_, F> {
    type Error = BinaryReaderError;

    fn section(&mut self, _: usize, section: &Payload<'_>, output: &mut Vec<u8>) -> Result<(), BinaryReaderError> {
        append(self.binary, section, output);
        Ok(())
    }

    fn module(&mut self, copy: Vec<u8>) -> Result<Vec<u8>, BinaryReaderError> {
        (self.change)(&copy)
    }
}

/// Copies a section as it is, if the payload is one. A section that extends beyond the binary is left out: the parser
/// reports it next.
pub(crate) fn append(binary: &[u8], section: &Payload<'_>, output: &mut Vec<u8>) {
    if let Some((id, range)) = section.as_section()
        && let Some(data) = binary.get(range.start as usize..range.end as usize)
    {
        RawSection { id, data }.append_to(output);
    }
}
