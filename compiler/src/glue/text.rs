//! From WebAssembly text with names of numbers to a part of a shell.

use torvyn_runtime_core::bounds;
use torvyn_runtime_core::layout::{
    chain, content_type, control, function, handle, outcome, scratch, slot, stage, state, statistics, tier, violation,
};
use wasmparser::{Parser, Payload};

use crate::weld::Binding;

/// A part of the glue, as a module.
pub(super) struct Assembled {
    pub(super) code: Vec<u8>,
    /// Module and name of what it imports, in order.
    pub(super) imports: Vec<(String, String)>,
    /// What it exports, in order.
    pub(super) exports: Vec<String>,
}

impl Assembled {
    /// What each import is bound to.
    pub(super) fn bind(&self, mut bind: impl FnMut(&str, &str) -> Binding) -> Vec<Binding> {
        let imports = self.imports.iter();
        imports.map(|(module, name)| bind(module, name)).collect()
    }
}

/// Assembles a text of ours.
///
/// # Panics
/// When it is wrong, which the tests of all texts exclude.
pub(super) fn assemble(text: &str) -> Assembled {
    let code =
        wat::parse_str(with_numbers(text)).unwrap_or_else(|error| panic!("invariant: the glue is right: {error}"));
    let (mut imports, mut exports) = (Vec::new(), Vec::new());
    for payload in Parser::new(0).parse_all(&code) {
        let payload = payload.expect("invariant: what was assembled is well-formed");
        if let Payload::ImportSection(section) = payload {
            let found = section.into_imports().map(|import| {
                let import = import.expect("invariant: what was assembled is well-formed");
                (import.module.to_owned(), import.name.to_owned())
            });
            imports.extend(found);
        } else if let Payload::ExportSection(section) = payload {
            let found = section.into_iter().map(|export| {
                let export = export.expect("invariant: what was assembled is well-formed");
                export.name.to_owned()
            });
            exports.extend(found);
        }
    }
    Assembled { code, imports, exports }
}

/// Whether a module has a start function.
pub(super) fn has_start(module: &[u8]) -> bool {
    Parser::new(0)
        .parse_all(module)
        .any(|payload| matches!(payload, Ok(Payload::StartSection { .. })))
}

/// Puts numbers in place of `@area.name`.
fn with_numbers(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (position, line) in text.split_inclusive('\n').enumerate() {
        // Comments use the names without meaning the numbers.
        let code = line.split_once(";;").map_or(line, |(code, _)| code);
        let mut pieces = code.split('@');
        out.push_str(pieces.next().unwrap_or_default());
        for piece in pieces {
            let end = piece.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '.'));
            let (name, rest) = piece.split_at(end.unwrap_or(piece.len()));
            let value =
                number(name).unwrap_or_else(|| panic!("invariant: line {}: `@{name}` is a number", position + 1));
            out.push_str(&value.to_string());
            out.push_str(rest);
        }
        if !out.ends_with('\n') {
            out.push('\n');
        }
    }
    out
}

/// The number behind a name: an address for a field of what there is once or in a row from a fixed address, so that an
/// index in bytes can be added; an offset for a field of a stage's block; else the number itself.
fn number(name: &str) -> Option<u32> {
    let (area, field) = name.split_once('.')?;
    let named = |table: &[(&str, u32)]| table.iter().find(|(name, _)| *name == field).map(|(_, value)| *value);
    match area {
        "control" => named(&[
            ("interrupt", control::INTERRUPT),
            ("call", control::CALL),
            ("stage", control::STAGE),
            ("halt", control::HALT),
            ("wall_ns", control::WALL_NS),
            ("sequence", control::SEQUENCE),
            ("deadline_ns", control::DEADLINE_NS),
            ("flow_name", control::FLOW_NAME),
            ("flow_name_len", control::FLOW_NAME + 4),
        ]),
        "statistics" => named(&[
            ("allocated", statistics::ALLOCATED),
            ("returned", statistics::RETURNED),
            ("reused", statistics::REUSED),
            ("peak_live", statistics::PEAK_LIVE),
        ]),
        "tier" => named(&[
            ("size", tier::SIZE),
            ("count", tier::COUNT),
            ("end", tier::SIZE * tier::COUNT),
            ("slot_bytes", tier::FIRST + tier::SLOT_BYTES),
            ("free", tier::FIRST + tier::FREE),
        ]),
        "content_type" => named(&[("first", content_type::FIRST), ("lengths", content_type::FIRST + 4)]),
        "scratch" => named(&[("first", scratch::FIRST), ("size", scratch::SIZE)]),
        "slot" => named(&[
            ("id", slot::FIRST + slot::ID),
            ("state", slot::FIRST + slot::STATE),
            ("owner", slot::FIRST + slot::OWNER),
            ("refs", slot::FIRST + slot::REFS),
            ("len", slot::FIRST + slot::LEN),
            ("capacity", slot::FIRST + slot::CAPACITY),
            ("content_type", slot::FIRST + slot::CONTENT_TYPE),
            ("tier", slot::FIRST + slot::TIER),
            ("address", slot::FIRST + slot::ADDRESS),
            ("next", slot::FIRST + slot::NEXT),
            ("generation", slot::GENERATION),
            ("flow", slot::FLOW),
        ]),
        "state" => named(&[
            ("pooled", state::POOLED),
            ("draft", state::DRAFT),
            ("owned", state::OWNED),
            ("transit", state::TRANSIT),
            ("borrowed", state::BORROWED),
        ]),
        "stage" => named(&STAGE_FIELDS),
        "chain" => named(&[
            ("sequence", chain::SEQUENCE),
            ("timestamp_ns", chain::TIMESTAMP_NS),
            ("buffer", chain::BUFFER),
            ("content_type", chain::CONTENT_TYPE),
            ("member", chain::MEMBER),
        ]),
        "handle" => named(&[
            ("count", handle::COUNT),
            ("free", handle::FREE),
            ("buffer", handle::BUFFER),
            ("mutable_buffer", handle::MUTABLE_BUFFER),
            ("lent_buffer", handle::LENT_BUFFER),
            ("lent_context", handle::LENT_CONTEXT),
        ]),
        "outcome" => named(&[
            ("ended", outcome::ENDED),
            ("emitted", outcome::EMITTED),
            ("failed", outcome::FAILED),
            ("refused", outcome::REFUSED),
            ("paused", outcome::PAUSED),
            ("done", outcome::DONE),
        ]),
        "violation" => named(&VIOLATIONS),
        "bounds" => named(&[("call_bytes", u32::try_from(bounds::CALL_BYTES).ok()?)]),
        "function" => {
            let is_it = |name: &&str| name.replace(['.', '-'], "_") == field;
            let position = function::NAMES.iter().position(is_it)?;
            u32::try_from(position).ok()
        }
        _ => None,
    }
}

const STAGE_FIELDS: [(&str, u32); 21] = [
    ("held_bytes", stage::HELD_BYTES),
    ("budget_bytes", stage::BUDGET_BYTES),
    ("max_buffer_bytes", stage::MAX_BUFFER_BYTES),
    ("position", stage::POSITION),
    ("handles", stage::HANDLES),
    ("free_handle", stage::FREE_HANDLE),
    ("unused_handle", stage::UNUSED_HANDLE),
    ("borrows", stage::BORROWS),
    ("may_leave", stage::MAY_LEAVE),
    ("recent_type", stage::RECENT_TYPE),
    ("result", stage::RESULT),
    ("result_type", stage::RESULT_TYPE),
    ("lent", stage::LENT),
    ("read", stage::READ),
    ("written", stage::WRITTEN),
    ("metadata", stage::METADATA),
    ("chain_calls", stage::CHAIN_CALLS),
    ("chain_emitted", stage::CHAIN_EMITTED),
    ("chain_ended", stage::CHAIN_ENDED),
    ("last_sequence", stage::LAST_SEQUENCE),
    ("last_timestamp_ns", stage::LAST_TIMESTAMP_NS),
];

const VIOLATIONS: [(&str, u32); 23] = [
    ("may_not_leave", violation::MAY_NOT_LEAVE),
    ("unaligned", violation::UNALIGNED),
    ("out_of_bounds", violation::OUT_OF_BOUNDS),
    ("realloc_unaligned", violation::REALLOC_UNALIGNED),
    ("realloc_out_of_bounds", violation::REALLOC_OUT_OF_BOUNDS),
    ("no_realloc", violation::NO_REALLOC),
    ("text_out_of_bounds", violation::TEXT_OUT_OF_BOUNDS),
    ("list_out_of_bounds", violation::LIST_OUT_OF_BOUNDS),
    ("list_unaligned", violation::LIST_UNALIGNED),
    ("too_many_handles", violation::TOO_MANY_HANDLES),
    ("unknown_handle", violation::UNKNOWN_HANDLE),
    ("wrong_type", violation::WRONG_TYPE),
    ("own_of_borrow", violation::OWN_OF_BORROW),
    ("borrows_remain", violation::BORROWS_REMAIN),
    ("stale", violation::STALE),
    ("content_type", violation::CONTENT_TYPE),
    ("result_case", violation::RESULT_CASE),
    ("option_case", violation::OPTION_CASE),
    ("variant_case", violation::VARIANT_CASE),
    ("enum_case", violation::ENUM_CASE),
    ("too_much", violation::TOO_MUCH),
    ("area_unaligned", violation::AREA_UNALIGNED),
    ("area_out_of_bounds", violation::AREA_OUT_OF_BOUNDS),
];
