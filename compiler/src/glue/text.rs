//! Assembles WebAssembly text, with names in place of numbers, to parts of a shell.

use torvyn_runtime_core::bounds;
use torvyn_runtime_core::layout::{
    chain, content_type, control, function, handle, node, outcome, scratch, slot, state, statistics, tier, violation,
};
use wasmparser::{Parser, Payload};

use crate::weld::Binding;

/// A part of the glue, assembled to a module.
pub(super) struct Assembled {
    pub(super) code: Vec<u8>,
    /// Module and name of what it imports, in order.
    pub(super) imports: Vec<(String, String)>,
    /// What it exports, in order.
    pub(super) exports: Vec<String>,
}

impl Assembled {
    /// Returns what each import is bound to.
    pub(super) fn bind(&self, mut bind: impl FnMut(&str, &str) -> Binding) -> Vec<Binding> {
        let imports = self.imports.iter();
        imports.map(|(module, name)| bind(module, name)).collect()
    }
}

/// Assembles a text of the glue.
///
/// # Panics
/// When the text is wrong. Tests assemble all of them.
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

/// Replaces each `@area.name` with its number.
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

/// Returns the number behind a name: an absolute address for fields of singletons and of arrays at a fixed address (so
/// that an index in bytes can be added); an offset for fields of a node's block, the chain's included; else the number
/// itself.
fn number(name: &str) -> Option<u32> {
    let (area, field) = name.split_once('.')?;
    let named = |table: &[(&str, u32)]| table.iter().find(|(name, _)| *name == field).map(|(_, value)| *value);
    match area {
        "control" => named(&[
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
        "node" => named(&NODE_FIELDS),
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

const NODE_FIELDS: [(&str, u32); 21] = [
    ("held_bytes", node::HELD_BYTES),
    ("budget_bytes", node::BUDGET_BYTES),
    ("max_buffer_bytes", node::MAX_BUFFER_BYTES),
    ("position", node::POSITION),
    ("handles", node::HANDLES),
    ("free_handle", node::FREE_HANDLE),
    ("unused_handle", node::UNUSED_HANDLE),
    ("borrows", node::BORROWS),
    ("may_leave", node::MAY_LEAVE),
    ("recent_type", node::RECENT_TYPE),
    ("result", node::RESULT),
    ("result_type", node::RESULT_TYPE),
    ("lent", node::LENT),
    ("read", node::READ),
    ("written", node::WRITTEN),
    ("metadata", node::METADATA),
    ("chain_calls", node::CHAIN_CALLS),
    ("chain_emitted", node::CHAIN_EMITTED),
    ("chain_ended", node::CHAIN_ENDED),
    ("last_sequence", node::LAST_SEQUENCE),
    ("last_timestamp_ns", node::LAST_TIMESTAMP_NS),
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
