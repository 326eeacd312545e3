//! Differences between two contracts, and their effect on users ("Contracts and WIT Interfaces", evolution). In: two
//! [`Contract`]s. Out: [`Difference`]s, each at the smallest item that changed.
//!
//! Removing an item, or changing a type, a name or ownership, breaks users of the contract; a new function, interface
//! or type does not. A new field, case or flag changes its type: the component model compares types by structure, so
//! the two sides would not link, and one side would receive values unknown to it. At each use, types are compared by
//! name; the structure of a named type is compared once.

mod bump;
mod packages;
#[cfg(test)]
mod tests;
mod types;
mod words;

use std::collections::BTreeSet;

use wit_parser::{Function, FunctionKind, Interface, InterfaceId, Type, TypeId};

use super::document::Contract;
use crate::interface::InterfaceName;
use crate::source::Span;

pub use bump::Bump;
pub use packages::diff;

/// Effect of a change on users of a contract, as a level of semantic versioning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// None: comments, annotations or compatible version numbers differ.
    Patch,
    /// Compatible: something was added, or a requirement dropped.
    Minor,
    /// Breaking: something was removed or changed, or a requirement added.
    Major,
}

impl Level {
    /// The level's name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Level::Patch => "patch",
            Level::Minor => "minor",
            Level::Major => "major",
        }
    }
}

/// One difference between two contracts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Its effect on users.
    pub level: Level,
    /// The interface, world or package that contains it.
    pub within: String,
    /// What is different, in words: a type with its field or case, or a function.
    pub what: String,
    /// Place in the old contract, if that has a text.
    pub old: Option<Span>,
    /// Place in the new contract, if that has a text.
    pub new: Option<Span>,
}

/// Finds how the functions and types of an interface that `needed` uses differ from those that `provided` has. In the
/// differences, `old` is a place in `needed`, `new` one in `provided`.
pub(super) fn unmet(
    needed: &Contract,
    interface: InterfaceId,
    provided: &Contract,
    other: InterfaceId,
) -> Vec<Difference> {
    let mut differ = Differ::new(needed, provided);
    let (own, other) = (
        &needed.resolve.interfaces[interface],
        &provided.resolve.interfaces[other],
    );
    differ.enter(own);
    for (name, function) in &own.functions {
        match other.functions.get(name) {
            Some(found) => differ.function(function, found),
            None => {
                let what = format!("{} is not there", words::function(function));
                differ.report(Level::Major, what, Some(function.span), Some(other.span));
            }
        }
    }
    differ.types();
    differ.found
}

/// Compares the types `names` of the interface `within` in two contracts; empty if one of them lacks the interface.
pub(super) fn unequal_types(from: &Contract, to: &Contract, names: &[&str], within: &InterfaceName) -> Vec<Difference> {
    let (Some(own), Some(other)) = (from.interface(within), to.interface(within)) else {
        return Vec::new();
    };
    let mut differ = Differ::new(from, to);
    let (own, other) = (&from.resolve.interfaces[own], &to.resolve.interfaces[other]);
    differ.enter(own);
    for name in names {
        if let (Some(a), Some(b)) = (own.types.get(*name), other.types.get(*name)) {
            differ.same(&Type::Id(*a), &Type::Id(*b));
        }
    }
    differ.types();
    differ.found
}

/// A comparison of two contracts, with the differences found so far.
struct Differ<'a> {
    old: &'a Contract,
    new: &'a Contract,
    /// The interface, world or package being compared.
    within: String,
    /// Whether it is imported: removing an item is harmless then, and adding one is a new requirement.
    is_imported: bool,
    /// Named types that are still to be compared.
    queue: Vec<(TypeId, TypeId)>,
    /// All pairs that were ever queued.
    seen: BTreeSet<(TypeId, TypeId)>,
    found: Vec<Difference>,
}

impl<'a> Differ<'a> {
    fn new(old: &'a Contract, new: &'a Contract) -> Self {
        Self {
            old,
            new,
            within: String::new(),
            is_imported: false,
            queue: Vec::new(),
            seen: BTreeSet::new(),
            found: Vec::new(),
        }
    }

    /// Makes this interface of the old contract the one being compared.
    fn enter(&mut self, interface: &Interface) {
        let package = interface
            .package
            .map(|package| self.old.resolve.packages[package].name.clone());
        self.within = match (package, &interface.name) {
            (Some(package), Some(name)) => format!("{}:{}/{name}", package.namespace, package.name),
            (None, Some(name)) => name.clone(),
            // An interface inside a world: `within` stays the world.
            (_, None) => return,
        };
    }

    fn report(&mut self, level: Level, what: String, old: Option<wit_parser::Span>, new: Option<wit_parser::Span>) {
        let difference = Difference {
            level,
            within: self.within.clone(),
            what,
            old: old.and_then(|span| self.old.place(span)),
            new: new.and_then(|span| self.new.place(span)),
        };
        if !self.found.contains(&difference) {
            self.found.push(difference);
        }
    }

    /// Level of a removed item.
    fn gone(&self) -> Level {
        if self.is_imported { Level::Minor } else { Level::Major }
    }

    /// Level of an added item.
    fn added(&self) -> Level {
        if self.is_imported { Level::Major } else { Level::Minor }
    }

    /// Compares the signatures of two functions of the same name.
    fn function(&mut self, old: &Function, new: &Function) {
        let what = words::function(old);
        let spans = (Some(old.span), Some(new.span));
        if is_async(&old.kind) != is_async(&new.kind) {
            let became = if is_async(&new.kind) {
                "became async"
            } else {
                "is no longer async"
            };
            self.report(Level::Major, format!("{what} {became}"), spans.0, spans.1);
        }
        if old.params.len() != new.params.len() {
            let change = format!(
                "{what} takes {} instead of {}",
                words::count(&new.params),
                words::count(&old.params)
            );
            self.report(Level::Major, change, spans.0, spans.1);
            return;
        }
        for (a, b) in old.params.iter().zip(&new.params) {
            let spans = (Some(a.span), Some(b.span));
            if a.name != b.name {
                let change = format!("{what}: parameter `{}` is called `{}`", a.name, b.name);
                self.report(Level::Major, change, spans.0, spans.1);
            }
            if !self.same(&a.ty, &b.ty) {
                let change = format!("{what}: parameter `{}` is {}", a.name, self.instead(&a.ty, &b.ty));
                self.report(Level::Major, change, spans.0, spans.1);
            }
        }
        match (&old.result, &new.result) {
            (Some(a), Some(b)) if !self.same(a, b) => {
                let change = format!("{what} returns {}", self.instead(a, b));
                self.report(Level::Major, change, spans.0, spans.1);
            }
            (Some(a), None) => {
                let change = format!("{what} no longer returns {}", words::ty(&self.old.resolve, a));
                self.report(Level::Major, change, spans.0, spans.1);
            }
            (None, Some(b)) => {
                let change = format!("{what} returns {} instead of nothing", words::ty(&self.new.resolve, b));
                self.report(Level::Major, change, spans.0, spans.1);
            }
            (Some(_), Some(_)) | (None, None) => {}
        }
    }

    fn instead(&self, old: &Type, new: &Type) -> String {
        let (old, new) = (words::ty(&self.old.resolve, old), words::ty(&self.new.resolve, new));
        format!("{new} instead of {old}")
    }
}

fn is_async(kind: &FunctionKind) -> bool {
    matches!(
        kind,
        FunctionKind::AsyncFreestanding | FunctionKind::AsyncMethod(_) | FunctionKind::AsyncStatic(_)
    )
}
