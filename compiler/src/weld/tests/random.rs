//! Random modules do the same before and after welding.

use arbitrary::Unstructured;
use wasm_smith::Config;

use super::observe::{Subject, between_others};
use super::*;
use crate::prepare;

const FUEL: u64 = 3_000;

/// Factor from the fuel of code without touches to that of code with touches.
const TOUCHES: u64 = 8;

/// Returns a random module. Some use reference types, most of these in ways that can't be welded.
fn random(seed: u64) -> Option<Vec<u8>> {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut bytes = vec![0; 4096];
    random.fill(&mut bytes);
    let config = Config {
        compact_imports_enabled: false,
        exceptions_enabled: false,
        gc_enabled: false,
        wide_arithmetic_enabled: false,
        // A wait for another thread would not end.
        threads_enabled: false,
        reference_types_enabled: random.u8(0..4) == 0,
        memory64_enabled: random.bool(),
        export_everything: true,
        max_data_segments: 4,
        max_element_segments: 5,
        max_elements: 6,
        max_funcs: 7,
        min_funcs: 4,
        min_types: 3,
        disallow_traps: random.bool(),
        max_globals: 6,
        max_imports: 6,
        max_instructions: random.usize(10..60),
        max_memories: 3,
        max_memory32_bytes: 1 << 18,
        max_memory64_bytes: 1 << 18,
        memory_max_size_required: true,
        max_table_elements: 50,
        max_tables: 3,
        table_max_size_required: true,
        max_types: 8,
        ..Config::default()
    };
    let module = wasm_smith::Module::new(config, &mut Unstructured::new(&bytes));
    Some(module.ok()?.to_bytes())
}

/// Returns the number of blocks in the functions of a module. Each inlined copy of a function is a block.
fn blocks(code: &[u8]) -> usize {
    let module = crate::weld::module::Module::parse(code).unwrap();
    let operators = module
        .bodies
        .iter()
        .flat_map(|body| body.get_operators_reader().unwrap());
    operators
        .filter(|operator| matches!(operator, Ok(wasmparser::Operator::Block { .. })))
        .count()
}

/// Checks one module. Returns the number of results that were compared, and the number of inlined copies.
fn check(seed: u64) -> Option<(usize, usize)> {
    let code = random(seed)?;
    let what = format!("seed {seed}");
    let welded = match between_others(&code, None) {
        Ok(welded) => welded,
        Err(WeldError::Unsupported { .. } | WeldError::Conflict { .. }) => return None,
        Err(error) => panic!("{what}: {error}"),
    };
    let copies = blocks(&welded) - blocks(&code);
    let alone = Subject::new(&code);
    let welded = Subject::new(&welded);
    let prepared = prepare::module(&code).unwrap();
    let prepared = match between_others(&prepared, Some(GuestRules::default())) {
        Ok(welded) => Some(Subject::new(&welded)),
        Err(WeldError::GuestImport { .. }) => None,
        Err(error) => panic!("{what}: {error}"),
    };
    let names = alone.functions();
    let mut compared = 0;
    // One function at a time: after one that runs out of fuel, nothing is observed.
    for name in names.chunks(1) {
        let expected = alone.observe(FUEL, name);
        welded.observe(FUEL, name).assert_same(&expected, &what);
        if let Some(prepared) = &prepared {
            prepared.observe(FUEL * TOUCHES, name).assert_same(&expected, &what);
        }
        compared += expected.len();
    }
    Some((compared, copies))
}

fn check_all(seeds: std::ops::Range<u64>) {
    let counts: Vec<(usize, usize)> = seeds.filter_map(check).collect();
    let compared: usize = counts.iter().map(|(compared, _)| compared).sum();
    let with_copies = counts.iter().filter(|(_, copies)| *copies > 0).count();
    assert!(counts.len() >= 110, "only {} modules could be welded", counts.len());
    assert!(compared >= 1500, "only {compared} results were compared");
    assert!(with_copies >= 20, "only {with_copies} modules had copies");
}

#[test]
fn random_modules_do_the_same() {
    check_all(0..160);
}

#[test]
fn more_random_modules_do_the_same() {
    check_all(1_000_000..1_000_160);
}
