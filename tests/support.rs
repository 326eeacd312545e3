//! Cases that are data: finding them, copying each to a folder of its own, running `torvync` there, and comparing its
//! output with a golden file.
//!
//! A case is a `NAME.toml`, which becomes `Torvyn.toml`, or a folder with an `expected.stderr`. Comment lines of the
//! manifest (or of a file `case` in the folder) are instructions:
//!
//! ```text
//! # torvync link --flow main           the command; `torvync check` without such a line
//! # component a.wasm WORLD             a component that implements the world and does nothing
//! # module a.wasm WORLD                the same as a core module with WIT metadata
//! # module a.wasm                      a core module without
//! # code a.wasm WORLD CODE.wat         a component that implements the world with this core module
//! # core a.wasm WORLD CODE.wat         the same as a core module with WIT metadata
//! # truncated a.wasm WORLD             the first half of the component
//! # noise a.wasm                       random bytes
//! # env NAME=VALUE                     a variable for the command
//! ```
//! WORLD is `PACKAGE/NAME` of the canonical contracts, a `.wit` file of the case that uses them, or a self-contained
//! WIT folder of the case.

use std::path::{Path, PathBuf};
use std::{env, fs};

use libtest_mimic::Failed;
use similar::TextDiff;
use wit_component::{ComponentEncoder, StringEncoding};
use wit_parser::{ManglingAndAbi, Resolve, WorldId};

/// One test.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    /// Path below the folder of cases, without extension.
    pub(crate) name: String,
    /// Path of its manifest, or of its folder.
    pub(crate) path: PathBuf,
}

impl Case {
    /// All cases below `root`, sorted by name.
    pub(crate) fn find(root: &Path) -> Vec<Self> {
        let mut cases = Vec::new();
        search(root, root, &mut cases);
        cases.sort_by(|a, b| a.name.cmp(&b.name));
        cases
    }

    /// Copies the case to `project` and makes the components that it asks for.
    pub(crate) fn prepare(&self, project: &Path) -> Result<Script, Failed> {
        let text = self.lay_out(project)?;
        let mut script = Script {
            words: vec!["check".to_owned()],
            variables: Vec::new(),
        };
        for line in text.lines().filter_map(|line| line.strip_prefix("# ")) {
            let parts: Vec<_> = line.split_whitespace().collect();
            match parts.as_slice() {
                ["torvync", rest @ ..] => script.words = rest.iter().map(|word| (*word).to_owned()).collect(),
                ["component", file, world] => fs::write(project.join(file), component(project, world)?)?,
                ["module", file, world] => fs::write(project.join(file), module(project, world)?)?,
                ["module", file] => fs::write(project.join(file), wat::parse_str("(module)")?)?,
                ["code", file, world, code] => {
                    let module = coded(project, world, code)?;
                    fs::write(
                        project.join(file),
                        ComponentEncoder::default().module(&module)?.encode()?,
                    )?;
                }
                ["core", file, world, code] => fs::write(project.join(file), coded(project, world, code)?)?,
                ["truncated", file, world] => {
                    let whole = component(project, world)?;
                    fs::write(project.join(file), &whole[..whole.len() / 2])?;
                }
                ["noise", file] => fs::write(project.join(file), noise())?,
                ["env", setting] => {
                    let setting = setting.split_once('=');
                    script
                        .variables
                        .extend(setting.map(|(name, value)| (name.to_owned(), value.to_owned())));
                }
                _ => {}
            }
        }
        Ok(script)
    }

    /// Copies the case to `project`. Returns the text with its instructions.
    fn lay_out(&self, project: &Path) -> Result<String, Failed> {
        fs::create_dir_all(project)?;
        if self.path.is_dir() {
            copy(&self.path, project)?;
            let instructions = ["case", "Torvyn.toml"].map(|name| project.join(name));
            let file = instructions.iter().find(|file| file.is_file());
            return Ok(file.map_or(Ok(String::new()), fs::read_to_string)?);
        }
        fs::copy(&self.path, project.join("Torvyn.toml"))?;
        Ok(String::from_utf8_lossy(&fs::read(&self.path)?).into_owned())
    }
}

/// Instructions of a case.
#[derive(Clone, Debug)]
pub(crate) struct Script {
    /// The command, without `torvync`.
    pub(crate) words: Vec<String>,
    /// Variables for the command.
    pub(crate) variables: Vec<(String, String)>,
}

fn search(root: &Path, folder: &Path, cases: &mut Vec<Case>) {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries {
        let path = entry.expect("the folder of cases can be listed").path();
        let is_case = if path.is_dir() {
            path.join("case").is_file() || path.join("Torvyn.toml").is_file()
        } else {
            path.extension().is_some_and(|extension| extension == "toml")
        };
        if is_case {
            let name = path.with_extension("");
            let name = name.strip_prefix(root).expect("cases lie below their root");
            cases.push(Case {
                name: name.display().to_string(),
                path,
            });
        } else if path.is_dir() {
            search(root, &path, cases);
        }
    }
}

fn copy(from: &Path, to: &Path) -> Result<(), Failed> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        let target = to.join(path.file_name().expect("listed files have names"));
        if path.is_dir() {
            copy(&path, &target)?;
        } else {
            fs::copy(&path, target)?;
        }
    }
    Ok(())
}

/// Compares a text with the golden file; with `TORVYNC_BLESS=1` rewrites that.
pub(crate) fn compare(golden: &Path, actual: &str) -> Result<(), Failed> {
    let expected = fs::read_to_string(golden).unwrap_or_default();
    if expected == actual {
        return Ok(());
    }
    if env::var("TORVYNC_BLESS").is_ok_and(|value| value == "1") {
        fs::write(golden, actual)?;
        return Ok(());
    }
    let diff = TextDiff::from_lines(expected.as_str(), actual);
    let shown = diff
        .unified_diff()
        .context_radius(3)
        .header("expected", "actual")
        .to_string();
    Err(format!("{} differs (TORVYNC_BLESS=1 rewrites it):\n{shown}", golden.display()).into())
}

/// A core module that implements `world` and does nothing, described by WIT metadata.
fn module(project: &Path, world: &str) -> Result<Vec<u8>, Failed> {
    let (resolve, world) = resolved(project, world)?;
    let module = wit_component::dummy_module(&resolve, world, ManglingAndAbi::Standard32);
    described(module, &resolve, world)
}

/// A core module with WIT metadata whose code is a file of the case.
fn coded(project: &Path, world: &str, code: &str) -> Result<Vec<u8>, Failed> {
    let (resolve, world) = resolved(project, world)?;
    described(wat::parse_file(project.join(code))?, &resolve, world)
}

fn described(mut module: Vec<u8>, resolve: &Resolve, world: WorldId) -> Result<Vec<u8>, Failed> {
    wit_component::embed_component_metadata(&mut module, resolve, world, StringEncoding::UTF8, false)?;
    Ok(module)
}

fn resolved(project: &Path, world: &str) -> Result<(Resolve, WorldId), Failed> {
    let mut resolve = Resolve::default();
    let folder = project.join(world);
    if folder.is_dir() {
        let package = resolve.push_dir(folder)?.0;
        let world = resolve.select_world(&[package], None)?;
        return Ok((resolve, world));
    }
    let contracts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit");
    let mut packages = Vec::new();
    for folder in ["streaming", "filtering", "aggregation", "capabilities", "resources"] {
        packages.push(resolve.push_dir(contracts.join(format!("torvyn-{folder}")))?.0);
    }
    let world = if world.ends_with(".wit") {
        let package = resolve.push_file(project.join(world))?;
        resolve.select_world(&[package], None)?
    } else {
        resolve.select_world(&packages, Some(&format!("{world}@0.1.0")))?
    };
    Ok((resolve, world))
}

/// A component that implements `world` and does nothing.
pub(crate) fn component(project: &Path, world: &str) -> Result<Vec<u8>, Failed> {
    let module = module(project, world)?;
    Ok(ComponentEncoder::default().module(&module)?.encode()?)
}

/// Random bytes, the same in every run.
fn noise() -> Vec<u8> {
    let step = |state: &u32| Some(state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
    std::iter::successors(Some(7_u32), step)
        .take(256)
        .map(|state| state.to_be_bytes()[0])
        .collect()
}
