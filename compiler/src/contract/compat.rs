//! What is different between two contracts, and how much it matters ("Contracts and WIT Interfaces", evolution). In: two
//! [`Contract`]s. Out: [`Difference`]s, each at the smallest thing that changed.
//!
//! Removing anything, or changing a type, a name or who owns what, breaks those who use it; a new function, interface or
//! type does not. A new field, case or flag changes its type: the component model compares types by what they consist of, so
//! that the two sides would not link, and one side would get values that it has no name for. Types are compared where they
//! are used, by name; what they consist of is compared once.

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

/// How much a change matters to those who use a contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Not at all: words.
    Patch,
    /// There is more than before.
    Minor,
    /// What was there is not, or is something else.
    Major,
}

impl Level {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Level::Patch => "patch",
            Level::Minor => "minor",
            Level::Major => "major",
        }
    }
}

/// One thing that is different.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// How much it matters.
    pub level: Level,
    /// The interface or world it lies in.
    pub within: String,
    /// What is different, in words: a type with its field or case, or a function.
    pub what: String,
    /// Where the old contract says it, when there is a text.
    pub old: Option<Span>,
    /// Where the new one does.
    pub new: Option<Span>,
}

/// The differences between what a component uses of an interface and what there is: `old` is the component's.
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

/// The differences between the types that one component gives and another takes, by name.
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

/// Compares two contracts and gathers what it finds.
struct Differ<'a> {
    old: &'a Contract,
    new: &'a Contract,
    /// The interface that is compared.
    within: String,
    /// Whether it is imported: then what is gone is needed no more, and what is new is needed too.
    is_imported: bool,
    /// Named types that are still to be compared.
    queue: Vec<(TypeId, TypeId)>,
    /// Those that were.
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

    /// What follows lies in this interface of the old contract.
    fn enter(&mut self, interface: &Interface) {
        let package = interface
            .package
            .map(|package| self.old.resolve.packages[package].name.clone());
        self.within = match (package, &interface.name) {
            (Some(package), Some(name)) => format!("{}:{}/{name}", package.namespace, package.name),
            (None, Some(name)) => name.clone(),
            // One that a world declares in place.
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

    /// How much it matters that something is gone.
    fn gone(&self) -> Level {
        if self.is_imported { Level::Minor } else { Level::Major }
    }

    /// How much it matters that there is more.
    fn added(&self) -> Level {
        if self.is_imported { Level::Major } else { Level::Minor }
    }

    /// Compares the types of two functions of the same name.
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
