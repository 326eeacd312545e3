//! Glue: the canonical ABI of the `torvyn:*` interfaces in WebAssembly, welded to the code of stages. In:
//! [`StageCode`]s. Out: shells, each one core module.
//!
//! Glue is WebAssembly text, in `glue/*.wat`: a module with the basis of every call (`stage/`), one for each role,
//! and one for each group of functions that guests import. A shell contains the glue that its stages need, once for
//! each stage. The address of the node's block is a constant in it, or an import if nodes share the shell's code.

mod catalogue;
mod chain;
mod text;

use torvyn_codegen::ir::Role;
use torvyn_runtime_core::bounds;
use torvyn_runtime_core::layout::{PAGE_BYTES, node};

use crate::prepare;
use crate::weld::{self, Binding, Export, GuestRules, Part, WeldError};

use catalogue::{GROUPS, Group, INTERFACES, LIFECYCLE, STAGE};
use text::{Assembled, assemble};

pub use catalogue::provides;

/// The core module that does a component's work, and how to call it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageCode {
    /// The binary of the main core module.
    pub module: Vec<u8>,
    /// What each of its imports is bound to, in order: a name from [`provides`].
    pub imports: Vec<&'static str>,
    /// Name of the export that is its memory.
    pub memory: String,
    /// Name of the export that is its allocator, if a function needs one.
    pub realloc: Option<String>,
    /// The functions that it exports for roles and for `lifecycle`.
    pub functions: Vec<StageFunction>,
    /// Names of exports to call once before all others, in order. The start function is called before them.
    pub initialisers: Vec<String>,
}

/// A function of an interface that a stage exports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageFunction {
    /// Interface without version: `torvyn:streaming/source`.
    pub interface: String,
    /// Name in the interface.
    pub function: String,
    /// Name of the core function.
    pub core: String,
    /// Name of its post-return function, if it has one.
    pub post_return: Option<String>,
}

/// A stage of a fused shell.
#[derive(Clone, Debug)]
pub struct Member<'a> {
    /// Its code.
    pub code: &'a StageCode,
    /// Its role in the flow.
    pub role: Role,
    /// Position of its node in the flow.
    pub node: usize,
    /// Most bytes of linear memory that it may have.
    pub memory_bytes: u64,
}

/// Returns the shell of a single stage, whatever its role. Nodes share it: the address of a node's block is imported as
/// `base.base`.
///
/// # Errors
/// When the stage's code can't be welded: the reason.
pub fn direct(code: &StageCode) -> Result<Vec<u8>, WeldError> {
    let interfaces: Vec<&str> = INTERFACES
        .iter()
        .map(|(interface, _)| *interface)
        .filter(|interface| code.functions.iter().any(|function| function.interface == *interface))
        .collect();
    let mut shell = Shell::default();
    let base = Binding::Host {
        module: "base".to_owned(),
        name: "base".to_owned(),
    };
    shell.add(code, &interfaces, &base, GuestRules::default())?;
    shell.weld()
}

/// Returns the shell of a chain of stages of one flow, with a function that takes elements through all of them.
///
/// # Errors
/// When a stage's code can't be welded: the reason, and the stage's position in `members` if it is known.
pub fn fused(members: &[Member<'_>]) -> Result<Vec<u8>, (Option<usize>, WeldError)> {
    let mut shell = Shell::default();
    let mut owners = Vec::new();
    for (position, member) in members.iter().enumerate() {
        let base = Binding::Constant(node_base(member.node).cast_signed());
        let rules = GuestRules {
            memory_pages: Some(member.memory_bytes / PAGE_BYTES),
            table_elements: u32::try_from(bounds::TABLE_ELEMENTS).ok(),
        };
        let interfaces = [interface(member.role), LIFECYCLE];
        let has = |interface: &&str| {
            member
                .code
                .functions
                .iter()
                .any(|function| function.interface == *interface)
        };
        let interfaces: Vec<&str> = interfaces.into_iter().filter(has).collect();
        let added = shell.add(member.code, &interfaces, &base, rules);
        added
            .and_then(|()| shell.export_globals(member.code))
            .map_err(|error| (Some(position), error))?;
        owners.resize(shell.parts.len(), position);
    }
    shell.add_chain(members);
    shell.weld().map_err(|error| {
        let position = error.part().and_then(|part| owners.get(part).copied());
        (position, error)
    })
}

/// Returns the address of a node's block in its flow's exchange memory.
fn node_base(node: usize) -> u32 {
    let node = u32::try_from(node).expect("invariant: a flow has fewer than 2^32 nodes");
    node::FIRST + node * node::SIZE
}

fn interface(role: Role) -> &'static str {
    match role {
        Role::Source => "torvyn:streaming/source",
        Role::Processor => "torvyn:streaming/processor",
        Role::Filter => "torvyn:filtering/filter",
        Role::Router => "torvyn:filtering/router",
        Role::Aggregator => "torvyn:aggregation/aggregator",
        Role::Sink => "torvyn:streaming/sink",
    }
}

/// The parts and exports of a welded module.
#[derive(Default)]
struct Shell {
    parts: Vec<Source>,
    exports: Vec<Export>,
    /// The parts of each member.
    members: Vec<MemberParts>,
}

/// Positions of a member's parts.
struct MemberParts {
    guest: usize,
    stage: usize,
    /// For each function that the host and the chain call, the part that exports it.
    entries: Vec<(String, usize)>,
}

/// A part and its code.
struct Source {
    code: Vec<u8>,
    bindings: Vec<Binding>,
    guest: Option<GuestRules>,
}

impl Shell {
    /// Adds a stage: its own code, which is prepared for the machine, and its glue.
    ///
    /// # Errors
    /// When its code is not well-formed.
    fn add(
        &mut self,
        code: &StageCode,
        interfaces: &[&str],
        base: &Binding,
        rules: GuestRules,
    ) -> Result<(), WeldError> {
        let position = self.members.len();
        let guest = self.parts.len();
        let stage = guest + 1;
        let needed = |group: &&Group| code.imports.iter().any(|import| group.has(import));
        let groups: Vec<&Group> = GROUPS.iter().filter(needed).collect();
        let group_of = |import: &&str| {
            let at = groups.iter().position(|group| group.has(import));
            stage + 1 + at.expect("invariant: imports are bound to what the glue provides")
        };
        let imports = code.imports.iter();
        self.parts.push(Source {
            code: prepare::module(&code.module).map_err(|error| WeldError::invalid(guest, &error))?,
            bindings: imports
                .map(|import| Binding::Part {
                    part: group_of(import),
                    export: (*import).to_owned(),
                })
                .collect(),
            guest: Some(rules),
        });
        let bind = |part: &Assembled| part.bind(|module, name| bind(code, base, (guest, stage), module, name));
        let texts = std::iter::once(STAGE).chain(groups.iter().map(|group| group.text));
        for text in texts {
            let part = assemble(text);
            let bindings = bind(&part);
            self.push_glue(part, bindings);
        }
        let mut entries = Vec::new();
        for (_, text) in INTERFACES.iter().filter(|(name, _)| interfaces.contains(name)) {
            let part = assemble(text);
            let bindings = bind(&part);
            for name in &part.exports {
                entries.push((name.clone(), self.parts.len()));
                let name_outside = format!("{position}.{name}");
                self.exports.push(Export::named(self.parts.len(), name, name_outside));
            }
            self.push_glue(part, bindings);
        }
        let memory = format!("{position}.memory");
        self.exports.push(Export::named(guest, &code.memory, memory));
        if text::has_start(&code.module) {
            self.exports.push(Export::start(guest, format!("{position}.start")));
        }
        for (number, name) in code.initialisers.iter().enumerate() {
            let name_outside = format!("{position}.initialise.{number}");
            self.exports.push(Export::named(guest, name, name_outside));
        }
        self.members.push(MemberParts { guest, stage, entries });
        Ok(())
    }

    /// Exports the mutable globals of the last stage, so that the host can carry its state over to another instance.
    fn export_globals(&mut self, code: &StageCode) -> Result<(), WeldError> {
        let position = self.members.len() - 1;
        let guest = self.members[position].guest;
        let globals = weld::mutable_globals(&code.module).map_err(|error| WeldError::invalid(guest, &error))?;
        for number in 0..globals.len() {
            let name = format!("{position}.global.{number}");
            self.exports.push(Export::mutable_global(guest, number, name));
        }
        Ok(())
    }

    fn add_chain(&mut self, members: &[Member<'_>]) {
        let roles: Vec<Role> = members.iter().map(|member| member.role).collect();
        let bases: Vec<u32> = members.iter().map(|member| node_base(member.node)).collect();
        let part = assemble(&chain::text(&roles, &bases));
        let bindings = part.bind(|module, name| match module {
            "host" | "exchange" => outside(module, name),
            "stage" => Binding::Part {
                part: self.members[0].stage,
                export: name.to_owned(),
            },
            position => {
                let member: usize = position.parse().expect("invariant: a chain calls members by number");
                let entry = self.members[member].entries.iter().find(|(entry, _)| entry == name);
                let (_, part) = entry.expect("invariant: a member has the entries of its role");
                Binding::Part {
                    part: *part,
                    export: name.to_owned(),
                }
            }
        });
        self.exports.push(Export::named(self.parts.len(), "run", "run"));
        self.push_glue(part, bindings);
    }

    fn push_glue(&mut self, part: Assembled, bindings: Vec<Binding>) {
        self.parts.push(Source {
            code: part.code,
            bindings,
            guest: None,
        });
    }

    fn weld(&self) -> Result<Vec<u8>, WeldError> {
        let parts: Vec<Part<'_>> = self
            .parts
            .iter()
            .map(|part| Part {
                code: &part.code,
                bindings: part.bindings.clone(),
                guest: part.guest.clone(),
            })
            .collect();
        weld::weld(&parts, &self.exports)
    }
}

fn outside(module: &str, name: &str) -> Binding {
    Binding::Host {
        module: module.to_owned(),
        name: name.to_owned(),
    }
}

/// Returns what an import of a stage's glue is bound to. `guest` and `stage` are positions of parts.
fn bind(code: &StageCode, base: &Binding, (guest, stage): (usize, usize), module: &str, name: &str) -> Binding {
    let of_stage = |export: &str| Binding::Part {
        part: stage,
        export: export.to_owned(),
    };
    let of_guest = |export: &str| Binding::Part {
        part: guest,
        export: export.to_owned(),
    };
    match module {
        "base" => base.clone(),
        "stage" => of_stage(name),
        "guest" => match name {
            "memory" => of_guest(&code.memory),
            "realloc" => code.realloc.as_deref().map_or_else(|| of_stage("no_realloc"), of_guest),
            name => {
                let (function, is_post) = name.strip_suffix(".post").map_or((name, false), |name| (name, true));
                let found = code.functions.iter().find(|found| found.function == function);
                let found = found.expect("invariant: an interface is exported with all its functions");
                match (is_post, &found.post_return, function) {
                    (false, _, _) => of_guest(&found.core),
                    (true, Some(post), _) => of_guest(post),
                    (true, None, "notify-backpressure" | "teardown") => of_stage("no_post_either"),
                    (true, None, _) => of_stage("no_post"),
                }
            }
        },
        module => outside(module, name),
    }
}

#[cfg(test)]
mod tests;
