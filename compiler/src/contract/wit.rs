//! Reads the components' `wit/` folders with wit-parser, whose errors become labels inside the `.wit` files.

mod error;
mod meant;
mod outline;
mod packages;
mod recovery;
mod world;

use std::iter;
use std::path::Path;

use wit_parser::{PackageName, Resolve, ResolveErrorKind};

use crate::contract::document::Contract;
use crate::contract::{World, canonical};
use crate::diag::{Checked, Diagnostics};
use crate::panics::caught;
use crate::source::{Span, display_path};

pub(super) use packages::{CANONICAL, Packages};

use error::WitError;
use packages::Package;
use recovery::{Mistake, Recovery};
use world::Items;

/// The world in `folder` of the component with these names; `None` when there is no such folder, no `.wit` file in it, or
/// after an error.
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

/// The contract in a folder, or in a file; `None` when there is no `.wit` file, or after an error.
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

/// A package with what it depends on: vendored in `dependencies`, or one of the runtime's contracts. After mistakes in them
/// what is left is resolved too, for the mistakes that only show then.
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

/// What wit-parser could not resolve, and what is likely to be meant.
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
        .chain(CANONICAL.iter())
        .flat_map(packages::names)
        .cloned()
        .collect();
    let elsewhere = misplaced(resolve, kind).or_else(|| of_other_version(&known, kind));
    let meant = at.filter(|_| elsewhere.is_none()).and_then(|at| {
        let text = packages.text_of(at.source);
        let items = outline::outline(text);
        let path = outline::around(&items, at.start, text.len());
        meant::elsewhere(resolve, &known, kind, &text[path.last()?.range.clone()])
    });
    WitError::Unresolved {
        message: first_line(&kind.to_string()),
        at,
        hint: elsewhere.or_else(|| package_hint(kind).filter(|_| meant.is_none())),
        meant,
    }
}

/// Without the lists that follow, which help replaces.
pub(super) fn first_line(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    let line = line.split(". known packages").next().unwrap_or(line);
    line.trim_end_matches('.').replace('\'', "`")
}

/// Where an interface is that is not in a package by that name.
fn misplaced(resolve: &Resolve, kind: &ResolveErrorKind) -> Option<String> {
    let ResolveErrorKind::InterfaceNotFound { requested, package, .. } = kind else {
        return None;
    };
    if requested == "router" && package.namespace == "torvyn" {
        return Some("the router lives in `torvyn:filtering/router`".into());
    }
    let package = &resolve.packages[*resolve.package_names.get(package)?];
    let is_world = package.worlds.contains_key(requested);
    is_world.then(|| format!("`{requested}` is a world: `include` it"))
}

/// Which versions there are of a package that is asked for in another one, or in none.
fn of_other_version(known: &[PackageName], kind: &ResolveErrorKind) -> Option<String> {
    let ResolveErrorKind::PackageNotFound { requested, .. } = kind else {
        return None;
    };
    let is_same = |name: &&PackageName| name.namespace == requested.namespace && name.name == requested.name;
    let is_ours = CANONICAL.iter().flat_map(packages::names).any(|name| is_same(&name));
    let mut there: Vec<String> = known.iter().filter(is_same).map(|name| format!("`{name}`")).collect();
    there.sort();
    there.dedup();
    if there.is_empty() || is_ours {
        return None;
    }
    let written = match &requested.version {
        Some(_) => "write one of these versions",
        None => "write the version behind the name of the interface, as in `NAMESPACE:NAME/INTERFACE@VERSION`",
    };
    Some(format!("there is {}: {written}", there.join(" and ")))
}

/// Where an item that is brought into a world is in conflict with another one: wit-parser names the world only.
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

/// Where a package is to be had.
fn package_hint(kind: &ResolveErrorKind) -> Option<String> {
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
