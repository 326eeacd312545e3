//! Executables that keep the names of functions, and the map that they write for `perf`.

use torvync_compiler::aot::{self, FunctionNames};

use crate::lab::{Built, build_project};
use crate::process::Running;
use crate::torvync::{executable, workshop};

/// Two processors that can be one chain.
const MANIFEST: &str = r#"[torvyn]
name = "profiling"
version = "0.1.0"
contract_version = "0.1.0"

[[component]]
name = "passthrough"
wasm = "guests/passthrough_processor.wasm"

[[component]]
name = "keep-every"
wasm = "guests/keep_every_filter.wasm"

[flow.main]
nodes.source = { component = "builtin:generator", config = { count = 3 } }
nodes.pass = { component = "passthrough" }
nodes.keep = { component = "keep-every", config = { every = 1 } }
nodes.sink = { component = "builtin:console" }
edges = [
    { from = { node = "source", port = "output" }, to = { node = "pass", port = "input" } },
    { from = { node = "pass", port = "output" }, to = { node = "keep", port = "input" } },
    { from = { node = "keep", port = "output" }, to = { node = "sink", port = "input" } },
]
"#;

fn built(options: &[&str]) -> Built {
    build_project(&format!("profiling{}", options.concat()), MANIFEST, options)
}

/// Runs an executable, and returns its map: address, length and name of each function.
fn map(built: &Built) -> Vec<(u64, u64, String)> {
    let running = Running::start(executable(&built.executable, &workshop("profiling"), &["--perf-map"]));
    let finished = running.finish().expect_code(0);
    let path = finished
        .perf_map()
        .unwrap_or_else(|| panic!("no map is named: {}", finished.stderr));
    let text = std::fs::read_to_string(&path).expect("the map can be read");
    std::fs::remove_file(path).expect("the map can be removed");
    let number = |text: &str| u64::from_str_radix(text, 16).expect("a number");
    let function = |line: &str| {
        let mut words = line.splitn(3, ' ');
        let mut word = || words.next().expect("three words").to_owned();
        (number(&word()), number(&word()), word())
    };
    text.lines().map(function).collect()
}

#[test]
fn the_map_has_the_functions_of_all_components_on_every_path() {
    for path in ["component", "direct", "fused"] {
        let map = map(&built(&["--profiling", "--opt", path]));
        for function in [
            "torvyn:streaming/processor@0.1.0#process",
            "torvyn:filtering/filter@0.1.0#evaluate",
        ] {
            let named = map.iter().any(|(.., name)| name == function);
            assert!(named, "{path}: no function {function}: {map:#?}");
        }
        let mut map: Vec<_> = map
            .into_iter()
            .map(|(start, length, _)| start..start + length)
            .collect();
        map.sort_by_key(|range| range.start);
        assert!(
            map.is_sorted_by(|a, b| a.end <= b.start),
            "{path}: functions overlap: {map:x?}"
        );
    }
}

#[test]
fn a_binary_without_names_is_told() {
    let guests = workshop("profiling-nameless").join("guests");
    build_project("profiling-nameless", MANIFEST, &[]);
    let binary = std::fs::read(guests.join("keep_every_filter.wasm")).expect("the guest was copied");
    let nameless = aot::normalise(&binary, FunctionNames::Removed).expect("the guest is a component");
    std::fs::write(guests.join("nameless.wasm"), nameless).expect("the workshop is writable");
    let manifest = MANIFEST.replace("keep_every_filter.wasm", "nameless.wasm");
    let warnings = |options: &[&str]| {
        let built = build_project("profiling-nameless", &manifest, options);
        built.report["warnings"].to_string()
    };
    let told = "`--profiling` has no effect on `keep-every`: its binary has no names of functions";
    let with = warnings(&["--profiling"]);
    assert!(with.contains(told) && !with.contains("`passthrough`"), "{with}");
    assert!(!warnings(&[]).contains(told));
}

#[test]
fn without_names_there_is_no_map() {
    let built = built(&[]);
    let running = Running::start(executable(&built.executable, &workshop("profiling"), &["--perf-map"]));
    let finished = running.finish().expect_code(2);
    assert!(
        finished.stderr.contains("does not have the names"),
        "{}",
        finished.stderr
    );
    assert!(
        finished.stderr.contains("torvync build --profiling"),
        "{}",
        finished.stderr
    );
}
