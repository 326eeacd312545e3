//! Real guests can be welded.

use std::path::{Path, PathBuf};
use std::process::Command;

use wasmparser::{Parser, Payload};

use super::*;

/// Builds guests of the tests, as `cargo xtask test` did before, and returns the components.
#[expect(clippy::disallowed_methods, reason = "guests are built by cargo")]
fn build(packages: &[&str]) -> Vec<Vec<u8>> {
    let test = std::env::current_exe().unwrap();
    let target = test
        .ancestors()
        .nth(3)
        .expect("test executables lie in target/PROFILE/deps");
    let built = target.join("test-guests");
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/guests/Cargo.toml");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--locked", "--release", "--target", "wasm32-wasip2", "--quiet"]);
    cargo
        .arg("--manifest-path")
        .arg(manifest)
        .arg("--target-dir")
        .arg(&built);
    for package in packages {
        cargo.args(["--package", package]);
    }
    assert!(cargo.status().unwrap().success());
    let file = |package: &&str| -> PathBuf {
        let name = package.replace('-', "_");
        built.join(format!("wasm32-wasip2/release/{name}.wasm"))
    };
    packages
        .iter()
        .map(file)
        .map(|file| std::fs::read(file).unwrap())
        .collect()
}

/// Returns the largest core module of a component.
fn main_module(component: &[u8]) -> &[u8] {
    let modules = Parser::new(0).parse_all(component).filter_map(|payload| {
        let Payload::ModuleSection { unchecked_range, .. } = payload.unwrap() else {
            return None;
        };
        Some(unchecked_range.start as usize..unchecked_range.end as usize)
    });
    let largest = modules
        .max_by_key(|range| range.len())
        .expect("a component has modules");
    &component[largest]
}

#[test]
fn rust_guests() {
    for component in build(&["passthrough-processor", "scripted-aggregator"]) {
        let code = main_module(&component);
        let module = crate::weld::module::Module::parse(code).unwrap();
        let imports = module.imports.iter();
        let bindings: Vec<Binding> = imports.map(|import| host(import.module, import.name)).collect();
        assert!(bindings.len() > 3, "{bindings:?}");
        let rules = GuestRules {
            memory_pages: Some(1024),
            table_elements: Some(10_000),
        };
        let parts = [0, 1].map(|_| held(code, bindings.clone(), rules.clone()));
        let exports: Vec<Export> = (0..2)
            .flat_map(|part| ["memory", "cabi_realloc"].map(|name| Export::named(part, name, format!("{part}.{name}"))))
            .collect();
        let welded = welded(&parts, &exports);
        let engine = engine(false);
        let module = Module::new(&engine, &welded).unwrap();
        let mut store = Store::new(&engine, ());
        let mut linker = Linker::new(&engine);
        linker.define(&store, "exchange", "memory", shared(&engine)).unwrap();
        linker
            .define_unknown_imports_as_default_values(&mut store, &module)
            .unwrap();
        let instance = linker.instantiate(&mut store, &module).unwrap();
        let [first, second] = ["0.cabi_realloc", "1.cabi_realloc"].map(|name| {
            let allocate = instance
                .get_typed_func::<(i32, i32, i32, i32), i32>(&mut store, name)
                .unwrap();
            allocate.call(&mut store, (0, 0, 8, 40)).unwrap()
        });
        // Each part has a heap of its own, and the first block is at the same address in both.
        assert_eq!(first, second);
        assert!(first > 0);
    }
}
