//! Makes everything that is measured: executables, machine code, input.

use std::env;
use std::fs;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use bench_common::Failed;
use bench_common::figures::distinct;
use native::manifest::Manifest;
use native::programs::{PROGRAMS, Program};

use crate::arguments::Arguments;
use crate::launch::{Launcher, Usage};
use crate::load::Supply;
use crate::variant::{Kind, Places, VARIANTS, Variant};

/// The manifest of the flows.
const MANIFEST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../Torvyn.toml");

/// The folder of builds without replicas, in the work folder.
const BUILDS: &str = "torvync";

/// A program, and the ways in which it is done.
pub(crate) struct Work {
    pub(crate) program: &'static Program,
    pub(crate) variants: Vec<Variant>,
    pub(crate) supply: Supply,
}

/// Everything that can be measured.
pub(crate) struct Bench {
    pub(crate) works: Vec<Work>,
    pub(crate) places: Places,
    pub(crate) launcher: Launcher,
}

impl Bench {
    /// Makes what `arguments` ask for. `tell` hears how far it is.
    pub(crate) fn prepare(arguments: &Arguments, tell: &dyn Fn(&str)) -> Result<Self, Failed> {
        let places = Places {
            manifest: Path::new(MANIFEST).canonicalize()?,
            native: arguments.native.clone(),
            typed: env::current_exe()?.with_file_name(format!("typed{}", env::consts::EXE_SUFFIX)),
            work: arguments.work.clone(),
            cores: thread::available_parallelism().map_or(1, NonZero::get),
        };
        for folder in [places.work.join("bin"), places.modules(), places.work.join("output")] {
            fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        }
        let mut works = Vec::new();
        for program in chosen(&arguments.programs, &PROGRAMS, |program| program.name)? {
            let variants = chosen(&arguments.paths, &VARIANTS, |variant| variant.name)?;
            let variants = variants.into_iter().copied();
            works.push(Work {
                program,
                variants: variants.filter(|one| one.suits(program, places.cores)).collect(),
                supply: Supply::of(program, &places.manifest, &places.work)?,
            });
        }
        let maker = Maker {
            torvync: &arguments.torvync,
            places: &places,
        };
        for work in &works {
            maker.make(work, tell)?;
        }
        let launcher = Launcher::new(places.work.clone());
        Ok(Self {
            works,
            places,
            launcher,
        })
    }

    /// Runs one variant of a program with so many elements. What it writes is appended to `file`, what it prints goes to
    /// `printed`.
    pub(crate) fn run(
        &mut self,
        work: usize,
        variant: Variant,
        elements: u64,
        output: &Output<'_>,
    ) -> Result<Usage, Failed> {
        let work = &mut self.works[work];
        let (program, load) = (work.program, work.supply.load(elements)?);
        let command = self.places.command(program, variant, load, output.file);
        let usage = self.launcher.run(&command, output.printed);
        usage.map_err(|error| format!("{}, {}: {error}", program.name, variant.name).into())
    }
}

/// Where the results of a run go.
pub(crate) struct Output<'a> {
    /// What a program writes to a file.
    pub(crate) file: &'a Path,
    /// What it prints; `None`: nowhere.
    pub(crate) printed: Option<&'a Path>,
}

/// Those of `all` whose names are `wanted`; all when none is named.
fn chosen<'a, T>(wanted: &[String], all: &'a [T], name: impl Fn(&T) -> &'static str) -> Result<Vec<&'a T>, Failed> {
    if let Some(unknown) = wanted
        .iter()
        .find(|wanted| all.iter().all(|one| name(one) != wanted.as_str()))
    {
        let known: Vec<&str> = all.iter().map(&name).collect();
        return Err(format!("`{unknown}` is none of {}", known.join(", ")).into());
    }
    let is_wanted = |one: &&T| wanted.is_empty() || wanted.iter().any(|wanted| wanted == name(one));
    Ok(all.iter().filter(is_wanted).collect())
}

/// Makes executables and machine code.
struct Maker<'a> {
    torvync: &'a Path,
    places: &'a Places,
}

impl Maker<'_> {
    fn make(&self, work: &Work, tell: &dyn Fn(&str)) -> Result<(), Failed> {
        let program = work.program;
        let mut has_binaries = false;
        for variant in &work.variants {
            let Kind::Compiled { path, divided } = variant.kind else {
                continue;
            };
            tell(&format!("building {}, {}", program.name, variant.name));
            match divided {
                true => self.build(
                    program,
                    *variant,
                    path,
                    &self.with_replicas(program)?,
                    "torvync-replicas",
                )?,
                false => self.build(program, *variant, path, &self.places.manifest, BUILDS)?,
            }
            has_binaries |= !divided;
        }
        if let Some(typed) = work.variants.iter().find(|variant| variant.kind == Kind::Typed) {
            tell(&format!("compiling the components of {}", program.name));
            if !has_binaries {
                self.build(program, *typed, "component", &self.places.manifest, BUILDS)?;
            }
            self.machine_code(program)?;
        }
        Ok(())
    }

    /// A manifest in which the flow of a program has a replica for each core.
    fn with_replicas(&self, program: &Program) -> Result<PathBuf, Failed> {
        let folder = self.places.work.join("replicas").join(program.name);
        fs::create_dir_all(&folder)?;
        let manifest = folder.join("Torvyn.toml");
        let original = Manifest::read(&self.places.manifest)?;
        fs::write(&manifest, original.with_replicas(program.name, self.places.cores)?)?;
        Ok(manifest)
    }

    fn build(
        &self,
        program: &Program,
        variant: Variant,
        path: &str,
        manifest: &Path,
        folder: &str,
    ) -> Result<(), Failed> {
        let mut torvync = Command::new(self.torvync);
        torvync.args(["build", "--release", "--quiet", "--flow", program.name, "--opt", path]);
        torvync.arg("--manifest").arg(manifest);
        torvync.arg("--work-dir").arg(self.places.work.join(folder));
        torvync.arg("-o").arg(self.places.executable(program, variant));
        finish(&mut torvync)
    }

    /// The components of a program as machine code: the same binaries that `torvync` compiled.
    fn machine_code(&self, program: &'static Program) -> Result<(), Failed> {
        let manifest = Manifest::read(&self.places.manifest)?;
        let flow = manifest.flow(program.name)?;
        let components: Result<Vec<&str>, Failed> =
            program.nodes.iter().map(|(node, _)| flow.component(node)).collect();
        for component in distinct(components?.into_iter()) {
            let binary = self.places.work.join(BUILDS).join("components");
            let mut typed = Command::new(&self.places.typed);
            typed.arg("compile").arg(binary.join(format!("{component}.wasm")));
            typed.arg(self.places.modules().join(format!("{component}.cwasm")));
            finish(&mut typed)?;
        }
        Ok(())
    }
}

fn finish(command: &mut Command) -> Result<(), Failed> {
    let program = command.get_program().to_owned();
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{} ended with {status}", program.display()).into()),
        Err(error) => Err(format!("{}: {error}", program.display()).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_choose_what_is_measured() {
        let names = |wanted: &[&str]| {
            let wanted: Vec<String> = wanted.iter().map(|name| (*name).to_owned()).collect();
            let chosen = chosen(&wanted, &PROGRAMS, |program| program.name)?;
            Ok::<_, Failed>(chosen.iter().map(|program| program.name).collect::<Vec<_>>())
        };
        assert_eq!(names(&[]).unwrap().len(), PROGRAMS.len());
        assert_eq!(names(&["json-edit"]).unwrap(), ["json-edit"]);
        let refused = names(&["yaml-edit"]).unwrap_err().to_string();
        assert_eq!(
            refused,
            "`yaml-edit` is none of log-triage, event-enrichment, token-streaming, json-edit"
        );
    }
}
