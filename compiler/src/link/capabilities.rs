//! Checks of capabilities: those that a component's code needs must be declared, and required ones must be granted and
//! implemented. Unused declarations, and optional capabilities without a grant, are warnings.

use std::collections::BTreeSet;

use super::used_components;
use crate::contract::need::{Need, needs_of_imports};
use crate::contract::{ContractSet, World};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::manifest::ast::{CapabilityDecl, CapabilityGrant, ComponentRef};
use crate::resolve::{ResolvedComponent, ResolvedProject, grants};
use crate::source::Span;
use torvyn_runtime_core::capability::{Capability, GIVEN, entry_of};

mod edits;
mod optional;
mod requirements;
mod undeclared;

/// Longest chain of calls, in bytes, that is shown on one line.
const LONGEST_LINE: usize = 120;

/// Why a known capability can't be granted.
const NOT_PROVIDED: &str = "this runtime does not implement it yet";

/// Checks each component of the project once.
pub(super) fn check(diags: &mut Diagnostics, project: &ResolvedProject, contracts: &ContractSet) {
    let mut needed: Vec<Capability> = GIVEN.to_vec();
    let mut all_known = true;
    check_provided(diags, project);
    for (component, used) in used_components(project) {
        let Some(known) = Known::of(contracts, &component.reference) else {
            all_known = false;
            continue;
        };
        all_known &= known.is_whole;
        needed.extend(
            known
                .needs
                .iter()
                .flat_map(|need| need.any_of.iter().chain(&need.perhaps)),
        );
        undeclared::check(diags, component, used, &known);
        if !project.allows_all() {
            check_requests(diags, project, component, used, &known.needs);
        }
        optional::check(diags, project, component, used, &known.needs);
        check_grants(diags, component);
    }
    if all_known {
        check_unused(diags, project, contracts, &needed);
    }
    requirements::check(diags, project, contracts);
}

/// What is known about the needs of a component.
struct Known<'a> {
    needs: Vec<Need>,
    /// The world that shows the needs, if there is no binary.
    world: Option<&'a World>,
    /// Whether these are all needs. A world without WASI imports doesn't show the imports that toolchains add.
    is_whole: bool,
}

impl<'a> Known<'a> {
    fn of(contracts: &'a ContractSet, component: &ComponentRef) -> Option<Self> {
        if let Some(binary) = contracts.binary(component) {
            return Some(Known {
                needs: binary.needs.clone(),
                world: None,
                is_whole: true,
            });
        }
        let ComponentRef::Declared(name) = component else {
            return None;
        };
        let world = contracts.world(name)?;
        let imports = &world.signature.imports;
        Some(Known {
            needs: needs_of_imports(imports, false),
            world: Some(world),
            is_whole: imports.iter().any(|import| import.starts_with("wasi:")),
        })
    }
}

/// Checks that the runtime implements what components require. Declarations that components share are reported once.
fn check_provided(diags: &mut Diagnostics, project: &ResolvedProject) {
    let mut seen: Vec<Span> = Vec::new();
    for (component, used) in used_components(project) {
        let required = component.declared.required.iter();
        let refused = required.filter(|decl| decl.wanted.value && !decl.request.entry.provided);
        let refused: Vec<&CapabilityDecl> = refused.collect();
        if let Some(first) = refused.first()
            && !seen.contains(&first.name.span)
        {
            seen.push(first.name.span);
            diags.error(CapabilityError::NotImplemented {
                names: refused
                    .iter()
                    .map(|decl| (decl.name.value.clone(), decl.name.span))
                    .collect(),
                used,
            });
        }
    }
}

/// Whether a component's grants cover a request as far as `need` is concerned: one of the capabilities that both name
/// is granted in the scope of the request. True if they have none in common.
fn is_granted(component: &ResolvedComponent, request: &CapabilityDecl, need: &Need) -> bool {
    let members = request.request.entry.members;
    let mut asked = need.any_of.iter().filter(|one| members.contains(one)).peekable();
    let grants = &component.grants.list;
    let scope = &request.request.scope;
    asked.peek().is_none() || asked.any(|one| grants.iter().any(|grant| grant.grant.covers(*one, scope)))
}

/// Checks that required capabilities are granted. Those that this component can't use don't count: other components may
/// share the declaration.
fn check_requests(
    diags: &mut Diagnostics,
    project: &ResolvedProject,
    component: &ResolvedComponent,
    used: Span,
    needs: &[Need],
) {
    let required = component.declared.required.iter();
    let mut missing: Vec<MissingGrant> = Vec::new();
    for request in required.filter(|decl| decl.wanted.value && decl.request.entry.provided) {
        let ungranted = needs.iter().filter(|need| !is_granted(component, request, need));
        let ungranted: Vec<&Need> = ungranted.collect();
        if let Some(need) = ungranted.first().copied() {
            missing.push(MissingGrant {
                wanted: wanted(request, &ungranted),
                need: need.clone(),
                request: request.name.span,
                narrower: near_grant(component, need),
            });
        }
    }
    let (opaque, followed): (Vec<_>, Vec<_>) = missing.into_iter().partition(|missing| missing.need.is_opaque);
    let followed = followed.into_iter().map(|missing| vec![missing]);
    for missing in followed.chain([opaque].into_iter().filter(|opaque| !opaque.is_empty())) {
        diags.error(CapabilityError::NotGranted {
            component: component.reference.to_string(),
            grants_name: grants::name(&component.reference).unwrap_or_default().to_owned(),
            missing,
            used,
            list_end: component.grants.end,
            has_items: !component.grants.list.is_empty(),
            end: project.capabilities().end,
        });
    }
}

/// Returns the text of the missing grant.
fn wanted(request: &CapabilityDecl, ungranted: &[&Need]) -> String {
    let entry = request.request.entry;
    if request.name.value != entry.key {
        return request.name.value.clone();
    }
    let asked = ungranted.iter().flat_map(|need| &need.any_of);
    let asked: BTreeSet<Capability> = asked.copied().filter(|one| entry.members.contains(one)).collect();
    entry_of(&Vec::from_iter(asked)).grant.to_owned()
}

/// Finds a grant for the same capability, whose scope must be too narrow.
fn near_grant(component: &ResolvedComponent, need: &Need) -> Option<(String, Span)> {
    let about = |grant: &&CapabilityGrant| need.any_of.iter().any(|one| grant.grant.entry.members.contains(one));
    let near = component.grants.list.iter().find(about)?;
    Some((near.text.value.clone(), near.text.span))
}

/// Warns of grants for capabilities that the runtime does not implement.
fn check_grants(diags: &mut Diagnostics, component: &ResolvedComponent) {
    let grants = component.grants.list.iter();
    let vain = grants.filter(|grant| !grant.grant.entry.provided);
    let grants: Vec<(String, Span)> = vain.map(|grant| (grant.text.value.clone(), grant.text.span)).collect();
    if !grants.is_empty() {
        diags.warn(CapabilityError::NotProvided { grants });
    }
}

/// Warns of declared capabilities that no component needs. Required ones that the runtime does not implement are left
/// to [`check_provided`].
fn check_unused(diags: &mut Diagnostics, project: &ResolvedProject, contracts: &ContractSet, needed: &[Capability]) {
    let own = project
        .components()
        .iter()
        .filter_map(|component| contracts.declared(&component.reference));
    let declarations = own.chain([project.capabilities()]).flat_map(|declared| {
        let required = declared.required.iter();
        required
            .filter(|declaration| declaration.request.entry.provided)
            .chain(&declared.optional)
    });
    for declaration in declarations.filter(|declaration| declaration.wanted.value) {
        if !declaration
            .request
            .entry
            .members
            .iter()
            .any(|member| needed.contains(member))
        {
            diags.warn(CapabilityError::Unused {
                name: declaration.name.value.clone(),
                at: declaration.name.span,
            });
        }
    }
}

/// A required capability that is not granted.
struct MissingGrant {
    /// The text of the grant.
    wanted: String,
    need: Need,
    request: Span,
    /// A grant whose scope is too narrow, with its place.
    narrower: Option<(String, Span)>,
}

enum CapabilityError {
    NotImplemented {
        names: Vec<(String, Span)>,
        used: Span,
    },
    NotGranted {
        component: String,
        grants_name: String,
        /// A single one, or all those of a component whose code can't be followed.
        missing: Vec<MissingGrant>,
        used: Span,
        list_end: Option<Span>,
        has_items: bool,
        end: Span,
    },
    NotProvided {
        grants: Vec<(String, Span)>,
    },
    Unused {
        name: String,
        at: Span,
    },
}

impl From<CapabilityError> for Diagnostic {
    fn from(error: CapabilityError) -> Self {
        match error {
            CapabilityError::NotImplemented { names, used } => {
                let them = if names.len() == 1 { "it" } else { "them" };
                let message = format!(
                    "{} can't be required: this runtime does not implement {them} yet",
                    quoted(&names)
                );
                let diagnostic = names
                    .iter()
                    .fold(Diagnostic::error(Code::NotSupported, message), |diagnostic, (_, at)| {
                        diagnostic.primary(*at, "required here")
                    });
                diagnostic.secondary(used, "for this component").help(format!(
                    "move {them} to `[capabilities.optional]` if the component can do without"
                ))
            }
            CapabilityError::NotGranted {
                component,
                grants_name,
                missing,
                used,
                list_end,
                has_items,
                end,
            } => {
                let texts: Vec<&str> = missing.iter().map(|missing| missing.wanted.as_str()).collect();
                let message = format!(
                    "component `{component}` requires {}, which it is not granted",
                    ticked(&texts)
                );
                let mut diagnostic = Diagnostic::error(Code::CapabilityNotGranted, message);
                for missing in &missing {
                    diagnostic = diagnostic.primary(missing.request, "required here");
                }
                diagnostic = diagnostic.secondary(used, "used here");
                for (text, at) in missing.iter().filter_map(|missing| missing.narrower.as_ref()) {
                    diagnostic = diagnostic.secondary(*at, format!("`{text}` does not cover it"));
                }
                if let Some(first) = missing.first() {
                    diagnostic = explained(diagnostic, &first.need, None);
                }
                diagnostic.help(edits::grant_help(&texts, &grants_name)).fix(
                    format!("Grant {} to `{component}`", ticked(&texts)),
                    vec![edits::grant(&texts, &grants_name, list_end, end, has_items)],
                )
            }
            CapabilityError::NotProvided { grants } => {
                let (are, them) = if grants.len() == 1 {
                    ("is", "it")
                } else {
                    ("are", "them")
                };
                let message = format!(
                    "{} {are} granted, but this runtime does not implement {them} yet",
                    quoted(&grants)
                );
                let warning = Diagnostic::warning(Code::SettingIneffective, message);
                grants.iter().fold(warning, |diagnostic, (_, at)| {
                    diagnostic.primary(*at, "not implemented")
                })
            }
            CapabilityError::Unused { name, at } => Diagnostic::warning(
                Code::CapabilityMismatch,
                format!("no component uses the capability `{name}`"),
            )
            .primary(at, "declared but never used")
            .help("remove it: less to grant, and less to review"),
        }
    }
}

fn quoted(names: &[(String, Span)]) -> String {
    let names: Vec<&str> = names.iter().map(|(name, _)| name.as_str()).collect();
    ticked(&names)
}

/// Lists names: `a`, `b` and `c`, each in backticks.
fn ticked(names: &[&str]) -> String {
    let ticked: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match ticked.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// Adds a note with the calls that lead to a need, or says that they can't be followed. `name`: its capability, if the
/// diagnostic is about several.
fn explained(diagnostic: Diagnostic, need: &Need, name: Option<&str>) -> Diagnostic {
    let Some(way) = &need.way else {
        return if need.is_opaque {
            diagnostic.note("the calls of its code can't be followed, so every import counts")
        } else {
            diagnostic
        };
    };
    let reached = name.map_or("reached by".to_owned(), |name| format!("`{name}` is reached by"));
    let line = format!("{reached} {way}");
    if line.len() > LONGEST_LINE {
        diagnostic.note(format!("{reached}\n{way:#}"))
    } else {
        diagnostic.note(line)
    }
}
