//! Describes WebAssembly: the imports and exports of a component, its roles, the tools that made it, and sizes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use serde::Serialize;
use wasmparser::{Encoding, KnownCustom, Parser, Payload, ProducersSectionReader};
use wit_component::{DecodedWasm, WitPrinter};
use wit_parser::{PackageId, Resolve, WorldId, WorldItem, WorldKey};

use super::{InspectError, Inspection};
use crate::anatomy::{Anatomy, Origin};
use crate::contract;
use crate::glue;
use crate::panics::caught;
use torvyn_runtime_core::capability::entry_of;

const ROLES: [(&str, &str); 6] = [
    ("torvyn:streaming/source", "source"),
    ("torvyn:streaming/processor", "processor"),
    ("torvyn:filtering/filter", "filter"),
    ("torvyn:filtering/router", "router"),
    ("torvyn:aggregation/aggregator", "aggregator"),
    ("torvyn:streaming/sink", "sink"),
];
const LIFECYCLE: &str = "torvyn:streaming/lifecycle";

/// A WebAssembly component.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Component {
    /// Roles it can play in a flow, by the interfaces it exports.
    pub roles: Vec<&'static str>,
    /// Whether it exports `lifecycle`, to be set up and cleaned up.
    pub lifecycle: bool,
    /// Its imports, sorted.
    pub imports: Vec<Interface>,
    /// Its exports, sorted.
    pub exports: Vec<Interface>,
    /// Capabilities that its code can use, with how it reaches them.
    pub capabilities: Vec<CapabilityUse>,
    /// The core code behind its exports.
    pub code: CoreCode,
    /// Its contract as WIT text.
    pub contract: String,
    /// Languages and tools that it was made with.
    pub producers: Vec<Producer>,
    /// Sizes of its parts.
    pub size: Size,
}

/// A capability that a component's code can use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CapabilityUse {
    /// The key in `[capabilities.required]`.
    pub name: &'static str,
    /// The host function through which the code gets it; an interface if the call graph is not known.
    pub acquired_by: String,
    /// A path in the call graph from an exported function to the host function; empty if the call graph is not known.
    pub way: Vec<String>,
}

/// The core code behind a component's exports.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CoreCode {
    /// Position of the core module with all exported functions; `None` when they are in several, or there are none.
    pub main_module: Option<usize>,
    /// Functions that this module imports, by provider: an interface that the component imports, or another core
    /// instance.
    pub calls: Vec<Interface>,
    /// Why a stage made of the component can't take the direct path; `None` when it can.
    pub obstacle: Option<String>,
}

/// A core WebAssembly module.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CoreModule {
    /// Whether the contract of a component is embedded, so that a build can turn the module into that component.
    pub wit_metadata: bool,
    /// `module.name` of each import, in order.
    pub imports: Vec<String>,
    /// Name of each export, in order.
    pub exports: Vec<String>,
    /// The capabilities that its code can use.
    pub capabilities: Vec<CapabilityUse>,
    /// Languages and tools that it was made with.
    pub producers: Vec<Producer>,
    /// Sizes of its parts.
    pub size: Size,
}

/// An imported or exported interface, or a bare function.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Interface {
    /// Name with package and version.
    pub name: String,
    /// Names of its functions.
    pub functions: Vec<String>,
}

/// An entry of a `producers` section.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Producer {
    /// `language`, `processed-by` or `sdk`.
    pub field: String,
    /// Name of the tool or language.
    pub name: String,
    /// Its version, possibly empty.
    pub version: String,
}

/// The size of a file and of its parts, in bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Size {
    /// The whole file.
    pub total: u64,
    /// Core modules inside a component, in order.
    pub core_modules: Vec<CoreModuleSize>,
    /// Custom sections at any depth, in order.
    pub custom_sections: Vec<CustomSection>,
}

/// A core module inside a component, in bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CoreModuleSize {
    /// The whole module.
    pub total: u64,
    /// Its functions.
    pub code: u64,
    /// Its initial memory contents.
    pub data: u64,
}

/// A custom section.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CustomSection {
    /// Its name.
    pub name: String,
    /// Its contents, in bytes.
    pub bytes: u64,
}

pub(super) fn inspect(bytes: &[u8]) -> Result<Inspection, InspectError> {
    let survey = Survey::of(bytes).map_err(invalid)?;
    if !survey.component {
        return Ok(Inspection::CoreModule(CoreModule {
            wit_metadata: survey
                .size
                .custom_sections
                .iter()
                .any(|section| section.name.starts_with("component-type")),
            capabilities: capabilities(bytes, &Vec::from_iter(survey.modules)),
            imports: survey.imports,
            exports: survey.exports,
            producers: survey.producers.into_iter().collect(),
            size: survey.size,
        }));
    }
    let decoded = caught(|| wit_component::decode(bytes)).map_err(InspectError::InvalidWasm)?;
    match decoded.map_err(invalid)? {
        DecodedWasm::WitPackage(..) => Err(InspectError::InvalidWasm(
            "this is a WIT package in binary form: it contains no code".to_owned(),
        )),
        DecodedWasm::Component(resolve, world) => Ok(Inspection::Component(component(
            &resolve,
            world,
            print(&resolve, world)?,
            core_code(&Anatomy::of(bytes).map_err(invalid)?),
            survey,
            bytes,
        ))),
    }
}

fn invalid(error: impl Display) -> InspectError {
    InspectError::InvalidWasm(format!("{error:#}"))
}

fn component(
    resolve: &Resolve,
    world: WorldId,
    contract: String,
    code: CoreCode,
    survey: Survey,
    bytes: &[u8],
) -> Component {
    let world = &resolve.worlds[world];
    let imports = interfaces(resolve, world.imports.iter());
    let exports = interfaces(resolve, world.exports.iter());
    let exported = |name: &str| exports.iter().any(|export| unversioned(&export.name) == name);
    Component {
        roles: ROLES
            .iter()
            .filter(|(interface, _)| exported(interface))
            .map(|(_, role)| *role)
            .collect(),
        lifecycle: exported(LIFECYCLE),
        capabilities: capabilities(
            bytes,
            &imports.iter().map(|import| import.name.clone()).collect::<Vec<_>>(),
        ),
        imports,
        exports,
        code,
        contract,
        producers: survey.producers.into_iter().collect(),
        size: survey.size,
    }
}

fn capabilities(bytes: &[u8], imports: &[String]) -> Vec<CapabilityUse> {
    let needs = contract::needs(bytes, imports).into_iter();
    let uses = needs.map(|need| CapabilityUse {
        name: entry_of(&need.any_of).key,
        acquired_by: need.acquired_by,
        way: need.way.map(|way| way.0).unwrap_or_default(),
    });
    uses.collect()
}

fn core_code(anatomy: &Anatomy) -> CoreCode {
    let obstacle = match anatomy.stage_code() {
        Ok(code) => glue::direct(&code).err().map(|error| error.to_string()),
        Err(obstacle) => Some(obstacle.to_string()),
    };
    let Some(main) = &anatomy.main else {
        return CoreCode {
            obstacle,
            ..CoreCode::default()
        };
    };
    let mut calls: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for import in &main.imports {
        let (provider, function) = match &import.origin {
            Origin::Imported {
                interface, function, ..
            } => (interface.clone(), function.clone()),
            Origin::ResourceDrop { interface, resource } => (interface.clone(), format!("{resource} (drop)")),
            Origin::Code(export) => (format!("core instance {}", export.instance), export.name.clone()),
            Origin::Intrinsic | Origin::Unknown => (import.origin.to_string(), import.name.clone()),
        };
        calls.entry(provider).or_default().push(function);
    }
    CoreCode {
        main_module: Some(main.module),
        calls: calls
            .into_iter()
            .map(|(name, functions)| Interface { name, functions })
            .collect(),
        obstacle,
    }
}

fn unversioned(name: &str) -> &str {
    name.split_once('@').map_or(name, |(name, _)| name)
}

fn interfaces<'a>(resolve: &Resolve, items: impl Iterator<Item = (&'a WorldKey, &'a WorldItem)>) -> Vec<Interface> {
    let mut interfaces: Vec<Interface> = items
        .filter_map(|(key, item)| {
            let functions = match item {
                WorldItem::Interface { id, .. } => resolve.interfaces[*id].functions.keys().cloned().collect(),
                WorldItem::Function(_) => Vec::new(),
                WorldItem::Type { .. } => return None,
            };
            Some(Interface {
                name: resolve.name_world_key(key),
                functions,
            })
        })
        .collect();
    interfaces.sort();
    interfaces
}

fn print(resolve: &Resolve, world: WorldId) -> Result<String, InspectError> {
    let package = resolve.worlds[world].package;
    let mut printer = WitPrinter::default();
    if let Some(package) = package {
        let others: Vec<PackageId> = resolve
            .packages
            .iter()
            .map(|(id, _)| id)
            .filter(|id| *id != package)
            .collect();
        printer.print(resolve, package, &others).map_err(invalid)?;
    }
    Ok(printer.output.into())
}

/// Facts from one pass over all sections.
#[derive(Default)]
struct Survey {
    component: bool,
    imports: Vec<String>,
    /// Names of the modules that the imports are from.
    modules: BTreeSet<String>,
    exports: Vec<String>,
    producers: BTreeSet<Producer>,
    size: Size,
}

impl Survey {
    fn of(bytes: &[u8]) -> wasmparser::Result<Self> {
        let mut survey = Self {
            size: Size {
                total: bytes.len() as u64,
                ..Size::default()
            },
            ..Self::default()
        };
        let mut depth = 0_u32;
        for payload in Parser::new(0).parse_all(bytes) {
            let payload = payload?;
            if let Payload::Version { encoding, .. } = &payload {
                survey.component |= depth == 0 && matches!(encoding, Encoding::Component);
                depth += 1;
            } else if matches!(payload, Payload::End(_)) {
                depth -= 1;
            }
            survey.take(payload)?;
        }
        Ok(survey)
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the enum is wasmparser's; other sections are of no interest"
    )]
    fn take(&mut self, payload: Payload<'_>) -> wasmparser::Result<()> {
        match payload {
            Payload::ModuleSection { unchecked_range, .. } => {
                let total = unchecked_range.end - unchecked_range.start;
                self.size.core_modules.push(CoreModuleSize {
                    total,
                    ..CoreModuleSize::default()
                });
            }
            Payload::CodeSectionStart { size, .. } => {
                if let Some(module) = self.size.core_modules.last_mut() {
                    module.code += u64::from(size);
                }
            }
            Payload::DataSection(section) => {
                if let Some(module) = self.size.core_modules.last_mut() {
                    module.data += section.range().end - section.range().start;
                }
            }
            Payload::ImportSection(section) if !self.component => {
                for import in section.into_imports() {
                    let import = import?;
                    self.imports.push(format!("{}.{}", import.module, import.name));
                    self.modules.insert(import.module.to_owned());
                }
            }
            Payload::ExportSection(section) if !self.component => {
                for export in section {
                    self.exports.push(export?.name.to_owned());
                }
            }
            Payload::CustomSection(section) => {
                let bytes = section.data().len() as u64;
                self.size.custom_sections.push(CustomSection {
                    name: section.name().to_owned(),
                    bytes,
                });
                if let KnownCustom::Producers(producers) = section.as_known() {
                    self.producers(producers)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn producers(&mut self, section: ProducersSectionReader<'_>) -> wasmparser::Result<()> {
        for field in section {
            let field = field?;
            for value in field.values {
                let value = value?;
                self.producers.insert(Producer {
                    field: field.name.to_owned(),
                    name: value.name.to_owned(),
                    version: value.version.to_owned(),
                });
            }
        }
        Ok(())
    }
}
