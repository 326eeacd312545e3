//! `[capabilities]` and `[security.grants]`: every name must be in the taxonomy.

use std::str::FromStr;

use crate::diag::{Code, Diagnostic, Diagnostics, Edit, suggest};
use crate::manifest::ast::{CapabilitiesDecl, CapabilityDecl, CapabilityGrant, GrantDecl};
use crate::manifest::section::Section;
use crate::manifest::toml::Document;
use crate::source::{Span, Spanned};
use torvyn_runtime_core::capability::{ENTRIES, Malformed};

pub(super) fn declared(
    diags: &mut Diagnostics,
    document: &Document<'_>,
    section: Option<&Section>,
) -> CapabilitiesDecl {
    let needs = section.and_then(|section| section.section("torvyn"));
    let end_of = |table: &str| {
        let header = section.and_then(|section| section.place(table))?;
        line_after(document, header)
    };
    let end = document.text.len();
    CapabilitiesDecl {
        required: flags(diags, section, "required"),
        optional: flags(diags, section, "optional"),
        required_end: end_of("required"),
        optional_end: end_of("optional"),
        end: document.span(end..end),
        max_buffer_bytes: needs.and_then(|needs| needs.integer("max-buffer-size")),
        max_memory_bytes: needs.and_then(|needs| needs.integer("max-memory")),
        pool: needs.and_then(|needs| needs.text("buffer-pool-access")),
    }
}

pub(super) fn grants(diags: &mut Diagnostics, security: &Section) -> Vec<GrantDecl> {
    let mut grants = Vec::new();
    for (component, section) in security.named("grants") {
        let texts = section.texts("capabilities");
        let list = section.place("capabilities");
        let end = texts
            .last()
            .map(|last| last.span.end)
            .or(list.map(|list| list.start + 1));
        grants.push(GrantDecl {
            component: component.clone(),
            capabilities: texts
                .iter()
                .filter_map(|text| {
                    Some(CapabilityGrant {
                        grant: understood(diags, text, Place::Grant)?,
                        text: text.clone(),
                    })
                })
                .collect(),
            list_end: list.zip(end).map(|(list, end)| Span::new(list.source, end..end)),
        });
    }
    grants
}

fn flags(diags: &mut Diagnostics, section: Option<&Section>, key: &str) -> Vec<CapabilityDecl> {
    let mut declared = Vec::new();
    for (name, wanted) in section.map(|section| section.flags(key)).unwrap_or_default() {
        if let Some(request) = understood(diags, name, Place::Declaration) {
            declared.push(CapabilityDecl {
                name: name.clone(),
                request,
                wanted: *wanted,
            });
        }
    }
    declared
}

fn understood<T: FromStr<Err = Malformed>>(diags: &mut Diagnostics, text: &Spanned<String>, place: Place) -> Option<T> {
    let parsed = text.value.parse().map_err(|error| {
        diags.error(CapabilityError {
            text: text.clone(),
            error,
            place,
        })
    });
    parsed.ok()
}

/// The start of the line after a table's header; `None` for inline tables.
fn line_after(document: &Document<'_>, header: Span) -> Option<Span> {
    let text = document.text;
    let line = text[..header.start].rfind('\n').map_or(0, |at| at + 1);
    if !text[line..].trim_start().starts_with('[') {
        return None;
    }
    let end = text[header.end..]
        .find('\n')
        .map_or(text.len(), |at| header.end + at + 1);
    Some(document.span(end..end))
}

#[derive(Clone, Copy)]
enum Place {
    Declaration,
    Grant,
}

struct CapabilityError {
    text: Spanned<String>,
    error: Malformed,
    place: Place,
}

impl From<CapabilityError> for Diagnostic {
    fn from(error: CapabilityError) -> Self {
        let CapabilityError { text, error, place } = error;
        if error != Malformed::Unknown {
            return Diagnostic::error(
                Code::ConstraintViolation,
                format!("`{}` is not a capability", text.value),
            )
            .primary(text.span, error.to_string());
        }
        let names: Vec<&str> = ENTRIES
            .iter()
            .map(|entry| match place {
                Place::Declaration => entry.key,
                Place::Grant => entry.grant,
            })
            .collect();
        let diagnostic = Diagnostic::error(
            Code::ConstraintViolation,
            format!("there is no capability `{}`", text.value),
        )
        .primary(text.span, "no such capability");
        match near(&text.value, &names, place) {
            Some(near) => diagnostic
                .help(format!("did you mean `{near}`?"))
                .fix(format!("Replace with `{near}`"), vec![replaced(&text, &near, place)]),
            None => diagnostic.note(crate::diag::listed("capabilities", &names)),
        }
    }
}

/// The most similar name. A name in the spelling of the other place is translated to this one's; a package means its
/// first capability.
fn near(text: &str, names: &[&str], place: Place) -> Option<String> {
    let stem = text.splitn(3, ':').take(2).collect::<Vec<_>>().join(":");
    let below = names.iter().find(|name| name.starts_with(&format!("{stem}/")));
    let other = ENTRIES.iter().find_map(|entry| match place {
        Place::Declaration => (entry.grant == stem).then_some(entry.key),
        Place::Grant => (entry.key == text).then_some(entry.grant),
    });
    let other = other.or(below.copied());
    other.map(str::to_owned).or_else(|| suggest(&stem, names))
}

fn replaced(text: &Spanned<String>, near: &str, place: Place) -> Edit {
    Edit {
        span: text.span,
        text: match place {
            Place::Declaration => near.to_owned(),
            Place::Grant => format!("\"{near}\""),
        },
    }
}
