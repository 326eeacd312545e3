//! Copies do what `memory.copy` does, traps and overlap included.

use wasmtime::{Engine, Instance, Memory, Module, Store, TypedFunc};

use super::module;

/// Bytes of the memory.
const SIZE: u32 = 1 << 16;

const GUEST: &str = r#"(module
    (memory (export "memory") 1)
    (func (export "copy") (param i32 i32 i32)
        (memory.copy (local.get 0) (local.get 1) (local.get 2))))"#;

struct Subject {
    store: Store<()>,
    memory: Memory,
    copy: TypedFunc<(u32, u32, u32), ()>,
    /// Bytes of the memory before each copy.
    before: Vec<u8>,
}

impl Subject {
    fn new(code: &[u8]) -> Self {
        let engine = Engine::default();
        let mut store = Store::new(&engine, ());
        let code = Module::new(&engine, code).unwrap();
        let instance = Instance::new(&mut store, &code, &[]).unwrap();
        Self {
            memory: instance.get_memory(&mut store, "memory").unwrap(),
            copy: instance.get_typed_func(&mut store, "copy").unwrap(),
            store,
            before: (0..SIZE).map(|at| (at * 31 + at / 251) as u8).collect(),
        }
    }

    /// Copies in a memory with known bytes. Returns whether that was possible, and the memory.
    fn copy(&mut self, to: u32, from: u32, len: u32) -> (bool, Vec<u8>) {
        self.memory.data_mut(&mut self.store).copy_from_slice(&self.before);
        let copied = self.copy.call(&mut self.store, (to, from, len)).is_ok();
        (copied, self.memory.data(&self.store).to_vec())
    }
}

#[test]
fn small_copies_are_copies() {
    let guest = wat::parse_str(GUEST).unwrap();
    let (mut expected, mut found) = (Subject::new(&guest), Subject::new(&module(&guest).unwrap()));
    let places = [
        0,
        1,
        40,
        100,
        SIZE - 70,
        SIZE - 16,
        SIZE - 1,
        SIZE,
        u32::MAX - 20,
        u32::MAX,
    ];
    for len in (0..=17).chain([31, 32, 33, 63, 64, 65, SIZE, u32::MAX]) {
        for from in places {
            for to in places
                .into_iter()
                .chain([from.wrapping_add(5), from.wrapping_sub(5), from])
            {
                assert!(
                    expected.copy(to, from, len) == found.copy(to, from, len),
                    "{len} bytes from {from} to {to}"
                );
            }
        }
    }
}

#[test]
fn only_copies_within_the_first_memory_change() {
    for (text, changes) in [
        (GUEST, true),
        (
            "(module (memory 1) (func (memory.fill (i32.const 0) (i32.const 0) (i32.const 1))))",
            false,
        ),
        (
            "(module (memory 1) (memory 1) (func (memory.copy 1 0 (i32.const 0) (i32.const 0) (i32.const 1))))",
            false,
        ),
        (
            "(module (memory i64 1) (func (memory.copy (i64.const 0) (i64.const 0) (i64.const 1))))",
            false,
        ),
        ("(module (func))", false),
    ] {
        let guest = wat::parse_str(text).unwrap();
        assert_eq!(module(&guest).unwrap() != guest, changes, "{text}");
    }
}

#[test]
fn the_function_has_a_name_where_others_have() {
    let named = wat::parse_str(GUEST.replace("(func ", "(func $guest ")).unwrap();
    let names = |code: &[u8]| {
        let mut modules = crate::function_names::of_modules(code).unwrap();
        modules
            .pop()
            .unwrap()
            .into_iter()
            .map(|(function, name)| (function, name.to_owned()))
            .collect::<Vec<_>>()
    };
    let expected = [(0, "guest".to_owned()), (1, "memory.copy".to_owned())];
    assert_eq!(names(&module(&named).unwrap()), expected);
    assert_eq!(names(&module(&wat::parse_str(GUEST).unwrap()).unwrap()), []);
}
