//! The walk through all keys: each has a visible effect, or a warning that it has none. `keys/walk.txt` is the walk; a
//! key without a line in it fails.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use libtest_mimic::{Failed, Trial};
use tempfile::TempDir;
use torvyn_codegen::ir::Builtin;
use torvyn_codegen::target::Target;
use torvync_compiler::aot::{FunctionNames, Normalised};
use torvync_compiler::driver::{self, Analysis, Request};
use torvync_compiler::lower::LowerOptions;
use torvync_compiler::manifest::schema::{self, Key, Kind};
use torvync_compiler::source::Span;
use torvync_compiler::source::files::DiskFiles;
use torvync_compiler::{graph, lower};

use crate::support::Case;
use crate::torvync;

/// A line of the walk.
#[derive(Clone)]
struct Step {
    key: String,
    base: String,
    setting: String,
    shown: String,
}

/// A trial for each line, and one that every key has a line.
pub(crate) fn trials(root: &Path) -> Vec<Trial> {
    let folder = root.join("keys");
    let steps = steps(&folder);
    let keys: BTreeSet<String> = steps.iter().map(|step| step.key.clone()).collect();
    let every_key = Trial::test("keys/every_key_has_a_line", move || every_key_has_a_line(&keys));
    let walk = steps.into_iter().enumerate().map(|(number, step)| {
        let (root, name) = (root.to_owned(), format!("keys/{number}/{}", step.key));
        Trial::test(name, move || walk(&root, &step))
    });
    walk.chain([every_key]).collect()
}

fn steps(folder: &Path) -> Vec<Step> {
    let text = fs::read_to_string(folder.join("walk.txt")).expect("the walk is there");
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let step = |line: &str| {
        let parts: Vec<String> = line.split(" | ").map(|part| part.trim().replace("\\n", "\n")).collect();
        let [key, base, setting, shown] = parts.try_into().unwrap_or_else(|_| panic!("four parts: {line}"));
        Step {
            key,
            base,
            setting,
            shown,
        }
    };
    lines.map(step).collect()
}

fn every_key_has_a_line(walked: &BTreeSet<String>) -> Result<(), Failed> {
    let mut keys = BTreeSet::new();
    collect(schema::ROOT, "", &mut keys);
    for builtin in Builtin::ALL {
        let settings = builtin.settings().iter();
        keys.extend(settings.map(|setting| format!("builtin:{}.{}", builtin.as_str(), setting.name)));
    }
    let missing: Vec<_> = keys.difference(walked).collect();
    let unknown: Vec<_> = walked.difference(&keys).collect();
    if missing.is_empty() && unknown.is_empty() {
        Ok(())
    } else {
        Err(format!("without a line in keys/walk.txt: {missing:?}; lines without a key: {unknown:?}").into())
    }
}

/// Adds the keys that take a value.
fn collect(keys: &[Key], path: &str, found: &mut BTreeSet<String>) {
    for key in keys {
        let at = if path.is_empty() {
            key.name.to_owned()
        } else {
            format!("{path}.{}", key.name)
        };
        let inner = key.kind.keys();
        if inner.is_empty() || matches!(key.kind, Kind::Action(_)) {
            found.insert(at.clone());
        }
        let below = match matches!(key.kind, Kind::Named(_)) {
            true => format!("{at}.NAME"),
            false => at,
        };
        collect(inner, &below, found);
    }
}

fn walk(root: &Path, step: &Step) -> Result<(), Failed> {
    if step.base == "run" {
        // `e2e/settings.rs` runs these.
        return Ok(());
    }
    let words: Vec<&str> = step.shown.splitn(3, ' ').collect();
    match words.as_slice() {
        ["program"] => differs(root, step, None, program),
        ["program", "than", other] => differs(root, step, Some(other), program),
        ["graph"] => differs(root, step, None, picture),
        ["case", name] => case(root, name, &step.setting),
        [code] => diagnosed(root, step, code, true),
        [code, "elsewhere"] => diagnosed(root, step, code, false),
        _ => Err(format!("nothing is known to be shown by `{}`", step.shown).into()),
    }
}

/// A project in a folder of its own.
struct Project {
    folder: TempDir,
    /// Byte range of the lines inserted into its manifest.
    placed: std::ops::Range<usize>,
}

impl Project {
    fn new(root: &Path, base: &str, setting: &str) -> Result<Self, Failed> {
        let folder = TempDir::new()?;
        let case = Case {
            name: base.to_owned(),
            path: root.join("keys").join(format!("{base}.toml")),
        };
        case.prepare(folder.path())?;
        let manifest = folder.path().join("Torvyn.toml");
        let mut text = fs::read_to_string(&manifest)?;
        let mut placed = 0..0;
        for part in setting.split("\n@").filter(|part| !part.is_empty()) {
            let (table, lines) = part.split_once(": ").ok_or("a setting has a table")?;
            placed = place(&mut text, table, lines)?;
        }
        fs::write(&manifest, text)?;
        Ok(Self { folder, placed })
    }

    fn request(&self) -> Request {
        Request {
            manifest: self.manifest(),
            flow: None,
            strict: false,
            components: None,
            work_dir: None,
        }
    }

    fn manifest(&self) -> PathBuf {
        self.folder.path().join("Torvyn.toml")
    }

    fn link(&self) -> Analysis {
        driver::link(&DiskFiles, &self.request())
    }
}

/// Inserts lines at the table's mark, or in place of a line with the same key. Returns their range.
fn place(text: &mut String, table: &str, lines: &str) -> Result<std::ops::Range<usize>, Failed> {
    let mark = format!("\n# {table}\n");
    let at = text.find(&mark).ok_or_else(|| format!("no mark `# {table}`"))? + 1;
    let start = text[..at].rfind("\n[").map_or(0, |header| header + 1);
    let key = lines.split([' ', '.', '=']).next().unwrap_or_default();
    let mut offset = start;
    for line in text[start..at].split_inclusive('\n') {
        let own = line.split([' ', '.', '=']).next().unwrap_or_default();
        if own == key {
            text.replace_range(offset..offset + line.len(), &format!("{lines}\n"));
            return Ok(offset..offset + lines.len());
        }
        offset += line.len();
    }
    text.insert_str(at, &format!("{lines}\n"));
    Ok(at..at + lines.len())
}

/// Checks that the result of `of` changes with the setting.
fn differs(
    root: &Path,
    step: &Step,
    than: Option<&str>,
    of: fn(&Project) -> Result<String, Failed>,
) -> Result<(), Failed> {
    let table = step.setting.split(": ").next().unwrap_or_default();
    let other = than.map(|other| format!("{table}: {other}")).unwrap_or_default();
    let with = of(&Project::new(root, &step.base, &step.setting)?)?;
    let without = of(&Project::new(root, &step.base, &other)?)?;
    if with == without {
        Err(format!("`{}` changes nothing", step.setting).into())
    } else {
        Ok(())
    }
}

/// The generated crate.
fn program(project: &Project) -> Result<String, Failed> {
    let analysis = project.link();
    let said: Vec<_> = analysis.diagnostics.iter().map(|said| said.message.clone()).collect();
    if analysis.diagnostics.has_errors() {
        return Err(format!("does not link: {said:?}").into());
    }
    let (Some(resolved), Some(manifest)) = (&analysis.project, &analysis.manifest) else {
        return Err("no project".into());
    };
    let used: Span = manifest.references(None)[0].span;
    let mut components = Vec::new();
    for id in lower::components(&analysis.flows) {
        let component = resolved.component(id);
        let binary = analysis.contracts.binary(&component.reference).ok_or("a binary")?;
        let bytes = fs::read(&binary.path)?;
        let made = Normalised::new(component.name.clone(), &bytes, FunctionNames::Removed, used);
        components.push(made.map_err(|error| format!("{error:?}"))?);
    }
    let lowered = lower::lower(
        resolved,
        &analysis.flows,
        &components,
        LowerOptions {
            target: &Target::new("x86_64-unknown-linux-gnu"),
            optimize: None,
            profiling: false,
        },
    );
    let generated = torvyn_codegen::generate(&lowered.program);
    Ok(format!("{:#?}", generated.files))
}

/// The graph as JSON.
fn picture(project: &Project) -> Result<String, Failed> {
    let analysis = driver::check(&DiskFiles, &project.request());
    let resolved = analysis.project.as_ref().ok_or("no project")?;
    Ok(format!(
        "{:#?}",
        graph::json(&graph::graph(resolved, &analysis.contracts))
    ))
}

/// Checks that a diagnostic with this code occurs with the setting and not without; at the setting itself if `here`.
fn diagnosed(root: &Path, step: &Step, code: &str, here: bool) -> Result<(), Failed> {
    let project = Project::new(root, &step.base, &step.setting)?;
    let count = |analysis: &Analysis, placed: Option<&std::ops::Range<usize>>| {
        let of_code = analysis.diagnostics.iter().filter(|said| said.code.as_str() == code);
        let is_placed = |span: &Span| {
            placed.is_none_or(|placed| {
                analysis.sources.name(span.source).ends_with("Torvyn.toml") && placed.contains(&span.start)
            })
        };
        of_code
            .filter(|said| said.labels.iter().any(|label| is_placed(&label.span)))
            .count()
    };
    let with = project.link();
    let without = Project::new(root, &step.base, "")?.link();
    if count(&with, here.then_some(&project.placed)) > 0 && count(&with, None) > count(&without, None) {
        return Ok(());
    }
    let said: Vec<_> = with
        .diagnostics
        .iter()
        .map(|said| (said.code.as_str(), &said.message))
        .collect();
    Err(format!("no {code} at `{}`: {said:?}", step.setting).into())
}

/// Checks that the messages of a case change when a part of its manifest does.
fn case(root: &Path, name: &str, change: &str) -> Result<(), Failed> {
    let (part, other) = change.split_once(" => ").ok_or("a change has two sides")?;
    let path = root.join("ui").join(name);
    let case = Case {
        name: name.to_owned(),
        path: if path.is_dir() {
            path
        } else {
            path.with_extension("toml")
        },
    };
    if messages(&case, part, part)? == messages(&case, part, other)? {
        Err(format!("{name} says the same without `{part}`").into())
    } else {
        Ok(())
    }
}

/// The messages of a case with `other` in place of `part`.
fn messages(case: &Case, part: &str, other: &str) -> Result<Vec<String>, Failed> {
    let folder = TempDir::new()?;
    let project = folder.path().join("project");
    let script = case.prepare(&project)?;
    let manifest = project.join("Torvyn.toml");
    let text = fs::read_to_string(&manifest)?;
    if text.matches(part).count() != 1 {
        return Err(format!("{} does not have `{part}` once", case.name).into());
    }
    fs::write(&manifest, text.replace(part, other))?;
    let said = torvync(&project, folder.path(), &script.words, &script.variables)?;
    let messages = said
        .lines()
        .filter(|line| line.starts_with("error[") || line.starts_with("warning["));
    Ok(messages.map(str::to_owned).collect())
}
