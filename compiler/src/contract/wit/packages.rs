//! Reader for WIT packages, on wit-parser. Parses each distinct package once, since all components vendor the same
//! contracts.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use wit_parser::{PackageName, ParseErrorKind, UnresolvedPackageGroup};

use super::recovery::{Draft, Mistake, Recovery};
use super::related::related;
use super::{WitError, meant};
use crate::contract::canonical;
use crate::contract::component::{self, first_line};
use crate::diag::{Checked, Diagnostics};
use crate::panics::caught;
use crate::source::files::Files;
use crate::source::{SourceId, SourceMap, Span, display_path};

/// A package, and the texts it was parsed from.
#[derive(Clone)]
pub(in crate::contract) struct Package {
    pub(super) group: UnresolvedPackageGroup,
    drafts: Vec<Draft>,
}

impl Package {
    /// Its texts.
    pub(super) fn sources(&self) -> impl Iterator<Item = SourceId> {
        self.drafts.iter().map(|draft| draft.source)
    }

    /// Whether a place is in one of its texts.
    pub(super) fn holds(&self, at: Span) -> bool {
        self.drafts.iter().any(|draft| draft.source == at.source)
    }
}

/// A reader for packages, with a cache.
pub(in crate::contract) struct Packages<'a> {
    sources: &'a mut SourceMap,
    files: &'a dyn Files,
    /// Texts by their names in wit-parser's source map.
    pub(super) texts: BTreeMap<String, SourceId>,
    /// Packages by file names and texts.
    parsed: BTreeMap<Vec<(String, String)>, Package>,
    /// Keys of `parsed` that the current contract has used: a second copy of a package is parsed again, so that it has
    /// places of its own.
    taken: BTreeSet<Vec<(String, String)>>,
    /// Place in the manifest that names the packages, for mistakes without a place in a text.
    owner: Option<Span>,
}

impl<'a> Packages<'a> {
    pub(in crate::contract) fn new(sources: &'a mut SourceMap, files: &'a dyn Files) -> Self {
        Self {
            sources,
            files,
            texts: BTreeMap::new(),
            parsed: BTreeMap::new(),
            taken: BTreeSet::new(),
            owner: None,
        }
    }

    /// Sets the place in the manifest that names the packages to be read next.
    pub(in crate::contract) fn named_at(&mut self, owner: Span) {
        self.owner = Some(owner);
        self.taken.clear();
    }

    /// See [`Packages::named_at`].
    pub(super) fn owner(&self) -> Option<Span> {
        self.owner
    }

    /// The text of a source.
    pub(super) fn text_of(&self, source: SourceId) -> &str {
        self.sources.text(source)
    }

    /// Reads the package in `folder`; `None` if there is no `.wit` file.
    pub(super) fn read(
        &mut self,
        diags: &mut Diagnostics,
        recovery: &mut Recovery,
        folder: &Path,
    ) -> Option<Checked<Package>> {
        let entries = self.files.list(folder).ok()?.into_iter();
        let names: Vec<_> = entries
            .filter(|e| !e.is_folder && is_wit(&e.name))
            .map(|e| e.name)
            .collect();
        if names.is_empty() {
            None
        } else {
            Some(self.package(diags, recovery, folder, &names))
        }
    }

    /// Reads the packages in a `deps` folder: each is a file, a folder, or a file with an encoded package.
    pub(super) fn read_dependencies(
        &mut self,
        diags: &mut Diagnostics,
        recovery: &mut Recovery,
        folder: &Path,
    ) -> Checked<Vec<Package>> {
        let mut packages = Vec::new();
        let mut described = Vec::new();
        for entry in self.files.list(folder).unwrap_or_default() {
            let path = folder.join(&entry.name);
            if entry.is_folder {
                packages.extend(self.read(diags, recovery, &path));
            } else if is_wit(&entry.name) {
                packages.push(self.package(diags, recovery, folder, &[entry.name]));
            } else if is_encoded(&path) {
                match self.encoded(diags, recovery, &path) {
                    Ok((package, others)) => {
                        packages.push(Ok(package));
                        described.extend(others);
                    }
                    Err(reported) => packages.push(Err(reported)),
                }
            }
        }
        let mut packages: Vec<Package> = packages.into_iter().collect::<Checked<_>>()?;
        for other in described {
            let groups = packages
                .iter()
                .map(|package| &package.group)
                .chain(canonical::PACKAGES.iter());
            if !groups.flat_map(names).any(|name| *name == other.group.main.name) {
                packages.push(other);
            }
        }
        Ok(packages)
    }

    /// Reads an encoded package, and its dependencies as far as the encoding has them.
    fn encoded(
        &mut self,
        diags: &mut Diagnostics,
        recovery: &mut Recovery,
        path: &Path,
    ) -> Checked<(Package, Vec<Package>)> {
        let shown = display_path(path);
        let read = self.files.read(path).map_err(|error| {
            diags.error(WitError::Unreadable {
                path: shown.clone(),
                reason: error.to_string(),
                at: self.owner,
            })
        });
        let printed = component::printed_packages(&read?).map_err(|reason| {
            let message = format!("`{shown}` is not an encoded WIT package: {reason}");
            diags.error(WitError::syntax(message, self.owner))
        });
        let (main, others) = printed?;
        let main = self.parsed(diags, recovery, vec![(format!("{shown} (its contract)").into(), main)])?;
        let mut packages = Vec::new();
        for (name, text) in others {
            let name = format!("{shown} (its contract of {name})");
            packages.push(self.parsed(diags, recovery, vec![(name.into(), text)])?);
        }
        Ok((main, packages))
    }

    /// The packages to resolve `main` with: all vendored ones, and those of the runtime's contracts that something
    /// depends on and that are not vendored.
    pub(super) fn needed(
        main: &UnresolvedPackageGroup,
        vendored: Vec<UnresolvedPackageGroup>,
    ) -> Vec<UnresolvedPackageGroup> {
        let mut needed = vendored;
        let groups = || needed.iter().chain([main]);
        let present: BTreeSet<PackageName> = groups().flat_map(names).cloned().collect();
        let mut wanted: BTreeSet<PackageName> = groups().flat_map(dependencies).cloned().collect();
        let mut available: Vec<&UnresolvedPackageGroup> = canonical::PACKAGES
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

    /// Converts a span of wit-parser; `None` if it is in an embedded contract, or nowhere.
    pub(super) fn place(&self, map: &wit_parser::SourceMap, span: wit_parser::Span) -> Option<Span> {
        let location = map.resolve_span(span)?;
        let source = *self.texts.get(location.path)?;
        Some(self.sources.span(source, location.range))
    }

    /// Reads the package in these files, or takes it from the cache.
    pub(super) fn package(
        &mut self,
        diags: &mut Diagnostics,
        recovery: &mut Recovery,
        folder: &Path,
        names: &[String],
    ) -> Checked<Package> {
        let mut texts = Vec::new();
        for name in names {
            texts.push((name.clone(), self.text(diags, &folder.join(name))?));
        }
        let is_first = self.taken.insert(texts.clone());
        if let Some(known) = self.parsed.get(&texts).filter(|_| is_first) {
            return Ok(known.clone());
        }
        let files = texts.iter().map(|(name, text)| (folder.join(name), text.clone()));
        let before = diags.errors();
        let package = self.parsed(diags, recovery, files.collect())?;
        if diags.errors() == before {
            self.parsed.insert(texts, package.clone());
        }
        Ok(package)
    }

    /// Parses the package in these texts, after adding them to the sources.
    fn parsed(
        &mut self,
        diags: &mut Diagnostics,
        recovery: &mut Recovery,
        files: Vec<(PathBuf, String)>,
    ) -> Checked<Package> {
        let mut drafts = Vec::new();
        for (path, text) in files {
            let source = self.sources.add(&path, text.clone());
            let shown = self.sources.name(source).to_owned();
            self.texts.insert(shown.clone(), source);
            drafts.push(Draft { shown, source, text });
        }
        self.parse(diags, recovery, drafts)
    }

    fn text(&mut self, diags: &mut Diagnostics, path: &Path) -> Checked<String> {
        let bytes = self.files.read(path).map_err(|error| {
            diags.error(WitError::Unreadable {
                path: display_path(path),
                reason: error.to_string(),
                at: self.owner,
            })
        })?;
        String::from_utf8(bytes).map_err(|error| {
            let not_utf8 = self.sources.add_bytes(path, error.into_bytes());
            let not_utf8 = not_utf8.expect_err("invariant: these bytes are no UTF-8");
            diags.error(WitError::NotUtf8 {
                path: display_path(path),
                not_utf8,
            })
        })
    }

    /// Parses a package; reports and blanks each mistake, and parses the rest again.
    fn parse(&self, diags: &mut Diagnostics, recovery: &mut Recovery, mut drafts: Vec<Draft>) -> Checked<Package> {
        let first = drafts.first().map(|draft| self.sources.span(draft.source, 0..1));
        let mut is_whole = true;
        loop {
            let error = match self.try_parse(&drafts) {
                Ok(group) => return Ok(Package { group, drafts }),
                Err(error) => error,
            };
            let mistake = Mistake::of(&error);
            if mistake.is_none() && !is_whole {
                recovery.result()?;
            }
            let reported = recovery.report(diags, error.or_at(first));
            if !mistake.is_some_and(|mistake| recovery.mend(&mut drafts, &mistake)) {
                return Err(reported);
            }
            is_whole = false;
        }
    }

    /// Parses a package again with a mistake blanked or patched; `None` if that is not possible.
    pub(super) fn mended(
        &self,
        diags: &mut Diagnostics,
        recovery: &mut Recovery,
        package: &Package,
        mistake: &Mistake,
    ) -> Option<Package> {
        let mut drafts = package.drafts.clone();
        if !recovery.mend(&mut drafts, mistake) {
            return None;
        }
        self.parse(diags, recovery, drafts).ok()
    }

    fn try_parse(&self, drafts: &[Draft]) -> Result<UnresolvedPackageGroup, WitError> {
        let mut map = wit_parser::SourceMap::new();
        for draft in drafts {
            map.push_str(&draft.shown, draft.text.as_str());
        }
        let parsed = caught(|| map.parse()).map_err(|message| WitError::syntax(message, None))?;
        parsed.map_err(|(map, error)| {
            let kind = error.kind();
            let at = self.place(&map, kind.span());
            let message = first_line(&kind.to_string());
            let sources = drafts.iter().map(|draft| draft.source);
            let texts: Vec<_> = sources.map(|source| (source, self.text_of(source))).collect();
            let related = at.map(|at| Box::new(related(&texts, at, &message))).unwrap_or_default();
            let meant = if let ParseErrorKind::ItemNotFound { name, kind, .. } = kind {
                at.and_then(|at| meant::in_package(&texts, at, name, kind == "interface or world"))
            } else if matches!(kind, ParseErrorKind::TypeCycle { .. }) {
                None
            } else {
                return WitError::Syntax { message, at, related };
            };
            WitError::Unresolved {
                message,
                at,
                related,
                hint: None,
                meant,
            }
        })
    }
}

pub(super) fn is_wit(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == "wit")
}

fn is_encoded(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension == "wasm" || extension == "wat")
}

fn dependencies(group: &UnresolvedPackageGroup) -> impl Iterator<Item = &PackageName> {
    group
        .nested
        .iter()
        .chain([&group.main])
        .flat_map(|package| package.foreign_deps.keys())
}

pub(super) fn names(group: &UnresolvedPackageGroup) -> impl Iterator<Item = &PackageName> {
    group.nested.iter().chain([&group.main]).map(|package| &package.name)
}
