//! Capabilities: what the code of each component needs is declared, what is declared is needed, and what is required is
//! granted.

use std::collections::BTreeSet;

use super::used_components;
use crate::contract::capability::{Capability, Entry, GIVEN, entry_of};
use crate::contract::need::{Need, needs_of_imports};
use crate::contract::{ContractSet, World};
use crate::diag::{Code, Diagnostic, Diagnostics, Edit};
use crate::manifest::ast::{CapabilitiesDecl, CapabilityDecl, CapabilityGrant, ComponentRef};
use crate::resolve::{ResolvedComponent, ResolvedProject, grants};
use crate::source::Span;

mod requirements;

/// Longest way, in bytes, that is shown on one line.
const LONGEST_LINE: usize = 120;

/// Checks each component of the project once.
pub(super) fn check(diags: &mut Diagnostics, project: &ResolvedProject, contracts: &ContractSet) {
    let mut needed: Vec<Capability> = GIVEN.to_vec();
    let mut all_known = true;
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
        for need in &known.needs {
            check_need(diags, component, used, &known, need);
        }
        if !project.allows_all() {
            check_requests(diags, project, component, used, &known.needs);
        }
        check_grants(diags, component);
    }
    if all_known {
        check_unused(diags, project, contracts, &needed);
    }
    requirements::check(diags, project);
}

/// What is known about the needs of a component.
struct Known<'a> {
    needs: Vec<Need>,
    /// The world the needs were read from, when there is no binary.
    world: Option<&'a World>,
    /// Whether there can be no others: a toolchain adds imports that no world names.
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

fn check_need(diags: &mut Diagnostics, component: &ResolvedComponent, used: Span, known: &Known<'_>, need: &Need) {
    let CapabilitiesDecl { required, optional, .. } = &*component.declared;
    let about = |decl: &&CapabilityDecl| need.any_of.iter().any(|one| decl.request.entry.members.contains(one));
    let all: Vec<&CapabilityDecl> = required.iter().chain(optional).filter(about).collect();
    if !all.iter().any(|decl| decl.wanted.value) {
        diags.error(CapabilityError::Undeclared {
            component: component.reference.to_string(),
            entry: entry_of(&need.any_of),
            need: need.clone(),
            used,
            import: known
                .world
                .and_then(|world| world.items.get(&need.acquired_by).copied()),
            denied: all.first().map(|decl| decl.wanted.span),
            required_end: component.declared.required_end,
            end: component.declared.end,
        });
    }
}

/// Each thing that is required is granted, as far as this component can use it: others may have the same manifest.
fn check_requests(
    diags: &mut Diagnostics,
    project: &ResolvedProject,
    component: &ResolvedComponent,
    used: Span,
    needs: &[Need],
) {
    for request in component.declared.required.iter().filter(|decl| decl.wanted.value) {
        let members = request.request.entry.members;
        let is_granted = |need: &Need| {
            let mut asked = need.any_of.iter().filter(|one| members.contains(one)).peekable();
            let grants = &component.grants.list;
            let scope = &request.request.scope;
            asked.peek().is_none() || asked.any(|one| grants.iter().any(|grant| grant.grant.covers(*one, scope)))
        };
        let ungranted: Vec<&Need> = needs.iter().filter(|need| !is_granted(need)).collect();
        if let Some(need) = ungranted.first().copied() {
            diags.error(CapabilityError::NotGranted {
                component: component.reference.to_string(),
                grants_name: grants::name(&component.reference).unwrap_or_default().to_owned(),
                wanted: wanted(request, &ungranted),
                need: need.clone(),
                used,
                request: request.name.span,
                narrower: near_grant(component, need),
                list_end: component.grants.end,
                end: project.capabilities().end,
            });
        }
    }
}

/// The text of the grant that is missing.
fn wanted(request: &CapabilityDecl, ungranted: &[&Need]) -> String {
    let entry = request.request.entry;
    if request.name.value != entry.key {
        return request.name.value.clone();
    }
    let asked = ungranted.iter().flat_map(|need| &need.any_of);
    let asked: BTreeSet<Capability> = asked.copied().filter(|one| entry.members.contains(one)).collect();
    entry_of(&Vec::from_iter(asked)).grant.to_owned()
}

/// A grant of the same kind that does not reach far enough.
fn near_grant(component: &ResolvedComponent, need: &Need) -> Option<(String, Span)> {
    let about = |grant: &&CapabilityGrant| need.any_of.iter().any(|one| grant.grant.entry.members.contains(one));
    let near = component.grants.list.iter().find(about)?;
    Some((near.text.value.clone(), near.text.span))
}

/// Grants of what the runtime gives to nobody.
fn check_grants(diags: &mut Diagnostics, component: &ResolvedComponent) {
    for grant in component.grants.list.iter().filter(|grant| !grant.grant.entry.provided) {
        diags.warn(CapabilityError::NotProvided {
            grant: grant.text.value.clone(),
            at: grant.text.span,
        });
    }
}

/// Declarations that no component has a use for.
fn check_unused(diags: &mut Diagnostics, project: &ResolvedProject, contracts: &ContractSet, needed: &[Capability]) {
    let own = project
        .components()
        .iter()
        .filter_map(|component| contracts.declared(&component.reference));
    let declarations = own
        .chain([project.capabilities()])
        .flat_map(|declared| declared.required.iter().chain(&declared.optional));
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

enum CapabilityError {
    Undeclared {
        component: String,
        entry: &'static Entry,
        need: Need,
        used: Span,
        import: Option<Span>,
        denied: Option<Span>,
        required_end: Option<Span>,
        end: Span,
    },
    NotGranted {
        component: String,
        grants_name: String,
        wanted: String,
        need: Need,
        used: Span,
        request: Span,
        narrower: Option<(String, Span)>,
        list_end: Option<Span>,
        end: Span,
    },
    NotProvided {
        grant: String,
        at: Span,
    },
    Unused {
        name: String,
        at: Span,
    },
}

impl From<CapabilityError> for Diagnostic {
    fn from(error: CapabilityError) -> Self {
        match error {
            CapabilityError::Undeclared {
                component,
                entry,
                need,
                used,
                import,
                denied,
                required_end,
                end,
            } => {
                let key = entry.key;
                let problem = match denied {
                    Some(_) => "which the manifest says it does not need",
                    None => "which the manifest does not declare",
                };
                let message = format!("component `{component}` needs the capability `{key}`, {problem}");
                let diagnostic = Diagnostic::error(Code::CapabilityMismatch, message);
                let diagnostic = match (denied, import) {
                    (Some(denied), _) => diagnostic
                        .primary(denied, "declared as not needed")
                        .secondary(import.unwrap_or(used), "needs it"),
                    (None, Some(import)) => diagnostic.primary(import, format!("needs `{key}`")),
                    (None, None) => diagnostic.primary(used, format!("reaches `{}`", need.acquired_by)),
                };
                let diagnostic = explained(diagnostic, &need);
                match denied {
                    Some(denied) => diagnostic.help("set it to `true`, or remove what needs it").fix(
                        format!("Declare `{key}` as needed"),
                        vec![Edit {
                            span: denied,
                            text: "true".into(),
                        }],
                    ),
                    None => diagnostic
                        .help(format!("add `{key} = true` to `[capabilities.required]`"))
                        .fix(format!("Declare `{key}`"), vec![declaration(key, required_end, end)]),
                }
            }
            CapabilityError::NotGranted {
                component,
                grants_name,
                wanted,
                need,
                used,
                request,
                narrower,
                list_end,
                end,
            } => {
                let message = format!("component `{component}` requires `{wanted}`, which it is not granted");
                let diagnostic = Diagnostic::error(Code::CapabilityNotGranted, message)
                    .primary(request, "required here")
                    .secondary(used, "used here");
                let diagnostic = match &narrower {
                    Some((text, at)) => diagnostic.secondary(*at, format!("`{text}` does not cover it")),
                    None => diagnostic,
                };
                explained(diagnostic, &need)
                    .help(format!(
                        "add `\"{wanted}\"` to `capabilities` of `[security.grants.{grants_name}]`"
                    ))
                    .fix(
                        format!("Grant `{wanted}` to `{component}`"),
                        vec![grant(&wanted, &grants_name, list_end, end, narrower.is_some())],
                    )
            }
            CapabilityError::NotProvided { grant, at } => Diagnostic::warning(
                Code::SettingIneffective,
                format!("`{grant}` is granted, but this version of the runtime gives it to no component"),
            )
            .primary(at, "only `capability-query` answers with it"),
            CapabilityError::Unused { name, at } => Diagnostic::warning(
                Code::CapabilityMismatch,
                format!("no component uses the capability `{name}`"),
            )
            .primary(at, "declared for nothing")
            .help("remove it: less to grant, and less to review"),
        }
    }
}

/// How the code gets there.
fn explained(diagnostic: Diagnostic, need: &Need) -> Diagnostic {
    let Some(way) = &need.way else {
        return if need.is_opaque {
            diagnostic.note("its code can't be followed, so all that it imports counts")
        } else {
            diagnostic
        };
    };
    let line = format!("reached by {way}");
    if line.len() > LONGEST_LINE {
        diagnostic.note(format!("reached by\n{way:#}"))
    } else {
        diagnostic.note(line)
    }
}

/// Adds a declaration to `[capabilities.required]`, or the table.
fn declaration(key: &str, required_end: Option<Span>, end: Span) -> Edit {
    match required_end {
        Some(span) => Edit {
            span,
            text: format!("{key} = true\n"),
        },
        None => Edit {
            span: end,
            text: format!("\n[capabilities.required]\n{key} = true\n"),
        },
    }
}

/// Adds a grant to the component's list, or the table. `follows`: whether the list has an item.
fn grant(wanted: &str, component: &str, list_end: Option<Span>, end: Span, follows: bool) -> Edit {
    match list_end {
        Some(span) => Edit {
            span,
            text: if follows {
                format!(", \"{wanted}\"")
            } else {
                format!("\"{wanted}\"")
            },
        },
        None => Edit {
            span: end,
            text: format!("\n[security.grants.{component}]\ncapabilities = [\"{wanted}\"]\n"),
        },
    }
}
