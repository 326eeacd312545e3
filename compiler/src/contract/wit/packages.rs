//! WIT packages as wit-parser reads them, each distinct one parsed once: every component vendors the same contracts.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::LazyLock;

use wit_parser::{PackageName, ParseErrorKind, UnresolvedPackageGroup};

use super::{WitError, first_line};
use crate::contract::canonical;
use crate::diag::{Checked, Diagnostics};
use crate::source::files::Files;
use crate::source::{SourceId, SourceMap, Span, display_path};

/// Reads packages and remembers them.
pub(in crate::contract) struct Packages<'a> {
    sources: &'a mut SourceMap,
    files: &'a dyn Files,
    /// The texts by the name that wit-parser knows them by.
    pub(super) texts: BTreeMap<String, SourceId>,
    /// Packages by file names and texts.
    parsed: BTreeMap<Vec<(String, String)>, UnresolvedPackageGroup>,
}

impl<'a> Packages<'a> {
    pub(in crate::contract) fn new(sources: &'a mut SourceMap, files: &'a dyn Files) -> Self {
        Self {
            sources,
            files,
            texts: BTreeMap::new(),
            parsed: BTreeMap::new(),
        }
    }

    /// The package whose files lie in `folder`; `None` when none does.
    pub(super) fn read(&mut self, diags: &mut Diagnostics, folder: &Path) -> Option<Checked<UnresolvedPackageGroup>> {
        let entries = self.files.list(folder).ok()?.into_iter();
        let names: Vec<_> = entries
            .filter(|e| !e.is_folder && is_wit(&e.name))
            .map(|e| e.name)
            .collect();
        if names.is_empty() {
            None
        } else {
            Some(self.package(diags, folder, &names))
        }
    }

    /// The packages in a `deps` folder: a file or a folder each.
    pub(super) fn read_dependencies(
        &mut self,
        diags: &mut Diagnostics,
        folder: &Path,
    ) -> Checked<Vec<UnresolvedPackageGroup>> {
        let mut packages = Vec::new();
        for entry in self.files.list(folder).unwrap_or_default() {
            if entry.is_folder {
                packages.extend(self.read(diags, &folder.join(&entry.name)));
            } else if is_wit(&entry.name) {
                packages.push(self.package(diags, folder, &[entry.name]));
            }
        }
        packages.into_iter().collect()
    }

    /// What `main` depends on, directly or not: vendored packages, else the canonical ones.
    pub(super) fn needed(
        main: &UnresolvedPackageGroup,
        vendored: Vec<UnresolvedPackageGroup>,
    ) -> Vec<UnresolvedPackageGroup> {
        let mut available = vendored;
        for group in CANONICAL.iter() {
            if !available.iter().any(|other| other.main.name == group.main.name) {
                available.push(group.clone());
            }
        }
        let mut wanted: BTreeSet<PackageName> = dependencies(main).cloned().collect();
        let mut needed = Vec::new();
        loop {
            let (found, others): (Vec<_>, Vec<_>) = available.into_iter().partition(|group| is_among(group, &wanted));
            if found.is_empty() {
                return needed;
            }
            wanted.extend(found.iter().flat_map(dependencies).cloned());
            needed.extend(found);
            available = others;
        }
    }

    /// The span of ours for one of wit-parser's; `None` when it lies in an embedded contract, or nowhere.
    pub(super) fn place(&self, map: &wit_parser::SourceMap, span: wit_parser::Span) -> Option<Span> {
        let location = map.resolve_span(span)?;
        let source = *self.texts.get(location.path)?;
        Some(Span::new(source, location.range))
    }

    /// The package in these files.
    pub(super) fn package(
        &mut self,
        diags: &mut Diagnostics,
        folder: &Path,
        names: &[String],
    ) -> Checked<UnresolvedPackageGroup> {
        let mut texts = Vec::new();
        for name in names {
            texts.push((name.clone(), self.text(diags, &folder.join(name))?));
        }
        if let Some(known) = self.parsed.get(&texts) {
            return Ok(known.clone());
        }
        let mut map = wit_parser::SourceMap::new();
        for (name, text) in &texts {
            let id = self.sources.add(&folder.join(name), text.clone());
            let shown = self.sources.name(id).to_owned();
            map.push_str(&shown, text.as_str());
            self.texts.insert(shown, id);
        }
        let group = self.parse(diags, map)?;
        self.parsed.insert(texts, group.clone());
        Ok(group)
    }

    fn text(&self, diags: &mut Diagnostics, path: &Path) -> Checked<String> {
        let read = self.files.read(path).map_err(|error| error.to_string());
        let text = read.and_then(|bytes| String::from_utf8(bytes).map_err(|_| "it is not UTF-8".into()));
        text.map_err(|reason| {
            diags.error(WitError::Unreadable {
                path: display_path(path),
                reason,
            })
        })
    }

    fn parse(&self, diags: &mut Diagnostics, map: wit_parser::SourceMap) -> Checked<UnresolvedPackageGroup> {
        map.parse().map_err(|(map, error)| {
            let kind = error.kind();
            let at = self.place(&map, kind.span());
            let message = first_line(&kind.to_string());
            let resolves = matches!(
                kind,
                ParseErrorKind::ItemNotFound { .. } | ParseErrorKind::TypeCycle { .. }
            );
            diags.error(if resolves {
                WitError::Unresolved {
                    message,
                    at,
                    hint: None,
                }
            } else {
                WitError::Syntax { message, at }
            })
        })
    }
}

pub(super) fn is_wit(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == "wit")
}

fn dependencies(group: &UnresolvedPackageGroup) -> impl Iterator<Item = &PackageName> {
    group
        .nested
        .iter()
        .chain([&group.main])
        .flat_map(|package| package.foreign_deps.keys())
}

fn is_among(group: &UnresolvedPackageGroup, names: &BTreeSet<PackageName>) -> bool {
    group
        .nested
        .iter()
        .chain([&group.main])
        .any(|package| names.contains(&package.name))
}

/// The embedded contracts, parsed when the first `wit/` folder needs them.
pub(in crate::contract) static CANONICAL: LazyLock<Vec<UnresolvedPackageGroup>> = LazyLock::new(|| {
    let mut folders: BTreeMap<&str, wit_parser::SourceMap> = BTreeMap::new();
    for (path, text) in canonical::canonical() {
        let folder = path.split('/').next().unwrap_or(path);
        folders.entry(folder).or_default().push_str(path, *text);
    }
    let parsed = folders.into_values().map(|map| match map.parse() {
        Ok(group) => group,
        Err((_, error)) => unreachable!("invariant: the embedded contracts parse: {error}"),
    });
    parsed.collect()
});
