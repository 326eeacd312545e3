//! WIT packages as wit-parser reads them, each distinct one parsed once: every component vendors the same contracts.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::LazyLock;

use wit_parser::{PackageName, ParseErrorKind, UnresolvedPackageGroup};

use super::{WitError, first_line};
use crate::contract::canonical;
use crate::diag::{Checked, Diagnostics, ErrorReported};
use crate::panics::caught;
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
    /// What makes the packages be read: the place of mistakes that have none in a text.
    owner: Option<Span>,
}

impl<'a> Packages<'a> {
    pub(in crate::contract) fn new(sources: &'a mut SourceMap, files: &'a dyn Files) -> Self {
        Self {
            sources,
            files,
            texts: BTreeMap::new(),
            parsed: BTreeMap::new(),
            owner: None,
        }
    }

    /// Says where in the manifest the next packages are named.
    pub(in crate::contract) fn named_at(&mut self, owner: Span) {
        self.owner = Some(owner);
    }

    /// See [`Packages::named_at`].
    pub(super) fn owner(&self) -> Option<Span> {
        self.owner
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

    /// What `main` is resolved with: all vendored packages, and the canonical ones that something depends on and nobody
    /// vendors.
    pub(super) fn needed(
        main: &UnresolvedPackageGroup,
        vendored: Vec<UnresolvedPackageGroup>,
    ) -> Vec<UnresolvedPackageGroup> {
        let mut needed = vendored;
        let groups = || needed.iter().chain([main]);
        let present: BTreeSet<PackageName> = groups().flat_map(names).cloned().collect();
        let mut wanted: BTreeSet<PackageName> = groups().flat_map(dependencies).cloned().collect();
        let mut available: Vec<&UnresolvedPackageGroup> = CANONICAL
            .iter()
            .filter(|group| !present.contains(&group.main.name))
            .collect();
        loop {
            let (found, others): (Vec<_>, Vec<_>) = available
                .into_iter()
                .partition(|group| wanted.contains(&group.main.name));
            if found.is_empty() {
                return needed;
            }
            wanted.extend(found.iter().flat_map(|group| dependencies(group)).cloned());
            needed.extend(found.into_iter().cloned());
            available = others;
        }
    }

    /// The span of ours for one of wit-parser's; `None` when it lies in an embedded contract, or nowhere.
    pub(super) fn place(&self, map: &wit_parser::SourceMap, span: wit_parser::Span) -> Option<Span> {
        let location = map.resolve_span(span)?;
        let source = *self.texts.get(location.path)?;
        Some(self.sources.span(source, location.range))
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
        let mut shown_texts = Vec::new();
        for (name, text) in &texts {
            let id = self.sources.add(&folder.join(name), text.clone());
            let shown = self.sources.name(id).to_owned();
            map.push_str(&shown, text.as_str());
            self.texts.insert(shown.clone(), id);
            shown_texts.push((shown, text.clone()));
        }
        let parsed = self.parse(map);
        let group = parsed.map_err(|error| self.report(diags, error, &shown_texts))?;
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
                at: self.owner,
            })
        })
    }

    fn parse(&self, map: wit_parser::SourceMap) -> Result<UnresolvedPackageGroup, WitError> {
        let parsed = caught(|| map.parse()).map_err(|message| WitError::Syntax { message, at: None })?;
        parsed.map_err(|(map, error)| {
            let kind = error.kind();
            let at = self.place(&map, kind.span());
            let message = first_line(&kind.to_string());
            let resolves = matches!(
                kind,
                ParseErrorKind::ItemNotFound { .. } | ParseErrorKind::TypeCycle { .. }
            );
            if resolves {
                WitError::Unresolved {
                    message,
                    at,
                    hint: None,
                }
            } else {
                WitError::Syntax { message, at }
            }
        })
    }

    /// Reports what is wrong with a package. The parser stops at the first file with a mistake: each of the others is
    /// tried alone, as far as its syntax goes.
    fn report(&self, diags: &mut Diagnostics, error: WitError, texts: &[(String, String)]) -> ErrorReported {
        let place = error.place();
        let is_syntax = matches!(error, WitError::Syntax { .. });
        let reported = diags.error(error.or_at(self.owner));
        for (shown, text) in texts.iter().filter(|_| is_syntax) {
            let mut map = wit_parser::SourceMap::new();
            map.push_str(shown, text.as_str());
            match self.parse(map) {
                Err(error @ WitError::Syntax { .. }) if error.place() != place && error.place().is_some() => {
                    diags.error(error);
                }
                Ok(_) | Err(_) => {}
            }
        }
        reported
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

fn names(group: &UnresolvedPackageGroup) -> impl Iterator<Item = &PackageName> {
    group.nested.iter().chain([&group.main]).map(|package| &package.name)
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
