//! WIT folders: made by wit-smith, and the contracts and cases of the repository, spliced and damaged; compared with
//! wit-parser's verdict on the same files.

use std::collections::BTreeMap;
use std::path::Path;

use arbitrary::Unstructured;
use fastrand::Rng;
use torvync_compiler::contract::canonical;
use torvync_compiler::diag::Code;
use torvync_compiler::source::files::MemoryFiles;
use wit_component::{DecodedWasm, WitPrinter};
use wit_parser::{Resolve, SourceMap, UnresolvedPackageGroup};

use crate::corpus;
use crate::examine;
use crate::guard;
use crate::text::damaged;

const PROJECT: &str = "[torvyn]\nname = \"a\"\nversion = \"0.1.0\"\ncontract_version = \"0.1.0\"\n\
                       [[component]]\nname = \"a\"\npath = \"a\"\n";

const WORDS: [&str; 66] = [
    "package a:b;",
    "package a:b@0.1.0;",
    "package torvyn:streaming@0.1.0;",
    "package c:d { interface i {} }",
    "interface",
    "world",
    "import",
    "export",
    "include",
    "use",
    "with",
    "as",
    "func()",
    "func",
    "async func()",
    "->",
    "record",
    "variant",
    "enum",
    "flags",
    "resource",
    "type",
    "static",
    "constructor",
    "own<",
    "borrow<",
    "list<",
    "option<",
    "result<",
    "tuple<",
    "stream<",
    "future<",
    "map<string, u8>",
    "u8",
    "s64",
    "f32",
    "char",
    "string",
    "error-context",
    "bool",
    "_",
    "{",
    "}",
    "(",
    ")",
    "<",
    ">",
    ",",
    ";",
    ":",
    "/",
    "@",
    "@since(version = 0.1.0)",
    "@unstable(feature = a)",
    "@deprecated(version = 0.1.0)",
    "%",
    "/*",
    "*/",
    "//",
    "///",
    "\n",
    "torvyn:streaming/types@0.1.0.{buffer}",
    "torvyn:streaming/processor@0.1.0",
    "torvyn:filtering/filter@0.1.0",
    "torvyn:aggregation/aggregator@0.1.0",
    "wasi:clocks/monotonic-clock@0.2.0",
];

/// Small packages that use much of the language.
const WRITTEN: [&str; 6] = [
    "package a:a;\ninterface i {\n  record r { x: u8, y: list<s> }\n  enum s { a, b }\n  flags f { a, b }\n  \
     resource t { constructor(n: string); static make: func() -> t; get: func(self2: borrow<t>) -> option<u8>; }\n}\n\
     world w { import i; export torvyn:streaming/processor@0.1.0; }\n",
    "package a:a@1.0.0;\nworld base { import x: interface { f: func(); } export torvyn:streaming/sink@0.1.0; }\n\
     world w { include base; use j.{k}; export run: func(a: k) -> result<_, k>; }\n\
     interface j { variant k { a(u8), b } type l = tuple<k, option<l2>>; type l2 = list<k>; }\n",
    "package a:a;\nworld w { include torvyn:streaming/managed-source@0.1.0; import wasi:clocks/wall-clock@0.2.0; }\n\
     package wasi:clocks@0.2.0 { interface wall-clock { record datetime { seconds: u64 } now: func() -> datetime; } }\n",
    "package a:a;\n@since(version = 1.0.0)\ninterface i { @unstable(feature = x) f: func(); }\n\
     world a { import i; include b with { i2 as i3 }; }\nworld b { import i2: func(); export torvyn:filtering/router@0.1.0; }\n",
    "interface lone { use other.{t}; f: func() -> t; }\ninterface other { type t = u8; }\n",
    "package a:b { interface i { type t = u8; } }\npackage a:c { interface j { use a:b/i.{t}; } world w { import j; } }\n",
];

/// The material that folders are made from.
pub(crate) struct Corpus {
    texts: Vec<Vec<u8>>,
}

/// The files below `a/wit`, by path.
pub(crate) type Folder = BTreeMap<String, Vec<u8>>;

impl Corpus {
    pub(crate) fn new() -> Self {
        let mut texts: Vec<Vec<u8>> = canonical().iter().map(|(_, text)| text.as_bytes().to_vec()).collect();
        texts.extend(WRITTEN.iter().map(|text| text.as_bytes().to_vec()));
        let is_wit = |path: &Path| path.extension().is_some_and(|extension| extension == "wit");
        for folder in ["tests/ui", "tests/golden"] {
            texts.extend(corpus::files(&examine::repository(folder), &is_wit));
        }
        assert!(texts.len() > 20, "hardly any contracts found");
        Self { texts }
    }

    pub(crate) fn generate(&self, rng: &mut Rng) -> Folder {
        let mut folder = Folder::new();
        for name in &["world.wit", "more.wit", "z.wit"][..[1, 1, 1, 1, 2, 2, 3][rng.usize(..7)]] {
            folder.insert((*name).to_owned(), self.text(rng));
        }
        if rng.u8(..3) == 0 {
            // Some or all of the contracts, as a component vendors them.
            let kept = rng.u8(..);
            for (at, (path, text)) in canonical().iter().enumerate() {
                if kept > 200 || kept >> (at % 8) & 1 == 1 {
                    folder.insert(
                        format!("deps/{path}"),
                        self.maybe_damaged(text.as_bytes().to_vec(), 12, rng),
                    );
                }
            }
        }
        for name in ["deps/x.wit", "deps/y/y.wit", "deps/y/z.wit", "deps/README.md"] {
            if rng.u8(..5) == 0 {
                folder.insert(name.to_owned(), self.text(rng));
            }
        }
        folder
    }

    fn text(&self, rng: &mut Rng) -> Vec<u8> {
        let text = match rng.u8(..4) {
            0 => made_up(rng),
            1 => Some(WRITTEN[rng.usize(..WRITTEN.len())].as_bytes().to_vec()),
            _ => None,
        };
        let text = text.unwrap_or_else(|| self.texts[rng.usize(..self.texts.len())].clone());
        self.maybe_damaged(text, 2, rng)
    }

    /// Damages one text in `often`.
    fn maybe_damaged(&self, text: Vec<u8>, often: u8, rng: &mut Rng) -> Vec<u8> {
        if rng.u8(..often) == 0 {
            damaged(&text, &self.texts, &WORDS, rng)
        } else {
            text
        }
    }
}

/// A binary of packages made by wit-smith.
pub(crate) fn made_up_binary(rng: &mut Rng) -> Option<Vec<u8>> {
    let bytes: Vec<u8> = (0..rng.usize(64..1024)).map(|_| rng.u8(..)).collect();
    guard::attempt(|| {
        let mut entropy = Unstructured::new(&bytes);
        let mut config: wit_smith::Config = entropy.arbitrary().ok()?;
        (config.max_packages, config.max_files_per_package) = (2, 1);
        wit_smith::smith(&config, &mut entropy).ok()
    })
}

/// Text of packages made by wit-smith.
fn made_up(rng: &mut Rng) -> Option<Vec<u8>> {
    let binary = made_up_binary(rng)?;
    guard::attempt(|| {
        let DecodedWasm::WitPackage(resolve, package) = wit_component::decode(&binary).ok()? else {
            return None;
        };
        let others: Vec<_> = resolve
            .packages
            .iter()
            .map(|(id, _)| id)
            .filter(|id| *id != package)
            .collect();
        let mut printer = WitPrinter::default();
        printer.print(&resolve, package, &others).ok()?;
        Some(printer.output.to_string().into_bytes())
    })
}

/// The files of a folder kept as one text, each after a line `// file: PATH`.
pub(crate) fn folder(text: &str) -> Folder {
    let files = text.split("// file: ").filter_map(|file| file.split_once('\n'));
    files
        .map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec()))
        .collect()
}

/// Checks a project with one component that has this contract. The compiler's verdict must be wit-parser's.
pub(crate) fn execute(folder: &Folder) -> Result<bool, String> {
    let mut files = MemoryFiles::new();
    files.insert("Torvyn.toml", PROJECT);
    files.insert("a/Cargo.toml", "");
    for (path, text) in folder {
        files.insert(format!("a/wit/{path}"), text.as_slice());
    }
    let analysis = examine::check(&files)?;
    let rejected = examine::has_error(
        &analysis,
        &[Code::WitSyntaxError, Code::WitResolutionError, Code::IoFailed],
    );
    let expected = guard::attempt(|| Some(resolve(folder))).unwrap_or(Err("it panics".to_owned()));
    match expected {
        Ok(()) if rejected => Err("wit-parser accepts the contract".into()),
        Err(error) if !rejected => Err(format!("wit-parser rejects the contract: {error}")),
        Ok(()) | Err(_) => {
            examine::is_equal_to_itself(&files, "a/wit")?;
            Ok(!rejected)
        }
    }
}

/// Accepts the folder if wit-parser does.
fn resolve(folder: &Folder) -> Result<(), String> {
    let mut packages: BTreeMap<&str, Vec<(&str, &[u8])>> = BTreeMap::new();
    for (path, text) in folder.iter().filter(|(path, _)| path.ends_with(".wit")) {
        let package = match path.strip_prefix("deps/") {
            None => "",
            Some(rest) => rest.split('/').next().unwrap_or(rest),
        };
        packages.entry(package).or_default().push((path, text));
    }
    let mut groups = Vec::new();
    for files in packages.values() {
        let mut map = SourceMap::new();
        for (path, text) in files {
            map.push_str(path, std::str::from_utf8(text).map_err(|error| error.to_string())?);
        }
        groups.push(map.parse().map_err(|(_, error)| error.to_string())?);
    }
    let main = groups.remove(0);
    add_contracts(&main, &mut groups)?;
    let pushed = Resolve::default().push_groups(main, groups);
    pushed.map(|_| ()).map_err(|error| error.to_string())
}

/// Adds the canonical contracts that are used but not vendored.
fn add_contracts(main: &UnresolvedPackageGroup, groups: &mut Vec<UnresolvedPackageGroup>) -> Result<(), String> {
    let mut contracts: BTreeMap<&str, SourceMap> = BTreeMap::new();
    for (path, text) in canonical() {
        let folder = path.split('/').next().unwrap_or(path);
        contracts.entry(folder).or_default().push_str(path, *text);
    }
    let parsed = contracts
        .into_values()
        .map(|map| map.parse().map_err(|(_, error)| error.to_string()));
    let contracts: Vec<UnresolvedPackageGroup> = parsed.collect::<Result<_, String>>()?;
    loop {
        let missing = contracts.iter().find(|contract| {
            let all = || {
                groups
                    .iter()
                    .chain([main])
                    .flat_map(|group| group.nested.iter().chain([&group.main]))
            };
            let name = &contract.main.name;
            all().all(|package| package.name != *name) && all().any(|package| package.foreign_deps.contains_key(name))
        });
        match missing {
            Some(contract) => groups.push(contract.clone()),
            None => return Ok(()),
        }
    }
}
