//! The function that takes elements through a chain of stages: `run`.
//!
//! It calls the members in turn, each with the output of the previous one, and stops at any special case: an error, a
//! pause, an exhausted source. Its result says where it stopped; the element that it was processing is in the chain's
//! block. The host, which knows the flow's policies, goes on from there.

use std::fmt::Write as _;

use torvyn_codegen::ir::Role;

/// Returns the text of the chain's part. `bases` are the addresses of the members' blocks.
///
/// The parameter of `run` is the most elements that it may pull; it pulls fewer if the watchdog asks for a halt. It
/// returns 256 times the position of the member at which it stopped, plus the outcome of that member's call; or
/// `outcome.done`. A chain that begins with a source pulls its elements; any other chain takes the one in its block. A
/// chain that does not end with a sink stops at its last member whenever that has a result.
///
/// `run` counts calls and their outcomes, with two exceptions: the host settles and counts the outcome of the call at
/// which `run` stops, and it counts the call of a first member that is not a source when it takes the element.
pub(super) fn text(roles: &[Role], bases: &[u32]) -> String {
    let mut out = String::from(HEAD);
    for (position, role) in roles.iter().enumerate() {
        let (entry, params) = match role {
            Role::Source => ("pull", ""),
            Role::Processor => ("process", PARAMS),
            Role::Filter => ("evaluate", PARAMS),
            Role::Aggregator => ("ingest", PARAMS),
            Role::Sink => ("push", PARAMS),
            Role::Router => unreachable!("invariant: routers are no members of chains"),
        };
        line(
            &mut out,
            &format!("  (import \"{position}\" \"{entry}\" (func $call{position} {params}(result i32)))"),
        );
    }
    line(&mut out, BEGIN);
    let block = bases[0];
    let last = roles.len() - 1;
    for (position, (role, base)) in roles.iter().zip(bases).enumerate() {
        let member = Member {
            position,
            role: *role,
            base: *base,
            block,
            is_last: position == last,
        };
        match role {
            Role::Source => line(&mut out, &member.pull()),
            Role::Processor | Role::Filter | Role::Router | Role::Aggregator | Role::Sink => {
                line(&mut out, &member.take());
                line(&mut out, &member.settle());
            }
        }
    }
    line(
        &mut out,
        match roles.first() {
            Some(Role::Source) => AGAIN,
            _ => END,
        },
    );
    out
}

const PARAMS: &str = "(param i64 i64 i32 i32) ";

const HEAD: &str = r#"(module
  (import "exchange" "memory" (memory $x 1 65536 shared))
  (import "stage" "release" (func $release (param i32)))
"#;

const BEGIN: &str = r#"
  (func $add (param $at i32)
    (i64.store $x (local.get $at) (i64.add (i64.load $x (local.get $at)) (i64.const 1))))

  (func (export "run") (param $left i32) (result i32)
    (local $sequence i64) (local $timestamp i64) (local $type i32) (local $id i32) (local $outcome i32)
    (loop $elements
      (block $next"#;

const AGAIN: &str = r"      )
      (local.set $left (i32.sub (local.get $left) (i32.const 1)))
      (br_if $elements
        (i32.and
          (i32.ne (local.get $left) (i32.const 0))
          (i32.eqz (i32.atomic.load $x offset=@control.halt (i32.const 0))))))
    (i32.const @outcome.done)))";

const END: &str = r"      ))
    (i32.const @outcome.done)))";

/// A stage of the chain.
struct Member {
    position: usize,
    role: Role,
    /// Address of its block.
    base: u32,
    /// Address of the chain's block.
    block: u32,
    is_last: bool,
}

impl Member {
    /// Returns code that pulls an element and numbers it.
    fn pull(&self) -> String {
        let Self { base, block, .. } = self;
        let (calls, emitted, stop) = (self.count("chain_calls"), self.count("chain_emitted"), self.stop());
        format!(
            r"        (i32.store $x offset={block} (i32.const @chain.member) (i32.const 0))
        {calls}
        (if (i32.ne (local.tee $outcome (call $call0)) (i32.const @outcome.emitted)) (then {stop}))
        {emitted}
        (local.set $id (i32.load $x offset={base} (i32.const @node.result)))
        (local.set $type (i32.load $x offset={base} (i32.const @node.result_type)))
        (local.set $sequence (i64.load $x offset=@control.sequence (i32.const 0)))
        (i64.store $x offset=@control.sequence (i32.const 0) (i64.add (local.get $sequence) (i64.const 1)))
        (local.set $timestamp (i64.load $x offset=@control.wall_ns (i32.const 0)))
        (i64.store $x offset={block} (i32.const @chain.sequence) (local.get $sequence))
        (i64.store $x offset={block} (i32.const @chain.timestamp_ns) (local.get $timestamp))"
        )
    }

    /// Returns code that gets the element and calls the stage with it.
    fn take(&self) -> String {
        let Self { position, block, .. } = self;
        let given = match position {
            0 => format!(
                r"        (local.set $sequence (i64.load $x offset={block} (i32.const @chain.sequence)))
        (local.set $timestamp (i64.load $x offset={block} (i32.const @chain.timestamp_ns)))
        (local.set $id (i32.load $x offset={block} (i32.const @chain.buffer)))
        (local.set $type (i32.load $x offset={block} (i32.const @chain.content_type)))"
            ),
            _ => format!(
                r"        (i32.store $x offset={block} (i32.const @chain.buffer) (local.get $id))
        (i32.store $x offset={block} (i32.const @chain.content_type) (local.get $type))
        {}",
                self.count("chain_calls")
            ),
        };
        format!(
            r"{given}
        (i32.store $x offset={block} (i32.const @chain.member) (i32.const {position}))
        (local.set $outcome
          (call $call{position} (local.get $sequence) (local.get $timestamp) (local.get $type) (local.get $id)))"
        )
    }

    /// Returns code that goes on after the call, depending on its outcome.
    fn settle(&self) -> String {
        let Self { base, .. } = self;
        let (emitted, ended, stop) = (self.count("chain_emitted"), self.count("chain_ended"), self.stop());
        let last = match self.role {
            Role::Aggregator => format!(
                r"
          (i64.store $x offset={base} (i32.const @node.last_sequence) (local.get $sequence))
          (i64.store $x offset={base} (i32.const @node.last_timestamp_ns) (local.get $timestamp))"
            ),
            Role::Source | Role::Processor | Role::Filter | Role::Router | Role::Sink => String::new(),
        };
        let ended = format!(
            r"        (if (i32.eq (local.get $outcome) (i32.const @outcome.ended))
          (then {ended}{last} (call $release (local.get $id)) (br $next)))"
        );
        if self.is_last && self.role != Role::Sink {
            return format!("{ended}\n        {stop}");
        }
        let emitted = format!(
            r"        (if (i32.ne (local.get $outcome) (i32.const @outcome.emitted)) (then {stop}))
        {emitted}{last}"
        );
        match self.role {
            Role::Processor | Role::Aggregator => format!(
                r"{ended}
{emitted}
        (call $release (local.get $id))
        (local.set $id (i32.load $x offset={base} (i32.const @node.result)))
        (local.set $type (i32.load $x offset={base} (i32.const @node.result_type)))"
            ),
            Role::Sink => format!("{emitted}\n        (call $release (local.get $id))"),
            Role::Filter => format!("{ended}\n{emitted}"),
            Role::Source | Role::Router => unreachable!("invariant: these take no element within a chain"),
        }
    }

    fn count(&self, counter: &str) -> String {
        format!(
            "(call $add (i32.add (i32.const {}) (i32.const @node.{counter})))",
            self.base
        )
    }

    fn stop(&self) -> String {
        let member = self.position << 8;
        format!("(return (i32.or (i32.const {member}) (local.get $outcome)))")
    }
}

fn line(out: &mut String, text: &str) {
    writeln!(out, "{text}").expect("invariant: writing to a String succeeds");
}
