//! The items that have numbers in a core module (functions, memories, tables and globals), and their types.

use std::fmt;
use std::ops::{Index, IndexMut};

use wasmparser::{ExternalKind, FuncType, GlobalType, MemoryType, TableType, ValType};

/// A kind of item. Each kind has its own index space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Function,
    Table,
    Memory,
    Global,
}

impl Kind {
    /// Returns the kind of an import or export; `None` for a tag.
    pub(super) fn of(kind: ExternalKind) -> Option<Self> {
        match kind {
            ExternalKind::Func | ExternalKind::FuncExact => Some(Kind::Function),
            ExternalKind::Table => Some(Kind::Table),
            ExternalKind::Memory => Some(Kind::Memory),
            ExternalKind::Global => Some(Kind::Global),
            ExternalKind::Tag => None,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Kind::Function => "function",
            Kind::Table => "table",
            Kind::Memory => "memory",
            Kind::Global => "global",
        }
    }
}

/// One value for each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct PerKind<T>([T; 4]);

impl<T> Index<Kind> for PerKind<T> {
    type Output = T;

    fn index(&self, kind: Kind) -> &T {
        &self.0[kind as usize]
    }
}

impl<T> IndexMut<Kind> for PerKind<T> {
    fn index_mut(&mut self, kind: Kind) -> &mut T {
        &mut self.0[kind as usize]
    }
}

/// The type of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ItemType {
    Function(FuncType),
    Table(TableType),
    Memory(MemoryType),
    Global(GlobalType),
}

impl ItemType {
    pub(super) fn kind(&self) -> Kind {
        match self {
            ItemType::Function(_) => Kind::Function,
            ItemType::Table(_) => Kind::Table,
            ItemType::Memory(_) => Kind::Memory,
            ItemType::Global(_) => Kind::Global,
        }
    }

    /// Returns the type of a global that is a constant.
    pub(super) fn constant() -> Self {
        ItemType::Global(GlobalType {
            content_type: ValType::I32,
            mutable: false,
            shared: false,
        })
    }

    /// Whether an import of this type can be satisfied by an item of type `found` (WebAssembly core specification, 3.3.7).
    pub(super) fn accepts(&self, found: &ItemType) -> bool {
        match (self, found) {
            (ItemType::Table(expected), ItemType::Table(found)) => {
                let same = (expected.element_type, expected.table64, expected.shared)
                    == (found.element_type, found.table64, found.shared);
                same && within((expected.initial, expected.maximum), (found.initial, found.maximum))
            }
            (ItemType::Memory(expected), ItemType::Memory(found)) => {
                let same = (expected.memory64, expected.shared, expected.page_size_log2)
                    == (found.memory64, found.shared, found.page_size_log2);
                same && within((expected.initial, expected.maximum), (found.initial, found.maximum))
            }
            (ItemType::Function(_) | ItemType::Table(_) | ItemType::Memory(_) | ItemType::Global(_), _) => {
                self == found
            }
        }
    }
}

/// Whether `expected` allows every size that `found` allows.
fn within(expected: (u64, Option<u64>), found: (u64, Option<u64>)) -> bool {
    let maximum = match (expected.1, found.1) {
        (Some(expected), Some(found)) => found <= expected,
        (Some(_), None) => false,
        (None, _) => true,
    };
    expected.0 <= found.0 && maximum
}

impl fmt::Display for ItemType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.kind().name())?;
        match self {
            ItemType::Function(ty) => write!(f, " {}", signature(ty)),
            ItemType::Table(ty) => {
                write!(f, " of {}", ty.element_type)?;
                limits(f, "elements", (ty.initial, ty.maximum), ty.table64, ty.shared)
            }
            ItemType::Memory(ty) => limits(f, "pages", (ty.initial, ty.maximum), ty.memory64, ty.shared),
            ItemType::Global(ty) if ty.mutable => write!(f, " (mut {})", ty.content_type),
            ItemType::Global(ty) => write!(f, " {}", ty.content_type),
        }
    }
}

fn signature(ty: &FuncType) -> String {
    let list = |types: &[ValType]| {
        let names: Vec<String> = types.iter().map(ToString::to_string).collect();
        names.join(", ")
    };
    format!("({}) -> ({})", list(ty.params()), list(ty.results()))
}

fn limits(
    f: &mut fmt::Formatter<'_>,
    unit: &str,
    (initial, maximum): (u64, Option<u64>),
    wide: bool,
    shared: bool,
) -> fmt::Result {
    match maximum {
        Some(maximum) => write!(f, " of {initial} to {maximum} {unit}")?,
        None => write!(f, " of {initial} {unit} or more")?,
    }
    if wide {
        write!(f, ", 64-bit")?;
    }
    if shared {
        write!(f, ", shared")?;
    }
    Ok(())
}

/// Converts a number of items to the type that the binary format has for it.
pub(super) fn count(items: usize) -> u32 {
    u32::try_from(items).expect("invariant: the totals are checked")
}
