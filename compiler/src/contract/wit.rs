//! Reads the components' `wit/` folders with wit-parser, whose errors become labels inside the `.wit` files.

mod packages;

use std::collections::BTreeMap;
use std::path::Path;

use wit_parser::{PackageId, Resolve, ResolveErrorKind, WorldId, WorldItem};

use crate::contract::component::world_signature;
use crate::contract::{Signature, World, canonical};
use crate::diag::{Checked, Code, Diagnostic, Diagnostics};
use crate::source::Span;

pub(super) use packages::Packages;

/// The world in `folder`; `None` when there is no such folder, no `.wit` file in it, or after an error.
pub(super) fn load(diags: &mut Diagnostics, packages: &mut Packages<'_>, folder: &Path) -> Option<World> {
    let main = packages.read(diags, folder)?;
    let vendored = packages.read_dependencies(diags, &folder.join("deps"));
    let (main, vendored) = (main.ok()?, vendored.ok()?);
    let needed = Packages::needed(&main, vendored);

    let mut resolve = Resolve::default();
    match resolve.push_groups(main, needed) {
        Ok(package) => world(diags, packages, &resolve, package).ok(),
        Err(error) => {
            let kind = error.kind();
            diags.error(WitError::Unresolved {
                message: first_line(&kind.to_string()),
                at: packages.place(&resolve.source_map, kind.span()),
                hint: unresolved_hint(kind),
            });
            None
        }
    }
}

/// All that the worlds of a package import and export: most packages have one world, and its stage needs no other.
fn world(diags: &mut Diagnostics, packages: &Packages<'_>, resolve: &Resolve, package: PackageId) -> Checked<World> {
    let mut found: Option<World> = None;
    let mut last = None;
    for (name, id) in &resolve.packages[package].worlds {
        let span = packages.place(&resolve.source_map, resolve.worlds[*id].span);
        let items = items(packages, resolve, *id);
        let signature = world_signature(resolve, *id);
        last = span.map(|span| (name.clone(), span, signature.exports.clone()));
        if let (Some(span), false) = (span, signature.interfaces.is_empty()) {
            found = Some(match found {
                Some(first) => World {
                    signature: merged(first.signature, signature),
                    span: first.span,
                    items: first.items.into_iter().chain(items).collect(),
                },
                None => World { signature, span, items },
            });
        }
    }
    found.ok_or_else(|| diags.error(WitError::NoWorld { last }))
}

/// Where the imports and exports of a world are written.
fn items(packages: &Packages<'_>, resolve: &Resolve, world: WorldId) -> BTreeMap<String, Span> {
    let world = &resolve.worlds[world];
    let items = world.imports.iter().chain(&world.exports);
    let placed = items.filter_map(|(key, item)| {
        let span = match item {
            WorldItem::Interface { span, .. } | WorldItem::Type { span, .. } => *span,
            WorldItem::Function(function) => function.span,
        };
        Some((resolve.name_world_key(key), packages.place(&resolve.source_map, span)?))
    });
    placed.collect()
}

fn merged(a: Signature, b: Signature) -> Signature {
    let both = |mut a: Vec<String>, b: Vec<String>| {
        a.extend(b);
        a.sort();
        a.dedup();
        a
    };
    Signature::new(both(a.imports, b.imports), both(a.exports, b.exports))
}

/// Without the lists that follow, which `unresolved_hint` replaces.
fn first_line(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    let line = line.split(". known packages").next().unwrap_or(line);
    line.trim_end_matches('.').replace('\'', "`")
}

fn unresolved_hint(kind: &ResolveErrorKind) -> Option<String> {
    if let ResolveErrorKind::InterfaceNotFound { requested, package, .. } = kind
        && requested == "router"
        && package.namespace == "torvyn"
    {
        return Some("the router lives in `torvyn:filtering/router`".into());
    }
    let ResolveErrorKind::PackageNotFound { requested, .. } = kind else {
        return None;
    };
    let contracts = ["streaming", "filtering", "aggregation", "capabilities", "resources"];
    Some(
        if requested.namespace == "torvyn" && contracts.contains(&requested.name.as_str()) {
            format!(
                "the runtime speaks version {} of `torvyn:{}`",
                canonical::version(),
                requested.name
            )
        } else {
            "put the package into `wit/deps`".into()
        },
    )
}

enum WitError {
    Syntax {
        message: String,
        at: Option<Span>,
    },
    Unresolved {
        message: String,
        at: Option<Span>,
        hint: Option<String>,
    },
    Unreadable {
        path: String,
        reason: String,
    },
    NoWorld {
        last: Option<(String, Span, Vec<String>)>,
    },
}

impl From<WitError> for Diagnostic {
    fn from(error: WitError) -> Self {
        let labelled = |diagnostic: Diagnostic, at: Option<Span>, text: &str| match at {
            Some(span) => diagnostic.primary(span, text),
            None => diagnostic,
        };
        match error {
            WitError::Syntax { message, at } => {
                labelled(Diagnostic::error(Code::WitSyntaxError, message), at, "not valid WIT")
            }
            WitError::Unresolved { message, at, hint } => {
                let diagnostic = labelled(Diagnostic::error(Code::WitResolutionError, message), at, "not resolved");
                match hint {
                    Some(hint) => diagnostic.help(hint),
                    None => diagnostic,
                }
            }
            WitError::Unreadable { path, reason } => {
                Diagnostic::error(Code::IoFailed, format!("`{path}` can't be read: {reason}"))
            }
            WitError::NoWorld {
                last: Some((name, span, exports)),
            } => Diagnostic::error(
                Code::WorldIncomplete,
                format!("world `{name}` exports no interface that processes elements"),
            )
            .primary(span, "can't be a stage of a flow")
            .note(crate::diag::listed("exports", &exports))
            .help("export one of: processor, source, sink, filter, router, aggregator"),
            WitError::NoWorld { last: None } => {
                Diagnostic::error(Code::WorldIncomplete, "the component's contract declares no world")
                    .help("declare a world that exports one of: processor, source, sink, filter, router, aggregator")
            }
        }
    }
}
