//! Touches: accesses to linear memory that the machine code is sure to contain.

use wasm_encoder::{Encode as _, Instruction, MemArg, MemArgTarget};
use wasmparser::MemoryType;

/// Bytes that a touch reads, at address 0.
const BYTES: u64 = 4;

/// Type of the memory that is added to a module without another one to touch: its page is never written to.
pub(super) const MEMORY: MemoryType = MemoryType {
    memory64: false,
    shared: false,
    initial: 1,
    maximum: Some(1),
    page_size_log2: None,
};

/// Whether a memory always has the bytes that a touch reads.
pub(super) fn can_be_touched(memory: &MemoryType) -> bool {
    let page = 1_u64 << memory.page_size_log2.unwrap_or(16);
    memory.initial.saturating_mul(page) >= BYTES
}

/// Returns the code of a touch of the memory `index`, which leaves the operand stack as it is. The code generator keeps
/// an atomic load whose result is not used, and does not move it out of a loop.
pub(super) fn code(index: u32, memory: &MemoryType) -> Vec<u8> {
    let word = MemArg {
        offset: 0,
        align: 2,
        target: MemArgTarget::Memory(index),
        ordering: None,
    };
    let address = match memory.memory64 {
        true => Instruction::I64Const(0),
        false => Instruction::I32Const(0),
    };
    let mut code = Vec::new();
    for instruction in [address, Instruction::I32AtomicLoad(word), Instruction::Drop] {
        instruction.encode(&mut code);
    }
    code
}

/// Whether the operator that begins at `code` touches memory wherever it is: it is a store or an atomic access (opcodes
/// of the core specification, 5.4.7 and 5.4.8, and of the threads proposal). A load is none: the code generator may
/// take the value of an earlier one (see `steps.rs`).
pub(super) fn is_touch(code: &[u8]) -> bool {
    match code {
        [0x36..=0x3e, ..] => true,
        [0xfd, rest @ ..] => matches!(opcode(rest), 0x0b | 0x58..=0x5b),
        // The accesses follow `notify`, `wait` and `fence`.
        [0xfe, rest @ ..] => opcode(rest) >= 0x10,
        _ => false,
    }
}

/// Whether the operator that begins at `code` is a load of a number or a whole vector, with only the address as operand.
pub(super) fn is_load(code: &[u8]) -> bool {
    match code {
        [0x28..=0x35, ..] => true,
        [0xfd, rest @ ..] => matches!(opcode(rest), 0x00..=0x0a | 0x5c | 0x5d),
        _ => false,
    }
}

/// The opcode after a prefix: a LEB128 number, of which two bytes are enough for the ones that matter here.
fn opcode(code: &[u8]) -> u32 {
    match code {
        [byte @ 0..0x80, ..] => u32::from(*byte),
        [low, high @ 0..0x80, ..] => u32::from(*low & 0x7f) | u32::from(*high) << 7,
        _ => 0,
    }
}
