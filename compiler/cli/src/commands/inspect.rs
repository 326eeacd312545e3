//! `torvync inspect`

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde_json::{Map, Value};
use torvync_compiler::anatomy::reach::Way;
use torvync_compiler::description;
use torvync_compiler::diag::{Code, Diagnostic, listed};
use torvync_compiler::inspect::{self, CapabilityUse, Component, CoreModule, Inspection, Interface, Producer, Size};
use torvync_compiler::source::display_path;

use crate::output::{Context, Outcome};
use crate::text;

const WASI: &str = "wasi:";

/// Describe a component or an executable, without running it
#[derive(Args)]
pub(crate) struct Inspect {
    /// A `.wasm` file, or an executable made by `torvync build`
    target: PathBuf,
    /// What to show
    #[arg(
        long,
        value_enum,
        value_name = "SECTION",
        value_delimiter = ',',
        default_value = "all"
    )]
    show: Vec<Section>,
}

/// A part of the description.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Section {
    /// Everything but the text of the contracts
    All,
    /// Imports and exports; the flows of an executable
    Interfaces,
    /// The core module that does the work, and its calls
    Code,
    /// What it needs from its host beyond the Torvyn contracts
    Capabilities,
    /// Tools that made it
    Metadata,
    /// What takes up space
    Size,
    /// Its contract as WIT text
    Contracts,
}

impl Section {
    /// The sections of files that are not components.
    const OF_OTHERS: &[Section] = &[
        Section::Interfaces,
        Section::Capabilities,
        Section::Metadata,
        Section::Size,
    ];

    /// The word for `--show`.
    fn name(self) -> String {
        self.to_possible_value()
            .map_or_else(String::new, |value| value.get_name().to_owned())
    }
}

impl Inspect {
    pub(crate) fn exec(self, context: &Context) -> Outcome {
        let bytes = match read(&self.target) {
            Ok(bytes) => bytes,
            Err(error) => return context.failure(unreadable(&self.target, &error)),
        };
        match inspect::inspect(&bytes) {
            Ok(inspection) if let Some(error) = self.lacks(&inspection) => context.failure(error),
            Ok(inspection) => {
                let fields = as_json(&inspection);
                let mut outcome = Outcome::success(self.render(&inspection, bytes.len() as u64))
                    .field("target", display_path(&self.target));
                for (name, value) in fields {
                    outcome = outcome.field(&name, value);
                }
                outcome
            }
            Err(error) => {
                let mut error = Diagnostic::from(error);
                error.message = format!("`{}`: {}", display_path(&self.target), error.message);
                context.failure(error)
            }
        }
    }

    /// Returns an error if a section is requested that a file of this kind doesn't have.
    fn lacks(&self, inspection: &Inspection) -> Option<Diagnostic> {
        let (kind, sections) = match inspection {
            Inspection::Component(_) => return None,
            Inspection::CoreModule(_) => ("a core module", Section::OF_OTHERS),
            Inspection::Executable(_) => ("an executable", Section::OF_OTHERS),
        };
        let is_absent = |section: &&Section| **section != Section::All && !sections.contains(section);
        let absent = self.show.iter().find(is_absent)?;
        let path = display_path(&self.target);
        let message = format!("`{path}` is {kind}, which has no section `{}`", absent.name());
        let names: Vec<String> = sections.iter().map(|section| section.name()).collect();
        Some(Diagnostic::error(Code::InvalidOption, message).note(listed("its sections", &names)))
    }

    fn wants(&self, section: Section) -> bool {
        self.show.contains(&section) || (section != Section::Contracts && self.show.contains(&Section::All))
    }

    fn render(&self, inspection: &Inspection, bytes: u64) -> String {
        let mut parts = Vec::new();
        match inspection {
            Inspection::Component(component) => self.component(&mut parts, component),
            Inspection::CoreModule(module) => self.core_module(&mut parts, module),
            Inspection::Executable(document) => self.program(&mut parts, document, bytes),
        }
        parts.join("\n")
    }

    fn component(&self, parts: &mut Vec<String>, component: &Component) {
        if self.wants(Section::Interfaces) {
            let roles = if component.roles.is_empty() {
                "none".to_owned()
            } else {
                component.roles.join(", ")
            };
            let lifecycle = if component.lifecycle { "yes" } else { "no" };
            parts.push(format!(
                "Component {}\n  role       {roles}\n  lifecycle  {lifecycle}\n",
                self.file_name()
            ));
            parts.push(format!("Exports\n{}", interfaces(component.exports.iter())));
            let imports = component.imports.iter().filter(|import| !import.name.starts_with(WASI));
            parts.push(format!("Imports\n{}", interfaces(imports)));
        }
        if self.wants(Section::Code) {
            parts.push(core_code(component));
        }
        if self.wants(Section::Capabilities) {
            parts.push(used(&component.capabilities));
            let imports = component.imports.iter().filter(|import| import.name.starts_with(WASI));
            parts.push(format!("WASI imports, used or not\n{}", interfaces(imports)));
        }
        if self.wants(Section::Metadata) {
            parts.push(producers(&component.producers));
        }
        if self.wants(Section::Size) {
            parts.push(size(&component.size));
        }
        if self.wants(Section::Contracts) {
            parts.push(component.contract.clone());
        }
    }

    fn core_module(&self, parts: &mut Vec<String>, module: &CoreModule) {
        if self.wants(Section::Interfaces) {
            let name = self.file_name();
            let contract = if module.wit_metadata {
                "embedded: a build turns it into a component"
            } else {
                "none"
            };
            parts.push(format!("Core module {name}: not a component\n  contract  {contract}\n"));
            parts.push(format!("Exports\n{}", list(&module.exports)));
        }
        if self.wants(Section::Interfaces) {
            parts.push(format!("Imports\n{}", list(&module.imports)));
        }
        if self.wants(Section::Capabilities) {
            parts.push(used(&module.capabilities));
        }
        if self.wants(Section::Metadata) {
            parts.push(producers(&module.producers));
        }
        if self.wants(Section::Size) {
            parts.push(size(&module.size));
        }
    }

    fn program(&self, parts: &mut Vec<String>, document: &Value, bytes: u64) {
        let flows = || description::flows(document);
        if self.wants(Section::Metadata) {
            parts.push(description::head(document));
        }
        if self.wants(Section::Interfaces) {
            parts.extend(flows().map(description::flow));
        }
        if self.wants(Section::Capabilities) {
            parts.extend(flows().map(description::granted));
        }
        if self.wants(Section::Size) {
            parts.push(format!("Size\n  {}\n", text::bytes(bytes)));
            parts.extend(flows().map(description::pools));
        }
        if self.wants(Section::Metadata) {
            parts.push(description::components(document));
            parts.push(description::artifacts(document));
        }
    }

    fn file_name(&self) -> String {
        self.target
            .file_name()
            .map_or_else(String::new, |name| name.to_string_lossy().into_owned())
    }
}

fn interfaces<'a>(interfaces: impl Iterator<Item = &'a Interface>) -> String {
    let lines: Vec<String> = interfaces
        .map(|interface| match interface.functions.as_slice() {
            [] => interface.name.clone(),
            functions => {
                let functions: Vec<&str> = functions.iter().map(|function| plain(function)).collect();
                format!("{:<44} {}", interface.name, functions.join(", "))
            }
        })
        .collect();
    list(&lines)
}

fn used(capabilities: &[CapabilityUse]) -> String {
    let lines: Vec<String> = capabilities
        .iter()
        .map(|capability| match capability.way.as_slice() {
            [] => format!("{:<24} {}", capability.name, capability.acquired_by),
            way => format!("{:<24} {}", capability.name, Way(way.to_vec())),
        })
        .collect();
    format!("Capabilities its code can use\n{}", list(&lines))
}

fn core_code(component: &Component) -> String {
    let code = &component.code;
    let path = match &code.obstacle {
        // A component without a role can't be a stage, so it has no call path.
        _ if component.roles.is_empty() => String::new(),
        Some(obstacle) => format!("  component path: {obstacle}\n"),
        None => "  direct path: possible\n".to_owned(),
    };
    let main = match code.main_module {
        Some(module) => format!("all exported functions are in core module {module}, which calls"),
        None if component.exports.is_empty() => return "Core code\n  nothing is exported\n".to_owned(),
        None => "the exported functions are in several core modules".to_owned(),
    };
    format!("Core code\n{path}  {main}\n{}", interfaces(code.calls.iter()))
}

/// Returns the plain name of a function: `buffer.read` for `[method]buffer.read`.
fn plain(function: &str) -> &str {
    function.split_once(']').map_or(function, |(_, name)| name)
}

fn producers(producers: &[Producer]) -> String {
    let lines: Vec<String> = producers
        .iter()
        .map(|producer| {
            format!("{:<13} {} {}", producer.field, producer.name, producer.version)
                .trim_end()
                .to_owned()
        })
        .collect();
    format!("Made by\n{}", list(&lines))
}

fn size(size: &Size) -> String {
    let mut lines = vec![format!("{:<28} {:>10}", "total", text::bytes(size.total))];
    for (index, module) in size.core_modules.iter().enumerate() {
        let (code, data) = (text::bytes(module.code), text::bytes(module.data));
        let name = format!("core module {index}");
        lines.push(format!(
            "{name:<28} {:>10}  code {code}, data {data}",
            text::bytes(module.total)
        ));
    }
    let custom: u64 = size.custom_sections.iter().map(|section| section.bytes).sum();
    lines.push(format!(
        "{:<28} {:>10}",
        "custom sections (all depths)",
        text::bytes(custom)
    ));
    format!("Size\n{}", list(&lines))
}

fn list(lines: &[String]) -> String {
    if lines.is_empty() {
        return "  none\n".to_owned();
    }
    lines.iter().map(|line| format!("  {line}\n")).collect()
}

fn as_json(inspection: &Inspection) -> Map<String, Value> {
    match serde_json::to_value(inspection) {
        Ok(Value::Object(fields)) => fields,
        other => unreachable!("invariant: an inspection is a JSON object, not {other:?}"),
    }
}

#[expect(clippy::disallowed_methods, reason = "the file to describe is the command's input")]
fn read(path: &Path) -> io::Result<Vec<u8>> {
    fs::read(path)
}

fn unreadable(path: &Path, error: &io::Error) -> Diagnostic {
    let path = display_path(path);
    if error.kind() == io::ErrorKind::NotFound {
        Diagnostic::error(Code::ComponentNotFound, format!("there is no file `{path}`"))
    } else {
        Diagnostic::error(Code::IoFailed, format!("cannot read `{path}`: {error}"))
    }
}
