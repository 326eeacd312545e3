//! Changes in the code of a guest: other constants, operators, variables, branches and callees.

use std::ops::Range;

use fastrand::Rng;
use wasmparser::{Operator, Parser, Payload, Validator, WasmFeatures};

use crate::guest::Done;

/// One-byte operators that can replace each other: arithmetic, comparisons and loads of the same types.
const ALIKE: [Range<u8>; 6] = [0x46..0x50, 0x51..0x5b, 0x6a..0x79, 0x7c..0x8b, 0x2c..0x30, 0x3a..0x3c];

/// Most places changed at once.
const PLACES: usize = 4;

/// A valid module with the code of `module`, changed in a few places.
pub(crate) fn mutated(module: &[u8], rng: &mut Rng) -> Done<Vec<u8>> {
    let places = places(module)?;
    loop {
        let mut changed = module.to_vec();
        for _ in 0..rng.usize(1..=PLACES) {
            let place = rng.usize(..places.len());
            change(&mut changed, &places[place], rng);
        }
        // Another variable may have another type.
        let mut validator = Validator::new_with_features(WasmFeatures::WASM2);
        if changed != module && validator.validate_all(&changed).is_ok() {
            return Ok(changed);
        }
    }
}

/// A place that can be changed. No change makes the code longer.
struct Place {
    at: usize,
    to: Change,
}

enum Change {
    /// An operator, replaced by another of the same list.
    Operator(usize),
    /// A one-byte number, replaced by another one below this.
    Number(u8),
}

fn change(code: &mut [u8], place: &Place, rng: &mut Rng) {
    code[place.at] = match place.to {
        Change::Operator(list) => rng.u8(ALIKE[list].clone()),
        Change::Number(end) => rng.u8(..end),
    };
}

fn places(module: &[u8]) -> Done<Vec<Place>> {
    let mut places = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        if let Payload::CodeSectionEntry(body) = payload? {
            for operator in body.get_operators_reader()?.into_iter_with_offsets() {
                let (operator, at) = operator?;
                places.extend(place(module, &operator, usize::try_from(at)?));
            }
        }
    }
    Ok(places)
}

fn place(module: &[u8], operator: &Operator<'_>, at: usize) -> Option<Place> {
    let number = |end: u8| {
        // Longer numbers continue in the next byte.
        (module[at + 1] < end).then_some(Place {
            at: at + 1,
            to: Change::Number(end),
        })
    };
    if let Operator::I32Const { .. } | Operator::I64Const { .. } = operator {
        number(0x80)
    } else if let Operator::LocalGet { .. } | Operator::LocalSet { .. } | Operator::LocalTee { .. } = operator {
        number(12)
    } else if let Operator::GlobalGet { .. } | Operator::GlobalSet { .. } = operator {
        number(16)
    } else if let Operator::Call { .. } = operator {
        number(64)
    } else if let Operator::Br { .. } | Operator::BrIf { .. } = operator {
        number(4)
    } else {
        let list = ALIKE.iter().position(|alike| alike.contains(&module[at]))?;
        let to = Change::Operator(list);
        Some(Place { at, to })
    }
}
