//! The function types of the welded module.

use std::collections::BTreeMap;

use wasmparser::FuncType;

use super::imports::Imports;
use super::item::ItemType;
use super::item::count;
use super::module::Module;

/// The types of all parts and imports, each once, in the order of their first use.
#[derive(Debug, Default)]
pub(super) struct Types {
    pub(super) list: Vec<FuncType>,
    numbers: BTreeMap<FuncType, u32>,
    /// For each part, the numbers of its types in the welded module.
    parts: Vec<Vec<u32>>,
}

impl Types {
    pub(super) fn gather(modules: &[Module<'_>], imports: &Imports) -> Self {
        let mut types = Self::default();
        for module in modules {
            let numbers = module.types.iter().map(|ty| types.add(ty)).collect();
            types.parts.push(numbers);
        }
        for import in &imports.list {
            if let ItemType::Function(ty) = &import.ty {
                types.add(ty);
            }
        }
        types
    }

    fn add(&mut self, ty: &FuncType) -> u32 {
        if let Some(number) = self.numbers.get(ty) {
            return *number;
        }
        let number = count(self.list.len());
        self.list.push(ty.clone());
        self.numbers.insert(ty.clone(), number);
        number
    }

    /// Returns the number that a part's type has in the welded module.
    pub(super) fn number(&self, part: usize, ty: u32) -> u32 {
        self.parts[part][ty as usize]
    }

    /// Returns the number of an import's type.
    pub(super) fn number_of(&self, ty: &FuncType) -> u32 {
        self.numbers[ty]
    }
}
