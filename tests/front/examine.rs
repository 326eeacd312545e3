//! Properties of every analysis, whatever the input.

use std::path::Path;

use torvync_compiler::diag::{Code, Diagnostic, Severity, render};
use torvync_compiler::driver::{self, Analysis, Request};
use torvync_compiler::graph;
use torvync_compiler::source::files::MemoryFiles;
use torvync_compiler::source::{SourceMap, Span};

/// Runs `check` and examines the analysis.
pub(crate) fn check(files: &MemoryFiles) -> Result<Analysis, String> {
    let check = driver::check(files, &request());
    places(&check)?;
    formats(&check)?;
    Ok(check)
}

/// Runs `link` and examines the analysis.
pub(crate) fn link(files: &MemoryFiles) -> Result<Analysis, String> {
    let link = driver::link(files, &request());
    places(&link)?;
    formats(&link)?;
    Ok(link)
}

/// Draws the pictures that need no build.
pub(crate) fn pictures(check: &Analysis) -> Result<(), String> {
    if let Some(project) = &check.project {
        let graph = graph::graph(project, &check.contracts);
        let _ = (graph::dot(&graph), graph::mermaid(&graph), graph::json(&graph));
        let picture = graph::svg(&graph);
        roxmltree::Document::parse(&picture).map_err(|error| format!("the picture is no XML: {error}"))?;
    }
    Ok(())
}

/// Checks that a readable contract is compatible with itself.
pub(crate) fn is_equal_to_itself(files: &MemoryFiles, path: &str) -> Result<(), String> {
    let diff = driver::contract_diff(files, Path::new(path), Path::new(path));
    match diff.differences.first() {
        Some(difference) => Err(format!(
            "{path} differs from itself: {}: {}",
            difference.within, difference.what
        )),
        None => Ok(()),
    }
}

fn request() -> Request {
    Request {
        manifest: "Torvyn.toml".into(),
        flow: None,
        strict: false,
        components: None,
        work_dir: None,
    }
}

/// Checks that every diagnostic has a place, and that every place lies in its text.
fn places(analysis: &Analysis) -> Result<(), String> {
    let sources = &analysis.sources;
    for diagnostic in analysis.diagnostics.iter() {
        let labels = diagnostic.labels.iter().map(|label| label.span);
        let edits = diagnostic.fixes.iter().flat_map(|fix| &fix.edits).map(|edit| edit.span);
        if let Some(span) = labels.chain(edits).find(|span| !lies_in_its_text(sources, *span)) {
            return Err(format!("{} points to nowhere: {span:?}", diagnostic.code));
        }
        if !has_a_place(diagnostic) {
            return Err(format!("{} has no place: {}", diagnostic.code, diagnostic.message));
        }
    }
    Ok(())
}

/// Renders every diagnostic in every format.
fn formats(analysis: &Analysis) -> Result<(), String> {
    let sources = &analysis.sources;
    let text = render::text(&analysis.diagnostics, sources, false);
    let json = render::json(&analysis.diagnostics, sources);
    let log = render::sarif(&[(analysis.diagnostics.clone(), sources.clone())], 1);
    let results = log["runs"][0]["results"].as_array().map(Vec::len);
    if text.is_empty() != json.is_empty() || results != Some(json.len()) {
        return Err("the formats do not say the same".into());
    }
    Ok(())
}

fn lies_in_its_text(sources: &SourceMap, span: Span) -> bool {
    sources.text(span.source).get(span.start..span.end).is_some()
}

/// Whether the diagnostic should have a place: mistakes in a text have one, mistakes in binaries and options do not.
fn has_a_place(diagnostic: &Diagnostic) -> bool {
    let without_text = [
        Code::ManifestNotFound,
        Code::ManifestParseError,
        Code::IoFailed,
        Code::InvalidOption,
    ];
    !diagnostic.labels.is_empty() || without_text.contains(&diagnostic.code)
}

/// Whether there is an error with one of these codes.
pub(crate) fn has_error(analysis: &Analysis, codes: &[Code]) -> bool {
    let mut errors = analysis
        .diagnostics
        .iter()
        .filter(|found| found.severity == Severity::Error);
    errors.any(|found| codes.contains(&found.code))
}

/// Path of a folder of the repository.
pub(crate) fn repository(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}
