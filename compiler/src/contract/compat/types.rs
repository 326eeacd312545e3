//! Comparison of types: whether two uses are the same, and how the definitions of named types differ.

use wit_parser::{Handle, Resolve, Type, TypeDef, TypeDefKind, TypeId};

use super::{Differ, Level, words};

/// A part of a type: a field, a case or a flag.
struct Part {
    name: String,
    ty: Option<Type>,
    span: wit_parser::Span,
}

impl Differ<'_> {
    /// Whether two types are the same at their use: by name, or by structure if they have none. Definitions of named
    /// types are queued and compared later, once.
    pub(super) fn same(&mut self, old: &Type, new: &Type) -> bool {
        match (old, new) {
            (Type::Id(a), Type::Id(b)) => {
                let (own, other) = (declared(&self.old.resolve, *a), declared(&self.new.resolve, *b));
                let names = (&self.old.resolve.types[own].name, &self.new.resolve.types[other].name);
                if names.0.is_some() && names.0 == names.1 {
                    if self.seen.insert((own, other)) {
                        self.queue.push((own, other));
                    }
                    return true;
                }
                let (a, b) = (underlying(&self.old.resolve, *a), underlying(&self.new.resolve, *b));
                match (a, b) {
                    (Underlying::Def(a), Underlying::Def(b)) => self.same_definition(a, b),
                    (Underlying::Plain(a), Underlying::Plain(b)) => a == b,
                    (Underlying::Def(_), Underlying::Plain(_)) | (Underlying::Plain(_), Underlying::Def(_)) => false,
                }
            }
            (Type::Id(a), plain) => matches!(underlying(&self.old.resolve, *a), Underlying::Plain(a) if a == *plain),
            (plain, Type::Id(b)) => matches!(underlying(&self.new.resolve, *b), Underlying::Plain(b) if b == *plain),
            (a, b) => a == b,
        }
    }

    fn same_definition(&mut self, a: TypeId, b: TypeId) -> bool {
        let (old, new) = (&self.old.resolve.types[a], &self.new.resolve.types[b]);
        if old.name.is_some() || new.name.is_some() {
            return old.name == new.name;
        }
        self.built_alike(&old.kind, &new.kind)
    }

    fn built_alike(&mut self, old: &TypeDefKind, new: &TypeDefKind) -> bool {
        use TypeDefKind as K;
        match (old, new) {
            (K::Handle(Handle::Own(a)), K::Handle(Handle::Own(b)))
            | (K::Handle(Handle::Borrow(a)), K::Handle(Handle::Borrow(b))) => self.same(&Type::Id(*a), &Type::Id(*b)),
            (K::Tuple(a), K::Tuple(b)) => {
                a.types.len() == b.types.len() && a.types.iter().zip(&b.types).all(|(a, b)| self.same(a, b))
            }
            (K::Option(a), K::Option(b)) | (K::List(a), K::List(b)) => self.same(a, b),
            (K::Map(a, x), K::Map(b, y)) => self.same(a, b) && self.same(x, y),
            (K::FixedLengthList(a, m), K::FixedLengthList(b, n)) => m == n && self.same(a, b),
            (K::Result(a), K::Result(b)) => self.same_payload(&a.ok, &b.ok) && self.same_payload(&a.err, &b.err),
            (K::Future(a), K::Future(b)) | (K::Stream(a), K::Stream(b)) => self.same_payload(a, b),
            _ => false,
        }
    }

    fn same_payload(&mut self, old: &Option<Type>, new: &Option<Type>) -> bool {
        match (old, new) {
            (Some(a), Some(b)) => self.same(a, b),
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        }
    }

    /// Compares the queued named types, and those that their definitions use.
    pub(super) fn types(&mut self) {
        while let Some((a, b)) = self.queue.pop() {
            self.definition(a, b);
        }
    }

    fn definition(&mut self, a: TypeId, b: TypeId) {
        use TypeDefKind as K;
        let (old, new) = (&self.old.resolve.types[a], &self.new.resolve.types[b]);
        match (&old.kind, &new.kind) {
            (K::Record(_), K::Record(_)) => self.parts("record", "field", old, new),
            (K::Variant(_), K::Variant(_)) => self.parts("variant", "case", old, new),
            (K::Enum(_), K::Enum(_)) => self.parts("enum", "case", old, new),
            (K::Flags(_), K::Flags(_)) => self.parts("flags", "flag", old, new),
            (K::Resource, K::Resource) => {}
            // Aliases such as `type lines = list<string>`.
            (old_kind, new_kind) => {
                let is_same = match (old_kind, new_kind) {
                    (K::Type(a), K::Type(b)) => self.same(a, b),
                    _ => self.built_alike(old_kind, new_kind),
                };
                if !is_same {
                    let (before, after) = (
                        words::definition(&self.old.resolve, old),
                        words::definition(&self.new.resolve, new),
                    );
                    let what = format!("type `{}` is {after} instead of {before}", name(old));
                    self.report(Level::Major, what, Some(old.span), Some(new.span));
                }
            }
        }
    }

    /// Compares fields, cases or flags: by name, or by position if one was renamed.
    fn parts(&mut self, kind: &str, part: &str, old: &TypeDef, new: &TypeDef) {
        let (own, others) = (parts(&old.kind), parts(&new.kind));
        let title = format!("{kind} `{}`", name(old));
        let mut renamed = Vec::new();
        for (at, a) in own.iter().enumerate() {
            if let Some(b) = others.iter().find(|b| b.name == a.name) {
                self.part(&title, part, a, b);
            } else if let Some(b) = others.get(at).filter(|b| is_renamed(&own, a, b)) {
                renamed.push(b.name.as_str());
                let what = format!("{title}: {part} `{}` is called `{}`", a.name, b.name);
                self.report(Level::Major, what, Some(a.span), Some(b.span));
            } else {
                let what = format!("{title} has no {part} `{}`", a.name);
                self.report(Level::Major, what, Some(a.span), Some(new.span));
            }
        }
        for b in &others {
            if !renamed.contains(&b.name.as_str()) && !own.iter().any(|a| a.name == b.name) {
                let what = format!("{title} has a new {part} `{}`", b.name);
                self.report(Level::Major, what, Some(old.span), Some(b.span));
            }
        }
        let order = |list: &[Part], among: &[Part]| -> Vec<String> {
            let kept = list
                .iter()
                .filter(|one| among.iter().any(|other| other.name == one.name));
            kept.map(|one| one.name.clone()).collect()
        };
        if order(&own, &others) != order(&others, &own) {
            let what = format!("{title} has its {part}s in a different order");
            self.report(Level::Major, what, Some(old.span), Some(new.span));
        }
    }

    fn part(&mut self, title: &str, part: &str, a: &Part, b: &Part) {
        if !self.same_payload(&a.ty, &b.ty) {
            let (old, new) = (
                words::payload(&self.old.resolve, a.ty.as_ref()),
                words::payload(&self.new.resolve, b.ty.as_ref()),
            );
            let verb = if part == "field" { "is" } else { "carries" };
            let what = format!("{title}: {part} `{}` {verb} {new} instead of {old}", a.name);
            self.report(Level::Major, what, Some(a.span), Some(b.span));
        }
    }
}

/// Whether `b`, at the position of `a`, has a name that is new.
fn is_renamed(own: &[Part], a: &Part, b: &Part) -> bool {
    a.ty.is_some() == b.ty.is_some() && !own.iter().any(|other| other.name == b.name)
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the enum is wit-parser's; other kinds have no parts with names"
)]
fn parts(kind: &TypeDefKind) -> Vec<Part> {
    let part = |name: &str, ty: Option<Type>, span| Part {
        name: name.to_owned(),
        ty,
        span,
    };
    match kind {
        TypeDefKind::Record(record) => record
            .fields
            .iter()
            .map(|field| part(&field.name, Some(field.ty), field.span))
            .collect(),
        TypeDefKind::Variant(variant) => variant
            .cases
            .iter()
            .map(|case| part(&case.name, case.ty, case.span))
            .collect(),
        TypeDefKind::Enum(of) => of.cases.iter().map(|case| part(&case.name, None, case.span)).collect(),
        TypeDefKind::Flags(flags) => flags
            .flags
            .iter()
            .map(|flag| part(&flag.name, None, flag.span))
            .collect(),
        _ => Vec::new(),
    }
}

pub(super) fn name(def: &TypeDef) -> &str {
    def.name.as_deref().unwrap_or_default()
}

/// Follows `use` to the declaration of a type.
fn declared(resolve: &Resolve, mut id: TypeId) -> TypeId {
    while let TypeDefKind::Type(Type::Id(inner)) = resolve.types[id].kind
        && resolve.types[inner].owner != resolve.types[id].owner
    {
        id = inner;
    }
    id
}

/// A type without its aliases, from `use` and `type`.
enum Underlying {
    Def(TypeId),
    Plain(Type),
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the enum is wit-parser's; every other kind is what it is"
)]
fn underlying(resolve: &Resolve, mut id: TypeId) -> Underlying {
    loop {
        match resolve.types[id].kind {
            TypeDefKind::Type(Type::Id(inner)) => id = inner,
            TypeDefKind::Type(plain) => return Underlying::Plain(plain),
            _ => return Underlying::Def(id),
        }
    }
}
