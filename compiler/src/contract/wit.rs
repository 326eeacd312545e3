//! Reads the components' `wit/` folders with wit-parser, whose errors become labels inside the `.wit` files.

mod error;
mod meant;
mod outline;
mod packages;
mod recovery;
mod related;
mod world;

use std::iter;
use std::path::Path;

use wit_parser::{PackageName, Resolve, ResolveErrorKind};

use crate::contract::canonical;
use crate::contract::component::first_line;
use crate::contract::document::Contract;
use crate::diag::{Checked, Diagnostics};
use crate::panics::caught;
use crate::source::{Span, display_path};

pub(super) use packages::Packages;
pub use world::World;

use error::WitError;
use packages::Package;
use recovery::{Mistake, Recovery};
use related::related;
use world::Items;

/// Loads the world in `folder` of the component with these names; `None` if there is no such folder, no `.wit` file in
/// it, or after an error.
pub(super) fn load(
    diags: &mut Diagnostics,
    packages: &mut Packages<'_>,
    folder: &Path,
    names: &[String],
) -> Option<World> {
    let mut recovery = Recovery::default();
    let main = packages.read(diags, &mut recovery, folder)?;
    let (contract, items) = resolve(diags, packages, &mut recovery, main, &folder.join("deps")).ok()?;
    world::choose(diags, contract, items, packages.owner(), names).ok()
}

/// Loads the contract in a file, a folder or its `wit` subfolder; `None` if there is no `.wit` file, or after an error.
pub(super) fn contract(diags: &mut Diagnostics, packages: &mut Packages<'_>, path: &Path) -> Option<Contract> {
    let mut recovery = Recovery::default();
    let (folder, main) = if packages::is_wit(&display_path(path)) {
        let folder = path.parent().unwrap_or(Path::new(""));
        let name = path.file_name()?.to_str()?.to_owned();
        let main = packages.package(diags, &mut recovery, folder, &[name]);
        (folder.to_owned(), Some(main))
    } else {
        let inner = path.join("wit");
        match packages.read(diags, &mut recovery, path) {
            Some(main) => (path.to_owned(), Some(main)),
            None => (inner.clone(), packages.read(diags, &mut recovery, &inner)),
        }
    };
    let (contract, _) = resolve(diags, packages, &mut recovery, main?, &folder.join("deps")).ok()?;
    Some(contract)
}

/// Resolves a package with its dependencies: those vendored in the folder `dependencies`, and the runtime's contracts.
/// A mistake is reported and blanked, and the rest resolved again, to find the mistakes that only show then.
fn resolve(
    diags: &mut Diagnostics,
    packages: &mut Packages<'_>,
    recovery: &mut Recovery,
    main: Checked<Package>,
    dependencies: &Path,
) -> Checked<(Contract, Items)> {
    let vendored = packages.read_dependencies(diags, recovery, dependencies);
    let (mut main, mut vendored) = (main?, vendored?);
    let items = Items::of(packages, &main.group);
    loop {
        let groups = vendored.iter().map(|package| package.group.clone());
        let needed = Packages::needed(&main.group, groups.collect());
        let mut resolve = Resolve::default();
        let error = match caught(|| resolve.push_groups(main.group.clone(), needed)) {
            Ok(Ok(package)) => {
                recovery.result()?;
                return Ok((Contract::new(resolve, package, packages.texts.clone()), items));
            }
            Ok(Err(error)) => unresolved(packages, &resolve, &main, &vendored, error.kind()),
            Err(message) => WitError::Unresolved {
                message,
                at: None,
                related: Box::default(),
                hint: None,
                meant: None,
            },
        };
        let mistake = Mistake::of(&error);
        if mistake.is_none() {
            recovery.result()?;
        }
        let reported = recovery.report(diags, error.or_at(packages.owner()));
        let mistake = mistake.ok_or(reported)?;
        let mut all = iter::once(&mut main).chain(&mut vendored);
        let holder = all.find(|package| package.holds(mistake.at)).ok_or(reported)?;
        *holder = packages.mended(diags, recovery, holder, &mistake).ok_or(reported)?;
    }
}

/// Converts an error of wit-parser, with its place and a guess at what was meant.
fn unresolved(
    packages: &Packages<'_>,
    resolve: &Resolve,
    main: &Package,
    vendored: &[Package],
    kind: &ResolveErrorKind,
) -> WitError {
    if let ResolveErrorKind::DuplicatePackage { name, span1, span2 } = kind {
        return WitError::Duplicate {
            name: name.to_string(),
            again: packages.place(&resolve.source_map, *span1),
            first: packages.place(&resolve.source_map, *span2),
        };
    }
    let at = packages.place(&resolve.source_map, kind.span());
    let at = at.or_else(|| place_of_conflict(packages, main, &kind.to_string()));
    let groups = vendored.iter().chain([main]).map(|package| &package.group);
    let known: Vec<PackageName> = groups
        .chain(canonical::PACKAGES.iter())
        .flat_map(packages::names)
        .cloned()
        .collect();
    let written = at.map(|at| written(packages.text_of(at.source), at.start));
    let elsewhere = misplaced(resolve, kind).or_else(|| of_other_version(&known, kind, written));
    let meant = at.filter(|_| elsewhere.is_none()).and_then(|at| {
        let text = packages.text_of(at.source);
        let items = outline::outline(text);
        let path = outline::around(&items, at.start, text.len());
        meant::elsewhere(resolve, &known, kind, &text[path.last()?.range.clone()])
    });
    let message = first_line(&kind.to_string());
    let texts: Vec<_> = main
        .sources()
        .map(|source| (source, packages.text_of(source)))
        .collect();
    let related = at.map(|at| Box::new(related(&texts, at, &message))).unwrap_or_default();
    WitError::Unresolved {
        message,
        at,
        related,
        hint: elsewhere.or_else(|| package_hint(kind).filter(|_| meant.is_none())),
        meant,
    }
}

/// Help for an interface that its package doesn't have: the package of the router, or that the name is a world's.
fn misplaced(resolve: &Resolve, kind: &ResolveErrorKind) -> Option<String> {
    let ResolveErrorKind::InterfaceNotFound { requested, package, .. } = kind else {
        return None;
    };
    if requested == "router" && package.namespace == "torvyn" {
        return Some("the router is in `torvyn:filtering/router`".into());
    }
    let package = &resolve.packages[*resolve.package_names.get(package)?];
    let is_world = package.worlds.contains_key(requested);
    is_world.then(|| format!("`{requested}` is a world: `include` it"))
}

/// The name of an interface or a world that begins at the offset `at`, without its version.
fn written(text: &str, at: usize) -> &str {
    let text = text.get(at..).unwrap_or_default();
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, ':' | '/' | '-' | '%');
    text.split(|c| !is_part(c)).next().unwrap_or_default()
}

/// Help for a package that is requested in an unavailable version, or without one: the available versions.
fn of_other_version(known: &[PackageName], kind: &ResolveErrorKind, written: Option<&str>) -> Option<String> {
    let ResolveErrorKind::PackageNotFound { requested, .. } = kind else {
        return None;
    };
    let same = known.iter().filter(|name| known_by(name, requested));
    let mut versions: Vec<_> = same.filter_map(|name| name.version.as_ref()).collect();
    versions.sort();
    versions.dedup();
    if versions.is_empty() {
        return None;
    }
    let package = format!("{}:{}", requested.namespace, requested.name);
    let written = written.filter(|written| written.contains('/')).unwrap_or(&package);
    let forms: Vec<String> = versions
        .iter()
        .map(|version| format!("`{written}@{version}`"))
        .collect();
    let is_ours = canonical::PACKAGES
        .iter()
        .flat_map(packages::names)
        .any(|name| known_by(name, requested));
    let what = if is_ours {
        "the version that the runtime supports"
    } else {
        "the available version"
    };
    Some(format!("write {what}: {}", forms.join(" or ")))
}

fn known_by(name: &PackageName, requested: &PackageName) -> bool {
    name.namespace == requested.namespace && name.name == requested.name
}

/// Finds the place of a conflict between items of a world, since wit-parser names only the world: its first `include`,
/// or else its keyword.
fn place_of_conflict(packages: &Packages<'_>, main: &Package, message: &str) -> Option<Span> {
    let (_, world) = message.split_once(" in world `")?;
    let world = world.split('`').next()?;
    main.sources().find_map(|source| {
        let text = packages.text_of(source);
        let items = outline::outline(text);
        let nested = items.iter().flat_map(|item| &item.items);
        let mut worlds = items.iter().chain(nested).filter(|item| item.word == "world");
        let world = worlds.find(|item| item.name == world)?;
        let include = world.items.iter().find(|item| item.word == "include");
        let range = &include.unwrap_or(world).range;
        Some(Span::new(
            source,
            range.start..include.map_or(range.start + "world".len(), |item| item.range.end),
        ))
    })
}

/// Help for a missing package: where to put it.
fn package_hint(kind: &ResolveErrorKind) -> Option<String> {
    let ResolveErrorKind::PackageNotFound { requested, .. } = kind else {
        return None;
    };
    Some(format!("put package `{requested}` into `wit/deps`"))
}
