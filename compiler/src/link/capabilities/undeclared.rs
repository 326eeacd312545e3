//! Checks that the capabilities that a component's code needs are declared. For code that can be followed, each missing
//! one is an error, with the calls that lead to it; for other code every import counts, and one error lists all.

use super::{Known, NOT_PROVIDED, edits, explained, ticked};
use crate::contract::need::Need;
use crate::diag::{Code, Diagnostic, Diagnostics, Edit};
use crate::manifest::ast::{CapabilitiesDecl, CapabilityDecl};
use crate::resolve::{ResolvedComponent, grants};
use crate::source::Span;
use torvyn_runtime_core::capability::{Entry, entry_of};

/// Checks one component.
pub(super) fn check(diags: &mut Diagnostics, component: &ResolvedComponent, used: Span, known: &Known<'_>) {
    let mut opaque: Vec<Need> = Vec::new();
    for need in &known.needs {
        match declaration(&component.declared, need) {
            Declared::Wanted => {}
            Declared::Denied(denied) => {
                diags.error(UndeclaredError::one(component, used, known, need, Some(denied)));
            }
            Declared::Not if need.is_opaque => opaque.push(need.clone()),
            Declared::Not => {
                diags.error(UndeclaredError::one(component, used, known, need, None));
            }
        }
    }
    if !opaque.is_empty() {
        diags.error(UndeclaredError::All {
            component: component.reference.to_string(),
            grants_name: grants::name(&component.reference).unwrap_or_default().to_owned(),
            needs: opaque,
            used,
            optional_end: component.declared.optional_end,
            end: component.declared.end,
        });
    }
}

/// Declaration of a need in the manifest.
enum Declared {
    Wanted,
    /// Declared as not needed, at this place.
    Denied(Span),
    Not,
}

fn declaration(declared: &CapabilitiesDecl, need: &Need) -> Declared {
    let about = |decl: &&CapabilityDecl| need.any_of.iter().any(|one| decl.request.entry.members.contains(one));
    let all = declared.required.iter().chain(&declared.optional).filter(about);
    let all: Vec<&CapabilityDecl> = all.collect();
    match all.first() {
        _ if all.iter().any(|decl| decl.wanted.value) => Declared::Wanted,
        Some(first) => Declared::Denied(first.wanted.span),
        None => Declared::Not,
    }
}

enum UndeclaredError {
    One {
        component: String,
        entry: &'static Entry,
        need: Need,
        used: Span,
        import: Option<Span>,
        denied: Option<Span>,
        declared: Ends,
    },
    All {
        component: String,
        grants_name: String,
        needs: Vec<Need>,
        used: Span,
        optional_end: Option<Span>,
        end: Span,
    },
}

/// Places where declarations can be added.
struct Ends {
    required: Option<Span>,
    optional: Option<Span>,
    text: Span,
}

impl UndeclaredError {
    fn one(component: &ResolvedComponent, used: Span, known: &Known<'_>, need: &Need, denied: Option<Span>) -> Self {
        let items = known.world.map(|world| &world.items);
        UndeclaredError::One {
            component: component.reference.to_string(),
            entry: entry_of(&need.any_of),
            need: need.clone(),
            used,
            import: items.and_then(|items| items.get(&need.acquired_by).copied()),
            denied,
            declared: Ends {
                required: component.declared.required_end,
                optional: component.declared.optional_end,
                text: component.declared.end,
            },
        }
    }
}

impl From<UndeclaredError> for Diagnostic {
    fn from(error: UndeclaredError) -> Self {
        match error {
            UndeclaredError::One {
                component,
                entry,
                need,
                used,
                import,
                denied,
                declared,
            } => {
                let key = entry.key;
                let problem = match denied {
                    Some(_) => "which the manifest declares as not needed",
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
                let diagnostic = explained(diagnostic, &need, None);
                match denied {
                    Some(denied) => with_denial(diagnostic, entry, denied),
                    None => with_declaration(diagnostic, entry, &declared),
                }
            }
            UndeclaredError::All {
                component,
                grants_name,
                needs,
                used,
                optional_end,
                end,
            } => all(&component, &grants_name, &needs, used).fix(
                format!("Declare what `{component}` may use as optional"),
                vec![edits::declarations("optional", &keys(&needs), optional_end, end)],
            ),
        }
    }
}

fn with_denial(diagnostic: Diagnostic, entry: &Entry, denied: Span) -> Diagnostic {
    if !entry.provided {
        return diagnostic.help(format!(
            "set it to `true` in `[capabilities.optional]`, or remove the code that needs it: {NOT_PROVIDED}"
        ));
    }
    let edit = Edit {
        span: denied,
        text: "true".into(),
    };
    diagnostic
        .help("set it to `true`, or remove the code that needs it")
        .fix(format!("Declare `{}` as needed", entry.key), vec![edit])
}

fn with_declaration(diagnostic: Diagnostic, entry: &Entry, ends: &Ends) -> Diagnostic {
    let key = entry.key;
    let (help, table, table_end) = if entry.provided {
        (
            format!("add `{key} = true` to `[capabilities.required]`"),
            "required",
            ends.required,
        )
    } else {
        (
            format!("add `{key} = true` to `[capabilities.optional]`: {NOT_PROVIDED}"),
            "optional",
            ends.optional,
        )
    };
    diagnostic.help(help).fix(
        format!("Declare `{key}`"),
        vec![edits::declarations(table, &[key], table_end, ends.text)],
    )
}

fn keys(needs: &[Need]) -> Vec<&'static str> {
    needs.iter().map(|need| entry_of(&need.any_of).key).collect()
}

/// Returns the error for a component whose code can't be followed: all capabilities that it may use, and how to declare
/// them as optional or as required.
fn all(component: &str, grants_name: &str, needs: &[Need], used: Span) -> Diagnostic {
    let keys = keys(needs);
    let message = match keys.as_slice() {
        [only] => {
            format!("component `{component}` may use the capability `{only}`, which the manifest does not declare")
        }
        several => format!(
            "component `{component}` may use {} capabilities that the manifest does not declare",
            several.len()
        ),
    };
    let imports = needs.iter().zip(&keys);
    let imports: Vec<String> = imports
        .map(|(need, key)| format!("  `{key}`, for `{}`", need.acquired_by))
        .collect();
    let lines: Vec<String> = keys.iter().map(|key| format!("{key} = true")).collect();
    let diagnostic = Diagnostic::error(Code::CapabilityMismatch, message)
        .primary(used, "the calls of its code can't be followed, so every import counts")
        .note(format!("its imports need these capabilities:\n{}", imports.join("\n")))
        .help(format!(
            "declare in `[capabilities.optional]` what the component can do without; it is then not granted: `{}`",
            lines.join("`, `")
        ));
    let provided = needs.iter().map(|need| entry_of(&need.any_of));
    let grants: Vec<&str> = provided
        .filter(|entry| entry.provided)
        .map(|entry| entry.grant)
        .collect();
    if grants.is_empty() {
        return diagnostic;
    }
    diagnostic.help(format!(
        "declare what it needs in `[capabilities.required]`, and grant it in `capabilities` of \
         `[security.grants.{grants_name}]`: {} can be granted",
        ticked(&grants)
    ))
}
