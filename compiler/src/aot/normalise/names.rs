//! Gives the exports that the runtime calls the names by which it looks for them. In: the exports of a component, with
//! or without a version in their names. Out: the same exports with the runtime's version, which a name without one
//! means.

use wasm_encoder::{ComponentSectionId, Encode, RawSection, Section};
use wasmparser::{ComponentExportSectionReader, Payload};

use super::NormaliseError;
use crate::anatomy::outermost;
use crate::contract::canonical;
use crate::interface::InterfaceName;

/// Kinds of names that consist of a length and a text.
const PLAIN: [u8; 2] = [0x00, 0x01];

/// Returns the names of the outermost component's exports.
pub(super) fn exported(binary: &[u8]) -> Result<Vec<String>, NormaliseError> {
    let mut names = Vec::new();
    for payload in outermost(binary) {
        if let Payload::ComponentExportSection(section) = payload? {
            for export in section {
                names.push(export?.name.name.to_owned());
            }
        }
    }
    Ok(names)
}

/// Copies a section of exports to `output`. An export is not renamed if its full name is already among `exported`.
pub(super) fn copy_exports(
    binary: &[u8],
    section: ComponentExportSectionReader<'_>,
    exported: &[String],
    output: &mut Vec<u8>,
) -> Result<(), NormaliseError> {
    let (count, end) = (section.count(), section.range().end);
    let items: Vec<_> = section.into_iter_with_offsets().collect::<Result<_, _>>()?;
    let mut data = Vec::new();
    count.encode(&mut data);
    for (position, (start, export)) in items.iter().enumerate() {
        let end = items.get(position + 1).map_or(end, |(next, _)| *next);
        let range = usize::try_from(*start).ok().zip(usize::try_from(end).ok());
        let item = range.and_then(|(start, end)| binary.get(start..end));
        let item = item.ok_or_else(|| NormaliseError::Invalid("an export extends beyond its section".to_owned()))?;
        let name = export.name.name;
        match (full_name(name).filter(|full| !exported.contains(full)), item.first()) {
            (Some(full), Some(kind)) if PLAIN.contains(kind) => {
                let mut written = Vec::new();
                name.encode(&mut written);
                data.push(*kind);
                full.as_str().encode(&mut data);
                data.extend_from_slice(&item[1 + written.len()..]);
            }
            (Some(_) | None, _) => data.extend_from_slice(item),
        }
    }
    RawSection {
        id: ComponentSectionId::Export.into(),
        data: &data,
    }
    .append_to(output);
    Ok(())
}

/// Returns the runtime's name for an interface, if the runtime knows it and has another name for it.
fn full_name(name: &str) -> Option<String> {
    let parsed: InterfaceName = name.parse().ok()?;
    let path = format!("{}/{}", parsed.package, parsed.interface);
    let speaks = canonical::version();
    let is_spoken = canonical::EXPORTS.contains(&path.as_str())
        && parsed
            .version
            .is_none_or(|version| canonical::is_compatible(&version, &speaks));
    Some(format!("{path}@{speaks}")).filter(|full| is_spoken && full != name)
}

#[cfg(test)]
mod tests {
    use wasmparser::{Validator, WasmFeatures};

    use super::super::{FunctionNames, normalise};
    use super::*;

    fn exports_of(text: &str) -> Vec<String> {
        let binary = wat::parse_str(text).expect("a component");
        let normal = normalise(&binary, FunctionNames::Removed).expect("it can be read");
        Validator::new_with_features(WasmFeatures::all())
            .validate_all(&normal)
            .expect("it is valid");
        exported(&normal).expect("it can be read")
    }

    #[test]
    fn exports_without_a_version_get_the_runtimes() {
        let text = r#"(component
            (component)
            (instance $i)
            (export "torvyn:streaming/source" (instance $i))
            (export $j "torvyn:streaming/sink@0.1.0+build.7" (instance $i))
            (export "a:b/c" (instance $j))
            (export "d" (instance $i)))"#;
        assert_eq!(
            exports_of(text),
            [
                "torvyn:streaming/source@0.1.0",
                "torvyn:streaming/sink@0.1.0",
                "a:b/c",
                "d"
            ]
        );
    }

    #[test]
    fn of_two_exports_the_one_with_the_version_stays_what_it_is() {
        let text = r#"(component
            (instance $i)
            (export "torvyn:streaming/source" (instance $i))
            (export "torvyn:streaming/source@0.1.0" (instance $i))
            (export "torvyn:streaming/sink@0.1.0-rc.1" (instance $i)))"#;
        assert_eq!(
            exports_of(text),
            [
                "torvyn:streaming/source",
                "torvyn:streaming/source@0.1.0",
                "torvyn:streaming/sink@0.1.0-rc.1"
            ]
        );
    }
}
