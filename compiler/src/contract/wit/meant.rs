//! Guesses at what was meant by a name that does not exist.

use wit_parser::{IndexMap, PackageName, Resolve, ResolveErrorKind};

use super::outline::{Item, around, outline, used, words};
use crate::contract::canonical::WASI;
use crate::diag::suggest;
use crate::interface::InterfaceName;
use crate::source::{SourceId, Span};

/// The built-in types with names long enough to be misspelt.
const BUILT_IN: [&str; 8] = [
    "bool",
    "char",
    "string",
    "list",
    "option",
    "result",
    "tuple",
    "error-context",
];

/// Finds the name most similar to `name` in the texts of a package: of an interface or world if `is_item`, or else of a
/// type that can be used at `at`.
pub(super) fn in_package(texts: &[(SourceId, &str)], at: Span, name: &str, is_item: bool) -> Option<String> {
    let outlines: Vec<_> = texts
        .iter()
        .map(|(source, text)| (*source, *text, outline(text)))
        .collect();
    let (_, text, own) = outlines.iter().find(|(source, ..)| *source == at.source)?;
    let path = around(own, at.start, text.len());
    let package = path
        .first()
        .filter(|first| first.word == "package" && !first.items.is_empty());
    let items: Vec<(&str, &Item)> = match package {
        Some(package) => package.items.iter().map(|item| (*text, item)).collect(),
        None => {
            let files = outlines.iter();
            files
                .flat_map(|(_, text, items)| items.iter().map(|item| (*text, item)))
                .collect()
        }
    };
    let known: Vec<String> = if is_item {
        let declared = items
            .iter()
            .filter(|(_, item)| item.word == "interface" || item.word == "world");
        declared.map(|(_, item)| item.name.clone()).collect()
    } else if let Some(item) = path.last().filter(|item| item.word == "use") {
        let from = words(&text[item.range.clone()]).nth(1);
        let interfaces = items.iter().filter(|(_, item)| Some(item.name.as_str()) == from);
        interfaces
            .flat_map(|(text, interface)| types(text, interface))
            .collect()
    } else {
        let built_in = BUILT_IN.iter().map(|name| (*name).to_owned());
        path.iter().flat_map(|item| types(text, item)).chain(built_in).collect()
    };
    near(name, &known)
}

/// Finds the name in another package, or the package among `known`, that is most similar to what was not found.
/// `statement` is the text of the item that names it.
pub(super) fn elsewhere(
    resolve: &Resolve,
    known: &[PackageName],
    kind: &ResolveErrorKind,
    statement: &str,
) -> Option<String> {
    if let ResolveErrorKind::PackageNotFound { requested, .. } = kind {
        let wasi = WASI.iter().map(|(package, _)| (*package).to_owned());
        let known: Vec<_> = known.iter().map(without_version).chain(wasi).collect();
        near(&without_version(requested), &known)
    } else if let ResolveErrorKind::InterfaceNotFound { requested, package, .. } = kind {
        let package = &resolve.packages[*resolve.package_names.get(package)?];
        near(requested, &names(&package.interfaces))
    } else if let ResolveErrorKind::WorldNotFound { requested, package, .. } = kind {
        let package = &resolve.packages[*resolve.package_names.get(package)?];
        near(requested, &names(&package.worlds))
    } else if let ResolveErrorKind::Semantic { message, .. } = kind {
        let name = message
            .strip_prefix("type `")?
            .strip_suffix("` not defined in interface")?;
        let path = statement.split('{').next()?.trim_end().strip_suffix('.')?;
        let from: InterfaceName = path.split_whitespace().last()?.parse().ok()?;
        let mut packages = resolve.packages.iter().map(|(_, package)| package);
        let package = packages
            .find(|package| without_version(&package.name) == from.package && package.name.version == from.version)?;
        let interface = package.interfaces.get(&from.interface)?;
        near(name, &names(&resolve.interfaces[*interface].types))
    } else {
        None
    }
}

/// `namespace:package`.
pub(super) fn without_version(name: &PackageName) -> String {
    format!("{}:{}", name.namespace, name.name)
}

/// The types that can be named in an interface or a world.
fn types(text: &str, item: &Item) -> Vec<String> {
    let mut types = Vec::new();
    for item in &item.items {
        if item.is_type() {
            types.push(item.name.clone());
        } else if item.word == "use" {
            let names = words(used(&text[item.range.clone()])).filter(|word| *word != "as");
            types.extend(names.map(str::to_owned));
        }
    }
    types
}

fn names<T>(items: &IndexMap<String, T>) -> Vec<String> {
    items.keys().cloned().collect()
}

fn near(name: &str, known: &[String]) -> Option<String> {
    suggest(name, known).filter(|near| near != name)
}
