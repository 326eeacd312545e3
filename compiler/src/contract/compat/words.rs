//! Functions and types of a contract as WIT writes them, in backticks.

use wit_parser::{Function, Handle, Param, Resolve, Type, TypeDef, TypeDefKind, TypeId};

/// `function `process``, `method `buffer.size``.
pub(super) fn function(function: &Function) -> String {
    match function.name.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some(("method" | "async method", name)) => format!("method `{name}`"),
        Some(("constructor", name)) => format!("the constructor of `{name}`"),
        Some((_, name)) => format!("static function `{name}`"),
        None => format!("function `{}`", function.name),
    }
}

/// `1 parameter`, `2 parameters`.
pub(super) fn count(params: &[Param]) -> String {
    match params.len() {
        1 => "1 parameter".to_owned(),
        count => format!("{count} parameters"),
    }
}

/// A type at its use.
pub(super) fn ty(resolve: &Resolve, ty: &Type) -> String {
    format!("`{}`", plain(resolve, ty))
}

/// A payload's type, or the word `nothing`.
pub(super) fn payload(resolve: &Resolve, payload: Option<&Type>) -> String {
    payload.map_or("nothing".to_owned(), |payload| ty(resolve, payload))
}

/// The definition of a named type: `a record`, or the aliased type.
pub(super) fn definition(resolve: &Resolve, def: &TypeDef) -> String {
    match &def.kind {
        TypeDefKind::Record(_)
        | TypeDefKind::Resource
        | TypeDefKind::Flags(_)
        | TypeDefKind::Variant(_)
        | TypeDefKind::Enum(_)
        | TypeDefKind::Unknown => format!("a {}", def.kind.as_str()),
        TypeDefKind::Handle(_)
        | TypeDefKind::Tuple(_)
        | TypeDefKind::Option(_)
        | TypeDefKind::Result(_)
        | TypeDefKind::List(_)
        | TypeDefKind::Map(..)
        | TypeDefKind::FixedLengthList(..)
        | TypeDefKind::Future(_)
        | TypeDefKind::Stream(_)
        | TypeDefKind::Type(_) => format!("`{}`", built(resolve, &def.kind)),
    }
}

fn plain(resolve: &Resolve, ty: &Type) -> String {
    match ty {
        Type::Bool => "bool".into(),
        Type::U8 => "u8".into(),
        Type::U16 => "u16".into(),
        Type::U32 => "u32".into(),
        Type::U64 => "u64".into(),
        Type::S8 => "s8".into(),
        Type::S16 => "s16".into(),
        Type::S32 => "s32".into(),
        Type::S64 => "s64".into(),
        Type::F32 => "f32".into(),
        Type::F64 => "f64".into(),
        Type::Char => "char".into(),
        Type::String => "string".into(),
        Type::ErrorContext => "error-context".into(),
        Type::Id(id) => named_or_built(resolve, *id),
    }
}

fn named_or_built(resolve: &Resolve, id: TypeId) -> String {
    let def = &resolve.types[id];
    match &def.name {
        Some(name) => name.clone(),
        None => built(resolve, &def.kind),
    }
}

fn built(resolve: &Resolve, kind: &TypeDefKind) -> String {
    let one = |ty: &Type| plain(resolve, ty);
    let maybe = |ty: &Option<Type>| ty.as_ref().map_or("_".to_owned(), one);
    match kind {
        TypeDefKind::Handle(Handle::Own(resource)) => named_or_built(resolve, *resource),
        TypeDefKind::Handle(Handle::Borrow(resource)) => format!("borrow<{}>", named_or_built(resolve, *resource)),
        TypeDefKind::Tuple(tuple) => {
            let types: Vec<String> = tuple.types.iter().map(one).collect();
            format!("tuple<{}>", types.join(", "))
        }
        TypeDefKind::Option(inner) => format!("option<{}>", one(inner)),
        TypeDefKind::Result(result) => match (&result.ok, &result.err) {
            (None, None) => "result".into(),
            (Some(ok), None) => format!("result<{}>", one(ok)),
            (ok, Some(err)) => format!("result<{}, {}>", maybe(ok), one(err)),
        },
        TypeDefKind::List(inner) => format!("list<{}>", one(inner)),
        TypeDefKind::Map(key, value) => format!("map<{}, {}>", one(key), one(value)),
        TypeDefKind::FixedLengthList(inner, length) => format!("list<{}, {length}>", one(inner)),
        TypeDefKind::Future(inner) => format!("future<{}>", maybe(inner)),
        TypeDefKind::Stream(inner) => format!("stream<{}>", maybe(inner)),
        TypeDefKind::Type(inner) => one(inner),
        TypeDefKind::Record(_)
        | TypeDefKind::Resource
        | TypeDefKind::Flags(_)
        | TypeDefKind::Variant(_)
        | TypeDefKind::Enum(_)
        | TypeDefKind::Unknown => kind.as_str().to_owned(),
    }
}
