//! Component binaries: of the contracts, of worlds made by wit-smith, of wasm-smith, of built guests; damaged; compared
//! with the verdicts of wasmparser and wit-component.

use std::path::Path;

use arbitrary::Unstructured;
use fastrand::Rng;
use torvync_compiler::anatomy::Anatomy;
use torvync_compiler::contract::{canonical, component};
use torvync_compiler::diag::Code;
use torvync_compiler::inspect;
use torvync_compiler::source::files::MemoryFiles;
use wasmparser::{Parser, Payload, Validator, WasmFeatures};
use wit_component::{ComponentEncoder, DecodedWasm, StringEncoding};
use wit_parser::{ManglingAndAbi, Resolve, SourceMap, WorldId};

use crate::corpus;
use crate::examine;
use crate::guard;
use crate::wit::made_up_binary;

const PROJECT: &str = "[torvyn]\nname = \"a\"\nversion = \"0.1.0\"\ncontract_version = \"0.1.0\"\n\
    [flow.main.nodes.a]\ncomponent = \"builtin:generator\"\n[flow.main.nodes.b]\ncomponent = \"file://b.wasm\"\n\
    [flow.main.nodes.c]\ncomponent = \"builtin:console\"\n\
    [[flow.main.edges]]\nfrom = { node = \"a\", port = \"output\" }\nto = { node = \"b\", port = \"input\" }\n\
    [[flow.main.edges]]\nfrom = { node = \"b\", port = \"output\" }\nto = { node = \"c\", port = \"input\" }\n";

/// Largest guest used, in bytes: the many executions on larger ones would take too long.
const LARGEST: usize = 64 << 10;

/// The material that binaries are made from.
pub(crate) struct Corpus {
    binaries: Vec<Vec<u8>>,
    guests: Vec<Vec<u8>>,
}

impl Corpus {
    pub(crate) fn new() -> Self {
        let mut resolve = Resolve::default();
        let mut texts = SourceMap::new();
        texts.push_str("none.wit", "package none:none;");
        let mut folders: Vec<&str> = canonical()
            .iter()
            .filter_map(|(path, _)| path.split('/').next())
            .collect();
        folders.dedup();
        let groups = folders.iter().map(|folder| {
            let mut map = SourceMap::new();
            for (path, text) in canonical()
                .iter()
                .filter(|(path, _)| path.split('/').next() == Some(folder))
            {
                map.push_str(path, *text);
            }
            map.parse().map_err(|(_, error)| error).expect("the contracts parse")
        });
        let main = texts.parse().map_err(|(_, error)| error).expect("an empty package");
        resolve
            .push_groups(main, groups.collect())
            .expect("the contracts resolve");
        let worlds: Vec<WorldId> = resolve.worlds.iter().map(|(id, _)| id).collect();
        let mut binaries: Vec<Vec<u8>> = Vec::new();
        for world in worlds {
            let module = module(&resolve, world, true).expect("contracts make modules");
            binaries.push(encoded(&module).expect("contracts make components"));
            binaries.push(module);
        }
        assert!(binaries.len() > 20, "hardly any worlds found");
        Self {
            binaries,
            guests: guests(),
        }
    }

    pub(crate) fn generate(&self, rng: &mut Rng) -> Vec<u8> {
        let binary = match rng.u8(..20) {
            0..=5 => of_made_up_world(rng),
            6 => made_up_binary(rng),
            7..=10 => of_wasm_smith(rng),
            11 if !self.guests.is_empty() => Some(self.guests[rng.usize(..self.guests.len())].clone()),
            _ => None,
        };
        let mut binary = binary.unwrap_or_else(|| self.binaries[rng.usize(..self.binaries.len())].clone());
        for _ in 0..[0, 1, 1, 2, 4][rng.usize(..5)] {
            self.damage(&mut binary, rng);
        }
        binary
    }

    fn damage(&self, binary: &mut Vec<u8>, rng: &mut Rng) {
        if binary.is_empty() {
            return;
        }
        let at = rng.usize(..binary.len());
        let end = (at + rng.usize(1..24)).min(binary.len());
        match rng.u8(..8) {
            0..=2 => binary[at] = rng.u8(..),
            3 => binary[at] ^= 1 << rng.u8(..8),
            4 => {
                binary.drain(at..end);
            }
            5 => {
                let piece = binary[at..end].to_vec();
                let place = rng.usize(..=binary.len());
                binary.splice(place..place, piece);
            }
            6 => {
                let other = &self.binaries[rng.usize(..self.binaries.len())];
                let from = rng.usize(..other.len());
                let piece = other[from..(from + rng.usize(1..64)).min(other.len())].to_vec();
                binary.splice(at..end, piece);
            }
            _ => binary.truncate(at),
        }
    }
}

/// The guests, if they are built.
fn guests() -> Vec<Vec<u8>> {
    let folder = examine::repository("target/test-guests/wasm32-wasip2/release");
    let is_guest = |path: &Path| {
        let is_result = path.parent() == Some(&folder);
        is_result && path.extension().is_some_and(|extension| extension == "wasm")
    };
    let guests = corpus::files(&folder, &is_guest).into_iter();
    guests.filter(|bytes| bytes.len() < LARGEST).collect()
}

fn module(resolve: &Resolve, world: WorldId, standard: bool) -> Option<Vec<u8>> {
    let mangling = if standard {
        ManglingAndAbi::Standard32
    } else {
        ManglingAndAbi::Legacy(wit_parser::LiftLowerAbi::Sync)
    };
    let mut module = wit_component::dummy_module(resolve, world, mangling);
    wit_component::embed_component_metadata(&mut module, resolve, world, StringEncoding::UTF8, false).ok()?;
    Some(module)
}

fn encoded(module: &[u8]) -> Option<Vec<u8>> {
    ComponentEncoder::default().module(module).ok()?.encode().ok()
}

/// A component, or a module with metadata, of a world made by wit-smith.
fn of_made_up_world(rng: &mut Rng) -> Option<Vec<u8>> {
    let package = made_up_binary(rng)?;
    let (choice, standard, whole) = (rng.usize(..), rng.bool(), rng.u8(..4) > 0);
    guard::attempt(|| {
        let DecodedWasm::WitPackage(resolve, _) = wit_component::decode(&package).ok()? else {
            return None;
        };
        let worlds: Vec<WorldId> = resolve.worlds.iter().map(|(id, _)| id).collect();
        let world = *worlds.get(choice.checked_rem(worlds.len())?)?;
        let module = module(&resolve, world, standard)?;
        if whole { encoded(&module) } else { Some(module) }
    })
}

fn of_wasm_smith(rng: &mut Rng) -> Option<Vec<u8>> {
    let bytes: Vec<u8> = (0..rng.usize(64..2048)).map(|_| rng.u8(..)).collect();
    let is_component = rng.u8(..4) > 0;
    guard::attempt(|| {
        let mut entropy = Unstructured::new(&bytes);
        let config = wasm_smith::Config::default();
        if is_component {
            Some(wasm_smith::Component::new(config, &mut entropy).ok()?.to_bytes())
        } else {
            Some(wasm_smith::Module::new(config, &mut entropy).ok()?.to_bytes())
        }
    })
}

/// Checks a flow with this binary in the middle. The compiler's verdict must be that of the libraries.
pub(crate) fn execute(bytes: &[u8]) -> Result<bool, String> {
    let mut files = MemoryFiles::new();
    files.insert("Torvyn.toml", PROJECT);
    files.insert("b.wasm", bytes);
    let analysis = examine::link(&files)?;
    let rejected = examine::has_error(&analysis, &[Code::ComponentInvalid]);
    // wit-component overflows the stack on these.
    let notes = |text: &str| {
        analysis
            .diagnostics
            .iter()
            .any(|found| found.notes.iter().any(|note| note.contains(text)))
    };
    if notes("depend on each other in a cycle") {
        return Ok(false);
    }
    match accepted(bytes) {
        Ok(()) if rejected => return Err("the libraries accept the binary".into()),
        Err(error) if !rejected => return Err(format!("the libraries reject the binary: {error}")),
        Ok(()) | Err(_) => {}
    }
    examine::is_equal_to_itself(&files, "b.wasm")?;
    let _ = inspect::inspect(bytes);
    if component::signature(bytes).is_ok()
        && let Ok(anatomy) = Anatomy::of(bytes)
    {
        let _ = anatomy.stage_code();
    }
    Ok(!rejected)
}

/// Accepts the binary if wasmparser and wit-component do. A package of WIT is no component, though they can read it.
fn accepted(bytes: &[u8]) -> Result<(), String> {
    let header = Parser::is_component(bytes) || Parser::is_core_wasm(bytes);
    header.then_some(()).ok_or("no header")?;
    let mut validator = Validator::new_with_features(WasmFeatures::all());
    validator.validate_all(bytes).map_err(|error| error.to_string())?;
    let decoded = if Parser::is_component(bytes) {
        guard::attempt(|| wit_component::decode(bytes).ok()).map(|decoded| match decoded {
            DecodedWasm::Component(..) => true,
            DecodedWasm::WitPackage(..) => false,
        })
    } else if is_described(bytes) {
        guard::attempt(|| wit_component::metadata::decode(bytes).ok()).map(|_| true)
    } else {
        Some(true)
    };
    match decoded {
        Some(true) => Ok(()),
        Some(false) => Err("a package of WIT".into()),
        None => Err("wit-component can't decode it".into()),
    }
}

/// Whether a core module states which world it implements.
fn is_described(bytes: &[u8]) -> bool {
    let mut payloads = Parser::new(0).parse_all(bytes).map_while(Result::ok);
    payloads.any(|payload| {
        if let Payload::CustomSection(section) = payload {
            section.name().starts_with("component-type")
        } else {
            false
        }
    })
}
