//! Warnings about optional capabilities that are not granted, and therefore denied at run time. A list in
//! `[security.grants.NAME]`, even an empty one, settles what the component gets: then there is no warning.

use super::{edits, explained, is_granted, ticked, wanted};
use crate::contract::need::Need;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::manifest::ast::CapabilityDecl;
use crate::resolve::{ResolvedComponent, ResolvedProject, grants};
use crate::source::Span;
use torvyn_runtime_core::capability::Capability;

/// Warns of capabilities that a component declares as optional and can use, but does not get.
pub(super) fn check(
    diags: &mut Diagnostics,
    project: &ResolvedProject,
    component: &ResolvedComponent,
    used: Span,
    needs: &[Need],
) {
    if component.grants.end.is_some() {
        return;
    }
    let mut gaps: Vec<Gap> = Vec::new();
    for decl in component.declared.optional.iter().filter(|decl| decl.wanted.value) {
        let open: Vec<&Need> = needs
            .iter()
            .filter(|need| is_open(project, component, decl, need))
            .collect();
        if let Some(need) = open.first() {
            gaps.push(Gap {
                name: decl.name.value.clone(),
                at: decl.name.span,
                grant: decl.request.entry.provided.then(|| wanted(decl, &open)),
                need: (*need).clone(),
            });
        }
    }
    if !gaps.is_empty() {
        diags.warn(OptionalError {
            component: component.reference.to_string(),
            grants_name: grants::name(&component.reference).unwrap_or_default().to_owned(),
            gaps,
            used,
            end: project.capabilities().end,
        });
    }
}

fn is_open(project: &ResolvedProject, component: &ResolvedComponent, decl: &CapabilityDecl, need: &Need) -> bool {
    let is_about = need.any_of.iter().any(|one| decl.request.entry.members.contains(one));
    let is_given = project.allows_all() || is_granted(component, decl, need);
    is_about && !(is_given && decl.request.entry.provided)
}

/// An optional capability that the component does not get at run time.
struct Gap {
    name: String,
    at: Span,
    /// The missing grant; `None` if the runtime does not implement the capability.
    grant: Option<String>,
    need: Need,
}

impl Gap {
    /// What the component finds without the capability, if calls succeed but return nothing.
    fn finds(&self) -> &'static [&'static str] {
        let is_about = |one: Capability| self.need.any_of.contains(&one);
        if is_about(Capability::FilesystemRead) || is_about(Capability::FilesystemWrite) {
            &["no files"]
        } else if is_about(Capability::Environment) {
            &["no variables", "no arguments"]
        } else {
            &[]
        }
    }
}

struct OptionalError {
    component: String,
    grants_name: String,
    gaps: Vec<Gap>,
    used: Span,
    end: Span,
}

impl From<OptionalError> for Diagnostic {
    fn from(error: OptionalError) -> Self {
        let OptionalError {
            component,
            grants_name,
            gaps,
            used,
            end,
        } = error;
        let names: Vec<&str> = gaps.iter().map(|gap| gap.name.as_str()).collect();
        let message = format!(
            "component `{component}` can use {}, which it is not granted",
            ticked(&names)
        );
        let mut diagnostic = Diagnostic::warning(Code::CapabilityDenied, message);
        for gap in &gaps {
            let text = if gap.grant.is_some() {
                "optional, and not granted"
            } else {
                "optional, and not implemented"
            };
            diagnostic = diagnostic.primary(gap.at, text);
        }
        diagnostic = diagnostic.secondary(used, "used here");
        let is_opaque = gaps.iter().all(|gap| gap.need.way.is_none());
        for gap in gaps.iter().take(if is_opaque { 1 } else { gaps.len() }) {
            diagnostic = explained(diagnostic, &gap.need, (gaps.len() > 1).then_some(gap.name.as_str()));
        }
        let grants: Vec<&str> = gaps.iter().filter_map(|gap| gap.grant.as_deref()).collect();
        let vain = gaps.iter().filter(|gap| gap.grant.is_none());
        let vain: Vec<&str> = vain.map(|gap| gap.name.as_str()).collect();
        if !vain.is_empty() {
            let found = gaps.iter().filter(|gap| gap.grant.is_none()).flat_map(Gap::finds);
            let mut finds: Vec<&str> = Vec::new();
            for one in found {
                if !finds.contains(one) {
                    finds.push(one);
                }
            }
            let found = match finds.as_slice() {
                [] => String::new(),
                [only] => format!("; the component finds {only}"),
                [first @ .., last] => format!("; the component finds {} and {last}", first.join(", ")),
            };
            let them = if vain.len() == 1 { "it" } else { "them" };
            diagnostic = diagnostic.note(format!(
                "{}: this runtime does not implement {them} yet{found}",
                ticked(&vain)
            ));
        }
        let decided = format!("to deny it, write `[security.grants.{grants_name}]` with `capabilities = []`");
        if grants.is_empty() {
            return diagnostic.help(decided);
        }
        let taken = gaps.iter().filter(|gap| gap.grant.is_some());
        let taken: Vec<&str> = taken.map(|gap| gap.name.as_str()).collect();
        diagnostic
            .note(format!(
                "`has-capability` returns `false`, and calls that need {} fail with E0500",
                ticked(&taken)
            ))
            .help(edits::grant_help(&grants, &grants_name))
            .help(decided)
            .fix(
                format!("Grant {} to `{component}`", ticked(&grants)),
                vec![edits::grant(&grants, &grants_name, None, end, false)],
            )
    }
}
