//! The imports of the welded module.

use std::collections::BTreeMap;

use super::WeldError;
use super::item::{ItemType, Kind, PerKind};

/// The imports, in the order in which they were first required.
#[derive(Debug, Default)]
pub(super) struct Imports {
    pub(super) list: Vec<HostImport>,
    positions: BTreeMap<(String, String), usize>,
    counts: PerKind<u32>,
}

/// An import.
#[derive(Debug)]
pub(super) struct HostImport {
    pub(super) module: String,
    pub(super) name: String,
    pub(super) ty: ItemType,
    /// Its number among the items of its kind.
    pub(super) index: u32,
}

impl Imports {
    /// How many imports of a kind there are.
    pub(super) fn count(&self, kind: Kind) -> u32 {
        self.counts[kind]
    }

    /// Returns the import with these names, if there is one.
    pub(super) fn get(&self, module: &str, name: &str) -> Option<&HostImport> {
        let position = self.positions.get(&(module.to_owned(), name.to_owned()))?;
        Some(&self.list[*position])
    }

    /// Returns the import with these names, after adding it if there is none.
    ///
    /// # Errors
    /// When there is one of another type.
    pub(super) fn require(&mut self, module: &str, name: &str, ty: ItemType) -> Result<&HostImport, WeldError> {
        let names = (module.to_owned(), name.to_owned());
        let position = *self.positions.entry(names).or_insert(self.list.len());
        if position == self.list.len() {
            let count = &mut self.counts[ty.kind()];
            self.list.push(HostImport {
                module: module.to_owned(),
                name: name.to_owned(),
                ty,
                index: *count,
            });
            *count += 1;
        } else if self.list[position].ty != ty {
            return Err(WeldError::Conflict {
                module: module.to_owned(),
                name: name.to_owned(),
                first: self.list[position].ty.to_string(),
                second: ty.to_string(),
            });
        }
        Ok(&self.list[position])
    }
}
