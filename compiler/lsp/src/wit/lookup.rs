//! Finds what a name in a `.wit` file refers to.

use std::ops::Range;
use std::path::{Path, PathBuf};

use torvync_compiler::contract;
use torvync_compiler::source::files::Files;

use super::scan::{self, TokenKind};
use super::{Item, Kind, Outline, Use, UsedName, outline};

/// A declaration, with the file that it is in.
pub(super) struct Found {
    /// `None` for a contract that is built into the compiler.
    pub(super) path: Option<PathBuf>,
    pub(super) text: String,
    outline: Outline,
    item: usize,
}

impl Found {
    pub(super) fn item(&self) -> &Item {
        &self.outline.items[self.item]
    }
}

/// A file of a package.
struct File {
    path: Option<PathBuf>,
    text: String,
    outline: Outline,
}

impl File {
    fn found(self, item: usize) -> Found {
        Found {
            path: self.path,
            text: self.text,
            outline: self.outline,
            item,
        }
    }

    /// Whether the package is the file's own, or one of those in it.
    fn has(&self, package: &str) -> bool {
        let items = &self.outline.items;
        self.outline.package.as_deref() == Some(package)
            || items
                .iter()
                .any(|item| item.kind == Kind::Package && item.name == package)
    }

    /// Finds an interface or a world of a package; of any package if `package` is `None`.
    fn interface(&self, package: Option<&str>, name: &str) -> Option<usize> {
        let items = &self.outline.items;
        let own = |item: &Item| match item.parent {
            Some(parent) => Some(items[parent].name.as_str()),
            None => self.outline.package.as_deref().or(package),
        };
        let is = |item: &Item| {
            let kind = matches!(item.kind, Kind::Interface | Kind::World);
            kind && item.name == name && (package.is_none() || own(item) == package)
        };
        items.iter().position(is)
    }
}

/// Returns the place of the name at `offset`.
pub(super) fn name_at(text: &str, offset: usize) -> Option<Range<usize>> {
    let mut tokens = scan::tokens(text).into_iter();
    let token = tokens.find(|token| {
        matches!(token.kind, TokenKind::Word | TokenKind::Path)
            && token.span.start <= offset
            && offset <= token.span.end
    })?;
    Some(token.span)
}

/// Finds the declaration that the name at `offset` refers to.
pub(super) fn declaration_at(files: &dyn Files, path: &Path, text: &str, offset: usize) -> Option<Found> {
    let span = name_at(text, offset)?;
    let name = text[span.clone()].trim_start_matches('%');
    if let Some((namespace, _)) = name.split_once('/').filter(|_| name.contains(':')) {
        return if offset < span.start + namespace.len() {
            package_item(files, path, namespace)
        } else {
            interface(files, path, name)
        };
    }
    let file = File {
        path: Some(path.to_owned()),
        text: text.to_owned(),
        outline: outline(text),
    };
    let items = &file.outline.items;
    let is_own = |item: &Item| item.span == span || (item.kind == Kind::Package && item.span.contains(&offset));
    if let Some(own) = items.iter().position(is_own) {
        return Some(file.found(own));
    }
    let mut elsewhere = file.outline.references.iter().map(|(_, at)| at);
    let mut used = file.outline.uses.iter().map(|used| &used.path.1);
    if elsewhere.any(|at| *at == span) || used.any(|at| *at == span) {
        return interface(files, path, name);
    }
    type_at(files, file, path, name, &span)
}

/// Finds the type that a name refers to at its place.
fn type_at(files: &dyn Files, file: File, path: &Path, name: &str, span: &Range<usize>) -> Option<Found> {
    let listed = |used: &'_ Use| {
        let is = |listed: &&UsedName| {
            let alias = listed.alias.as_ref().is_some_and(|alias| alias.1 == *span);
            alias || listed.name.1 == *span
        };
        let found = used.names.iter().find(is)?;
        Some((used.path.0.clone(), found.name.0.clone()))
    };
    if let Some((from, original)) = file.outline.uses.iter().find_map(listed) {
        return type_of(files, path, &from, &original);
    }
    let parent = enclosing(&file.outline, span.start);
    let is = |item: &Item| item.parent == parent && item.kind == Kind::Type && item.name == name;
    if let Some(own) = file.outline.items.iter().position(is) {
        return Some(file.found(own));
    }
    let (from, original) = visible(&file.outline, parent, name)?;
    type_of(files, path, &from, &original)
}

/// Returns the interface that a type is used from, and the name of the type there.
fn visible(outline: &Outline, parent: Option<usize>, name: &str) -> Option<(String, String)> {
    let used = outline.uses.iter().filter(|used| used.parent == parent);
    let mut names = used.flat_map(|used| used.names.iter().map(move |listed| (used, listed)));
    let (used, listed) = names.find(|(_, listed)| listed.alias.as_ref().unwrap_or(&listed.name).0 == name)?;
    Some((used.path.0.clone(), listed.name.0.clone()))
}

fn package_item(files: &dyn Files, path: &Path, name: &str) -> Option<Found> {
    package(files, path, name).into_iter().find_map(|file| {
        let is = |item: &Item| item.kind == Kind::Package && item.name == name;
        let item = file.outline.items.iter().position(is)?;
        Some(file.found(item))
    })
}

/// Returns the innermost interface or world around an offset.
fn enclosing(outline: &Outline, offset: usize) -> Option<usize> {
    outline.items.iter().enumerate().rev().find_map(|(at, item)| {
        let holds = matches!(item.kind, Kind::Interface | Kind::World)
            && item.range.start <= offset
            && offset <= item.range.end;
        holds.then_some(at)
    })
}

/// Finds a type of an interface, in the interface that it is used from if need be.
fn type_of(files: &dyn Files, path: &Path, interface_name: &str, name: &str) -> Option<Found> {
    let mut at = (path.to_owned(), interface_name.to_owned(), name.to_owned());
    // The limit ends the search in contracts that use each other in a circle.
    for _ in 0..16 {
        let found = interface(files, &at.0, &at.1)?;
        let own = found.item;
        let declared = found.outline.items.iter();
        let declared = declared
            .clone()
            .position(|item| item.parent == Some(own) && item.kind == Kind::Type && item.name == at.2);
        if let Some(item) = declared {
            return Some(Found { item, ..found });
        }
        let (from, original) = visible(&found.outline, Some(own), &at.2)?;
        at = (found.path?, from, original);
    }
    None
}

/// Finds an interface or a world: `name` of the file's own package, or `namespace:package/name@version`.
pub(super) fn interface(files: &dyn Files, path: &Path, name: &str) -> Option<Found> {
    let name = name.split('@').next().unwrap_or(name);
    let (candidates, namespace, wanted) = match name.split_once('/') {
        Some((namespace, wanted)) => (package(files, path, namespace), Some(namespace), wanted),
        None => (own_package(files, path), None, name),
    };
    candidates.into_iter().find_map(|file| {
        let item = file.interface(namespace, wanted)?;
        Some(file.found(item))
    })
}

/// Returns the files of a package, as seen from the file at `path`: its own, vendored, or built into the compiler.
fn package(files: &dyn Files, path: &Path, name: &str) -> Vec<File> {
    let own = own_package(files, path);
    if own.iter().any(|file| file.has(name)) {
        return own;
    }
    for entry in files.list(&dependencies(path)).unwrap_or_default() {
        let at = dependencies(path).join(&entry.name);
        let found = if entry.is_folder {
            folder(files, &at)
        } else {
            file(files, &at).into_iter().collect()
        };
        if found.iter().any(|file| file.has(name)) {
            return found;
        }
    }
    let embedded = contract::canonical().iter().map(|(_, text)| File {
        path: None,
        text: (*text).to_owned(),
        outline: outline(text),
    });
    let embedded: Vec<File> = embedded.collect();
    let folder = name.replace(':', "-");
    let paths = contract::canonical()
        .iter()
        .map(|(path, _)| path.split('/').next() == Some(folder.as_str()));
    embedded
        .into_iter()
        .zip(paths)
        .filter(|(_, own)| *own)
        .map(|(file, _)| file)
        .collect()
}

/// Returns the folder with the dependencies of a contract.
fn dependencies(path: &Path) -> PathBuf {
    let deps = path
        .ancestors()
        .skip(1)
        .find(|folder| folder.file_name().is_some_and(|name| name == "deps"));
    deps.map_or_else(|| path.with_file_name("deps"), Path::to_owned)
}

fn own_package(files: &dyn Files, path: &Path) -> Vec<File> {
    let is_lone = path
        .parent()
        .and_then(Path::file_name)
        .is_some_and(|name| name == "deps");
    if is_lone {
        return file(files, path).into_iter().collect();
    }
    path.parent().map(|parent| folder(files, parent)).unwrap_or_default()
}

fn folder(files: &dyn Files, folder: &Path) -> Vec<File> {
    let entries = files.list(folder).unwrap_or_default().into_iter();
    let files_of = entries.filter(|entry| !entry.is_folder && entry.name.ends_with(".wit"));
    files_of
        .filter_map(|entry| file(files, &folder.join(entry.name)))
        .collect()
}

fn file(files: &dyn Files, path: &Path) -> Option<File> {
    let text = String::from_utf8(files.read(path).ok()?).ok()?;
    Some(File {
        path: Some(path.to_owned()),
        outline: outline(&text),
        text,
    })
}
