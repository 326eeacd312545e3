//! The structure of the crates: which module uses which, and the effect of the runtime's features on its dependencies.
//!
//! Modules in one folder are siblings. No two siblings may use each other, directly or indirectly; those of the runtime
//! are also floors, in the order of its `lib.rs`. A module and the modules in its folder count as one, and may use each
//! other.
#![expect(clippy::disallowed_methods, reason = "a test reads the sources and asks cargo")]

#[path = "structure/modules.rs"]
mod modules;
#[path = "structure/uses.rs"]
mod uses;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use modules::{Crate, Module};
use uses::Edge;

/// The crates, by the folders of their sources.
const CRATES: [&str; 7] = [
    "codegen/src",
    "compiler/cli/src",
    "compiler/lsp/src",
    "compiler/src",
    "macros/attribute/src",
    "macros/src",
    "runtime-core/src",
];

/// The crate whose modules are floors.
const FLOORS: &str = "runtime-core/src";

/// Modules that re-export names for other crates: they are above all floors.
const FACES: [&str; 2] = ["emitted", "internals"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Uses among the modules in one folder, with an example for each.
type Siblings = BTreeMap<(Module, Module), String>;

/// Uses among siblings, by the module whose folder they are in.
fn siblings(edges: &[Edge]) -> BTreeMap<Module, Siblings> {
    let mut folders: BTreeMap<Module, Siblings> = BTreeMap::new();
    for edge in edges {
        let common = edge
            .from
            .iter()
            .zip(&edge.to)
            .take_while(|(from, to)| from == to)
            .count();
        // One of them is the folder's own module.
        let (Some(from), Some(to)) = (edge.from.get(common), edge.to.get(common)) else {
            continue;
        };
        let folder = folders.entry(edge.from[..common].to_vec()).or_default();
        let example = format!("{} uses {}", edge.file, edge.path);
        folder.entry((vec![from.clone()], vec![to.clone()])).or_insert(example);
    }
    folders
}

/// A path from a module back to itself.
fn circle(siblings: &Siblings) -> Option<Vec<&Module>> {
    let mut done = BTreeSet::new();
    let starts: BTreeSet<&Module> = siblings.keys().map(|(from, _)| from).collect();
    starts
        .into_iter()
        .find_map(|start| walk(siblings, start, &mut Vec::new(), &mut done))
}

fn walk<'a>(
    siblings: &'a Siblings,
    at: &'a Module,
    way: &mut Vec<&'a Module>,
    done: &mut BTreeSet<&'a Module>,
) -> Option<Vec<&'a Module>> {
    if let Some(first) = way.iter().position(|module| *module == at) {
        return Some(way[first..].to_vec());
    }
    if done.contains(at) {
        return None;
    }
    way.push(at);
    let used = siblings.keys().filter(|(from, _)| from == at);
    let found = used.map(|(_, to)| to).find_map(|to| walk(siblings, to, way, done));
    way.pop();
    done.insert(at);
    found
}

#[test]
fn no_modules_use_each_other() {
    let mut faults = String::new();
    for folder in CRATES {
        let of_crate = Crate::read(&root().join(folder));
        for (module, siblings) in siblings(&uses::edges(&of_crate)) {
            let Some(circle) = circle(&siblings) else { continue };
            faults.push_str(&format!("{folder}, in `{}`:\n", module.join("::")));
            for (at, from) in circle.iter().enumerate() {
                let to = circle[(at + 1) % circle.len()];
                let example = &siblings[&((*from).clone(), to.clone())];
                faults.push_str(&format!("    {} → {}: {example}\n", from.concat(), to.concat()));
            }
        }
    }
    assert!(faults.is_empty(), "modules use each other in a circle:\n{faults}");
}

#[test]
fn no_floor_uses_one_above_it() {
    let of_crate = Crate::read(&root().join(FLOORS));
    let floors = of_crate.order();
    let floor = |module: &Module| floors.iter().position(|name| *name == module[0]);
    let mut faults = String::new();
    for ((from, to), example) in &siblings(&uses::edges(&of_crate))[&Vec::new()] {
        let is_face = FACES.contains(&&*from[0]);
        let (from, to) = (floor(from).expect("it is declared"), floor(to).expect("it is declared"));
        if !is_face && to > from {
            faults.push_str(&format!("    {} → {}: {example}\n", floors[from], floors[to]));
        }
    }
    assert!(
        faults.is_empty(),
        "arrows that run up, by the order of `lib.rs`:\n{faults}"
    );
}

#[test]
fn the_runtime_shows_what_is_shared_and_its_faces() {
    let of_crate = Crate::read(&root().join("runtime-core/src"));
    let public = of_crate.public();
    let shared = [
        "bounds",
        "builtin_table",
        "capability",
        "description",
        "duration",
        "engine",
        "layout",
        "limits",
        "policy",
        "printable",
        "role",
        "setting",
        "words",
    ];
    let faces = ["emitted", "internals", "session"];
    let expected: BTreeSet<&str> = shared.into_iter().chain(faces).collect();
    let found: BTreeSet<&str> = public.iter().map(String::as_str).collect();
    assert_eq!(found, expected, "what is shared with the compiler, and the faces");
}

#[test]
fn generated_code_names_one_module() {
    let golden = root().join("tests/golden");
    let mut named = BTreeSet::new();
    for folder in std::fs::read_dir(golden).expect("the folder of the golden crates is readable") {
        let main = folder.expect("its entries too").path().join("main.rs");
        let text = std::fs::read_to_string(&main).unwrap_or_else(|error| panic!("{}: {error}", main.display()));
        for after in text.split("torvyn_runtime_core").skip(1) {
            let is_name = |c: char| c.is_alphanumeric() || c == '_';
            let module = after.trim_start_matches("::").split(|c| !is_name(c)).next();
            named.extend(module.map(str::to_owned));
        }
    }
    assert_eq!(named, BTreeSet::from(["emitted".to_owned()]));
}

/// Cargo features of the runtime with third-party dependencies, one by one and all together.
const FEATURE_SETS: [&str; 2] = ["runtime", "runtime,wasi"];

/// wasmtime takes minutes to compile. It is compiled once per machine if its dependencies have the same features in
/// every program.
#[test]
fn a_feature_of_the_runtime_compiles_nothing_again() {
    let trees: Vec<Packages> = FEATURE_SETS.iter().map(|features| packages(features)).collect();
    let mut faults = String::new();
    let (all, others) = trees.split_last().expect("there are sets");
    for (set, tree) in FEATURE_SETS.iter().zip(others) {
        for (package, found) in tree.iter().filter(|(package, _)| !package.starts_with("torvyn-")) {
            let with_all = &all[package];
            if !found.is_subset(with_all) {
                faults.push_str(&format!("    {package}: {found:?} with {set}, {with_all:?} with all\n"));
            }
        }
    }
    assert!(
        faults.is_empty(),
        "add the missing features to runtime-core/Cargo.toml:\n{faults}"
    );
}

/// Every package with its sets of features: they may differ where a build script or a macro uses it.
type Packages = BTreeMap<String, BTreeSet<String>>;

/// The packages that the runtime with these features depends on.
fn packages(features: &str) -> Packages {
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .current_dir(root())
        .args(["tree", "--locked", "--package", "torvyn-runtime-core"]);
    cargo.args([
        "--no-default-features",
        "--features",
        features,
        "--edges",
        "normal,build",
    ]);
    cargo.args(["--prefix", "none", "--format", "{p}\t{f}"]);
    let output = cargo.output().expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("it is text");
    let mut packages = Packages::new();
    for (package, features) in text.lines().filter_map(|line| line.split_once('\t')) {
        let features = features.trim_end_matches(" (*)").to_owned();
        packages.entry(package.to_owned()).or_default().insert(features);
    }
    packages
}
