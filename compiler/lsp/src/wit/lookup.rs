//! What a name in a `.wit` file refers to.

use std::ops::Range;
use std::path::{Path, PathBuf};

use torvync_compiler::contract;
use torvync_compiler::source::files::Files;

use super::scan::{self, TokenKind};
use super::{Item, Kind, Outline, outline};

/// A declaration and the file that it stands in.
pub(super) struct Found {
    /// `None` for a contract that only the compiler has.
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
    fn find(self, is: impl Fn(&Item) -> bool) -> Option<Found> {
        let item = self.outline.items.iter().position(is)?;
        Some(Found {
            path: self.path,
            text: self.text,
            outline: self.outline,
            item,
        })
    }
}

/// The place of the name at `offset`.
pub(super) fn name_at(text: &str, offset: usize) -> Option<Range<usize>> {
    let mut tokens = scan::tokens(text).into_iter();
    let token = tokens.find(|token| {
        matches!(token.kind, TokenKind::Word | TokenKind::Path)
            && token.span.start <= offset
            && offset <= token.span.end
    })?;
    Some(token.span)
}

/// What the name at `offset` refers to.
pub(super) fn declaration_at(files: &dyn Files, path: &Path, text: &str, offset: usize) -> Option<Found> {
    let span = name_at(text, offset)?;
    let name = text[span.clone()].trim_start_matches('%');
    let outline = outline(text);
    if let Some((namespace, rest)) = name.split_once('/').filter(|_| name.contains(':')) {
        if offset < span.start + namespace.len() {
            return package(files, path, namespace)
                .into_iter()
                .find_map(|file| file.find(|item| item.kind == Kind::Package));
        }
        return interface(files, path, &format!("{namespace}/{rest}"));
    }
    let here = |item: usize| {
        Some(Found {
            path: Some(path.to_owned()),
            text: text.to_owned(),
            outline: outline.clone(),
            item,
        })
    };
    if let Some(own) = outline
        .items
        .iter()
        .position(|item| item.span == span || (item.kind == Kind::Package && item.span.contains(&offset)))
    {
        return here(own);
    }
    if outline.references.iter().any(|(_, reference)| *reference == span)
        || outline.uses.iter().any(|used| used.path.1 == span)
    {
        return interface(files, path, name);
    }
    let parent = enclosing(&outline, offset);
    for used in &outline.uses {
        let listed = used
            .names
            .iter()
            .find(|listed| listed.name.1 == span || listed.alias.as_ref().is_some_and(|alias| alias.1 == span));
        if let Some(listed) = listed {
            return type_of(files, path, &used.path.0, &listed.name.0);
        }
    }
    let declared = outline
        .items
        .iter()
        .position(|item| item.parent == parent && item.kind == Kind::Type && item.name == name);
    if let Some(own) = declared {
        return here(own);
    }
    let used = outline.uses.iter().filter(|used| used.parent == parent);
    for used in used {
        let visible = used
            .names
            .iter()
            .find(|listed| listed.alias.as_ref().unwrap_or(&listed.name).0 == name);
        if let Some(listed) = visible {
            return type_of(files, path, &used.path.0, &listed.name.0);
        }
    }
    None
}

/// The innermost interface or world around an offset.
fn enclosing(outline: &Outline, offset: usize) -> Option<usize> {
    outline.items.iter().enumerate().rev().find_map(|(at, item)| {
        let holds = matches!(item.kind, Kind::Interface | Kind::World)
            && item.range.start <= offset
            && offset <= item.range.end;
        holds.then_some(at)
    })
}

/// A type of an interface, or what the interface has it from.
fn type_of(files: &dyn Files, path: &Path, interface_name: &str, name: &str) -> Option<Found> {
    let mut at = (path.to_owned(), interface_name.to_owned(), name.to_owned());
    // Contracts that use each other in a circle end somewhere too.
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
        let used = found.outline.uses.iter().filter(|used| used.parent == Some(own));
        let (from, original) = used
            .flat_map(|used| used.names.iter().map(move |listed| (used, listed)))
            .find(|(_, listed)| listed.alias.as_ref().unwrap_or(&listed.name).0 == at.2)
            .map(|(used, listed)| (used.path.0.clone(), listed.name.0.clone()))?;
        at = (found.path?, from, original);
    }
    None
}

/// An interface or a world: `name` of the file's own package, or `namespace:package/name@version`.
pub(super) fn interface(files: &dyn Files, path: &Path, name: &str) -> Option<Found> {
    let name = name.split('@').next().unwrap_or(name);
    let (candidates, wanted) = match name.split_once('/') {
        Some((namespace, wanted)) => (package(files, path, namespace), wanted),
        None => (own_package(files, path), name),
    };
    let is = |item: &Item| matches!(item.kind, Kind::Interface | Kind::World) && item.name == wanted;
    candidates.into_iter().find_map(|file| file.find(is))
}

/// The files of a package, as seen from the file at `path`: vendored, else what the compiler brings along.
fn package(files: &dyn Files, path: &Path, name: &str) -> Vec<File> {
    let own = own_package(files, path);
    if own.iter().any(|file| file.outline.package.as_deref() == Some(name)) {
        return own;
    }
    for entry in files.list(&dependencies(path)).unwrap_or_default() {
        let at = dependencies(path).join(&entry.name);
        let found = if entry.is_folder {
            folder(files, &at)
        } else {
            file(files, &at).into_iter().collect()
        };
        if found.iter().any(|file| file.outline.package.as_deref() == Some(name)) {
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

/// The folder of what a contract depends on.
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
