//! Binds the parts to each other. In: the parts, as read. Out: a [`Program`], in which every import leads to an item,
//! and every item that is kept has a number in the welded module.

use std::collections::BTreeSet;

use super::imports::{HostImport, Imports};
use super::item::{ItemType, Kind, PerKind, count};
use super::module::Module;
use super::plan::{FunctionId, Plan};
use super::rules;
use super::types::Types;
use super::{Binding, Export, Item, Part, WeldError};

/// Parts that are bound to each other.
pub(super) struct Program<'p, 'a> {
    pub(super) parts: &'p [Part<'a>],
    pub(super) modules: &'p [Module<'a>],
    pub(super) types: Types,
    pub(super) imports: Imports,
    /// The constants to which imports are bound. They become globals, with the numbers after the imported ones.
    pub(super) constants: Vec<i32>,
    /// The items that the welded module exports: part, kind, and number in the part.
    pub(super) exports: Vec<(usize, Kind, u32)>,
    /// Which functions are inlined, and which are left out.
    pub(super) plan: Plan,
    targets: Vec<Vec<Target>>,
    /// The number of the first item of each kind that a part defines, for each part. Not used for functions.
    bases: Vec<PerKind<u32>>,
    /// For each part, the numbers of the functions that it defines; `None` for those that are left out.
    functions: Vec<Vec<Option<u32>>>,
}

/// What an import ultimately leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// An import of the welded module, by its number among those of its kind.
    Import(u32),
    /// An item that a part defines; `index` does not count the part's imports.
    Defined { part: usize, index: usize },
    /// A constant.
    Constant(i32),
}

impl<'p, 'a> Program<'p, 'a> {
    /// Binds the parts to each other.
    ///
    /// # Errors
    /// When a binding names nothing or does not fit, or a guest breaks its rules.
    pub(super) fn link(parts: &'p [Part<'a>], modules: &'p [Module<'a>]) -> Result<Self, WeldError> {
        for (position, (part, module)) in parts.iter().zip(modules).enumerate() {
            check_bindings(position, part, module)?;
            if let Some(rules) = &part.guest {
                rules::check_guest(position, rules, module)?;
            }
        }
        let imports = imports(parts, modules)?;
        let types = Types::gather(modules, &imports);
        let mut program = Self {
            parts,
            modules,
            types,
            imports,
            constants: Vec::new(),
            exports: Vec::new(),
            plan: Plan::default(),
            targets: Vec::new(),
            bases: Vec::new(),
            functions: Vec::new(),
        };
        program.targets = (0..parts.len())
            .map(|part| program.targets_of(part))
            .collect::<Result<_, _>>()?;
        let constants: BTreeSet<i32> = program.targets.iter().flatten().filter_map(Target::constant).collect();
        program.constants = constants.into_iter().collect();
        Ok(program)
    }

    /// Finds the items that are exported.
    ///
    /// # Errors
    /// When an export names nothing.
    pub(super) fn find_exports(&mut self, exports: &[Export]) -> Result<(), WeldError> {
        let found = exports.iter().map(|export| self.export(export));
        self.exports = found.collect::<Result<_, _>>()?;
        Ok(())
    }

    /// Gives every item a number, except the functions that `plan` leaves out.
    pub(super) fn number(&mut self, plan: Plan) {
        self.plan = plan;
        self.bases = self.bases();
        self.functions = self.functions();
    }

    /// Finds what the imports of a part lead to.
    fn targets_of(&self, part: usize) -> Result<Vec<Target>, WeldError> {
        let module = &self.modules[part];
        let target = |import| {
            let (target, found) = self.follow(part, import)?;
            let expected = module.import_type(import);
            match expected.accepts(&found) {
                true => Ok(target),
                false => Err(WeldError::Mismatch {
                    part,
                    import: module.import_name(import),
                    expected: expected.to_string(),
                    found: found.to_string(),
                }),
            }
        };
        (0..module.imports.len()).map(target).collect()
    }

    /// Finds what an import leads to, and the type of that item.
    fn follow(&self, mut part: usize, mut import: usize) -> Result<(Target, ItemType), WeldError> {
        let mut seen = BTreeSet::new();
        while seen.insert((part, import)) {
            match &self.parts[part].bindings[import] {
                Binding::Host { module, name } => {
                    let import = self.imports.get(module, name);
                    let HostImport { index, ty, .. } = import.expect("invariant: bindings to the host are imports");
                    return Ok((Target::Import(*index), ty.clone()));
                }
                Binding::Constant(value) => return Ok((Target::Constant(*value), ItemType::constant())),
                Binding::Part { part: other, export } => {
                    let (kind, index) = exported(self.modules, *other, export)?;
                    let module = &self.modules[*other];
                    let imported = &module.imported[kind];
                    match imported.get(index as usize) {
                        Some(passed_on) => (part, import) = (*other, *passed_on),
                        None => {
                            let index = index as usize - imported.len();
                            let target = Target::Defined { part: *other, index };
                            return Ok((target, module.defined_type(kind, index)));
                        }
                    }
                }
            }
        }
        Err(WeldError::Cycle {
            part,
            import: self.modules[part].import_name(import),
        })
    }

    /// Finds the item of an export: part, kind, and number in the part.
    fn export(&self, export: &Export) -> Result<(usize, Kind, u32), WeldError> {
        let part = export.part;
        let module = self.modules.get(part).ok_or(WeldError::NoSuchPart { part })?;
        let (kind, index) = match &export.item {
            Item::Named(name) => exported(self.modules, part, name)?,
            Item::Start => (Kind::Function, module.start.ok_or(WeldError::NoStart { part })?),
            Item::MutableGlobal(position) => {
                let position = *position;
                let global = module.mutable_globals().nth(position);
                let (index, _) = global.ok_or(WeldError::NoSuchGlobal { part, position })?;
                (Kind::Global, count(module.imported[Kind::Global].len() + index))
            }
        };
        Ok((part, kind, index))
    }

    fn bases(&self) -> Vec<PerKind<u32>> {
        let mut next = PerKind::default();
        for kind in [Kind::Table, Kind::Memory, Kind::Global] {
            next[kind] = self.imports.count(kind);
        }
        next[Kind::Global] += count(self.constants.len());
        let mut bases = Vec::with_capacity(self.modules.len());
        for module in self.modules {
            bases.push(next);
            for kind in [Kind::Table, Kind::Memory, Kind::Global] {
                next[kind] += count(module.defined(kind));
            }
        }
        bases
    }

    fn functions(&self) -> Vec<Vec<Option<u32>>> {
        let mut next = self.imports.count(Kind::Function);
        let mut number = |function| {
            let number = next;
            next += u32::from(self.keeps(function));
            self.keeps(function).then_some(number)
        };
        let parts = self.modules.iter().enumerate();
        parts
            .map(|(part, module)| {
                let defined = 0..module.functions.len();
                defined.map(|index| number(FunctionId { part, index })).collect()
            })
            .collect()
    }

    /// Whether a function is in the welded module.
    pub(super) fn keeps(&self, function: FunctionId) -> bool {
        self.plan.keeps(function)
    }

    /// Finds where an item of a part comes from, by its number in the part.
    pub(super) fn origin(&self, part: usize, kind: Kind, index: u32) -> Target {
        let imported = &self.modules[part].imported[kind];
        match imported.get(index as usize) {
            Some(import) => self.targets[part][*import],
            None => Target::Defined {
                part,
                index: index as usize - imported.len(),
            },
        }
    }

    /// Finds the definition of a function of a part, if a part defines it.
    pub(super) fn function(&self, part: usize, index: u32) -> Option<FunctionId> {
        match self.origin(part, Kind::Function, index) {
            Target::Defined { part, index } => Some(FunctionId { part, index }),
            Target::Import(_) | Target::Constant(_) => None,
        }
    }

    /// Whether the welded module imports a function of a part.
    pub(super) fn is_imported(&self, part: usize, index: u32) -> bool {
        matches!(self.origin(part, Kind::Function, index), Target::Import(_))
    }

    /// The type of an item of a part.
    pub(super) fn item_type(&self, part: usize, kind: Kind, index: u32) -> ItemType {
        let module = &self.modules[part];
        let imported = &module.imported[kind];
        match imported.get(index as usize) {
            Some(import) => module.import_type(*import),
            None => module.defined_type(kind, index as usize - imported.len()),
        }
    }

    /// Returns the error for a cycle that an imported global of a part closes.
    pub(super) fn cycle(&self, part: usize, global: u32) -> WeldError {
        let import = self.modules[part].imported[Kind::Global][global as usize];
        WeldError::Cycle {
            part,
            import: self.modules[part].import_name(import),
        }
    }

    /// Returns the number that an item of a part has in the welded module.
    pub(super) fn index(&self, part: usize, kind: Kind, index: u32) -> u32 {
        match self.origin(part, kind, index) {
            Target::Import(index) => index,
            Target::Defined { part, index } if kind == Kind::Function => {
                self.functions[part][index].expect("invariant: what is referred to is kept")
            }
            Target::Defined { part, index } => self.bases[part][kind] + count(index),
            Target::Constant(value) => {
                let position = self.constants.binary_search(&value);
                let position = position.expect("invariant: the constants that imports lead to are listed");
                self.imports.count(Kind::Global) + count(position)
            }
        }
    }
}

impl Target {
    fn constant(&self) -> Option<i32> {
        match self {
            Target::Constant(value) => Some(*value),
            Target::Import(_) | Target::Defined { .. } => None,
        }
    }
}

/// Returns kind and number of a part's export.
///
/// # Errors
/// When there is no such part or export.
pub(super) fn exported(modules: &[Module<'_>], part: usize, export: &str) -> Result<(Kind, u32), WeldError> {
    let module = modules.get(part).ok_or(WeldError::NoSuchPart { part })?;
    module.export(export).ok_or_else(|| WeldError::NoSuchExport {
        part,
        export: export.to_owned(),
    })
}

fn check_bindings(position: usize, part: &Part<'_>, module: &Module<'_>) -> Result<(), WeldError> {
    let (imports, bindings) = (module.imports.len(), part.bindings.len());
    if imports == bindings {
        return Ok(());
    }
    Err(WeldError::Bindings {
        part: position,
        imports,
        bindings,
    })
}

/// Collects the imports that bindings need.
fn imports(parts: &[Part<'_>], modules: &[Module<'_>]) -> Result<Imports, WeldError> {
    let mut imports = Imports::default();
    for (part, of) in parts.iter().zip(modules) {
        for (position, binding) in part.bindings.iter().enumerate() {
            if let Binding::Host { module, name } = binding {
                imports.require(module, name, of.import_type(position))?;
            }
        }
    }
    Ok(imports)
}
