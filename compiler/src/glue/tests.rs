use wasmtime::{Config, Engine, Extern, ExternType, Func, Instance, Memory, Module, SharedMemory, Store, Val};

use super::*;

#[test]
fn every_text_is_right() {
    for text in INTERFACES.iter().map(|(_, text)| *text).chain([STAGE]) {
        assert!(!assemble(text).exports.is_empty());
    }
}

#[test]
fn groups_have_the_functions_they_say() {
    for group in &GROUPS {
        let mut exports = assemble(group.text).exports;
        let mut functions: Vec<&str> = group.functions.to_vec();
        exports.sort();
        functions.sort_unstable();
        assert_eq!(exports, functions);
    }
}

#[test]
fn an_interface_may_have_two_names() {
    let allocate = Some("torvyn:streaming/buffer-allocator#allocate");
    assert_eq!(provides("torvyn:streaming/buffer-allocator", "allocate"), allocate);
    assert_eq!(provides("torvyn:resources/buffer-ops", "allocate"), allocate);
    assert_eq!(provides("wasi:sockets/tcp", "allocate"), None);
    assert_eq!(
        provides("wasi_snapshot_preview1", "fd_write"),
        Some("wasi_snapshot_preview1#fd_write")
    );
}

#[test]
fn chains_of_every_shape_are_right() {
    let inner = [Role::Processor, Role::Filter, Role::Aggregator];
    for first in [Role::Source, Role::Processor, Role::Filter, Role::Aggregator] {
        for last in [Role::Processor, Role::Filter, Role::Aggregator, Role::Sink] {
            for length in 0..=inner.len() {
                let mut roles = vec![first];
                roles.extend(&inner[..length]);
                roles.push(last);
                let bases: Vec<u32> = (0..roles.len()).map(node_base).collect();
                assert_eq!(assemble(&chain::text(&roles, &bases)).exports, ["run"], "{roles:?}");
            }
        }
    }
}

/// The names of the functions that a function of the system's glue calls, in order, and whether it returns. The guest
/// has one page, which begins with a list of one buffer; every import returns `answer`.
fn calls(function: &str, arguments: &[i32], answer: i32) -> (Vec<String>, bool) {
    let group = GROUPS
        .iter()
        .find(|group| group.has(function))
        .expect("there is such a function");
    let mut config = Config::new();
    config.shared_memory(true);
    let engine = Engine::new(&config).unwrap();
    let module = Module::new(&engine, assemble(group.text).code).unwrap();
    let mut store: Store<Vec<String>> = Store::new(&engine, Vec::new());
    let imports: Vec<Extern> = module
        .imports()
        .map(|import| match import.ty() {
            ExternType::Memory(ty) if ty.is_shared() => SharedMemory::new(&engine, ty).unwrap().into(),
            ExternType::Memory(_) => {
                let memory = Memory::new(&mut store, wasmtime::MemoryType::new(1, None)).unwrap();
                memory.data_mut(&mut store)[..8].copy_from_slice(&[32, 0, 0, 0, 4, 0, 0, 0]);
                memory.into()
            }
            ExternType::Func(ty) => {
                let name = import.name().to_owned();
                let called = move |mut caller: wasmtime::Caller<'_, Vec<String>>, _: &[Val], results: &mut [Val]| {
                    caller.data_mut().push(name.clone());
                    results.fill(Val::I32(answer));
                    Ok(())
                };
                Func::new(&mut store, ty, called).into()
            }
            ExternType::Global(_) | ExternType::Table(_) | ExternType::Tag(_) => panic!("{}", import.name()),
        })
        .collect();
    let instance = Instance::new(&mut store, &module, &imports).unwrap();
    let function = instance.get_func(&mut store, function).expect("it is exported");
    let arguments: Vec<Val> = arguments.iter().map(|argument| Val::I32(*argument)).collect();
    let returned = function.call(&mut store, &arguments, &mut [Val::I32(0)]).is_ok();
    (store.into_data(), returned)
}

#[test]
fn nothing_outside_of_the_guest_is_copied() {
    for (function, arguments, copy) in [
        ("wasi_snapshot_preview1#fd_write", &[1, 0, 1, 16][..], "take"),
        ("wasi_snapshot_preview1#random_get", &[32, 16], "give"),
    ] {
        let copies = |calls: &[String]| calls.iter().any(|call| call == copy);
        let (inside, returned) = calls(function, arguments, 1);
        assert!(copies(&inside) && returned, "{function}: {inside:?}");
        let (outside, returned) = calls(function, arguments, 0);
        assert!(!copies(&outside) && !returned, "{function}: {outside:?}");
    }
}
