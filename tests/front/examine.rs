//! What must hold of every analysis, whatever the input was.

use std::path::Path;

use torvync_compiler::diag::{Code, Diagnostic, Severity, render};
use torvync_compiler::driver::{self, Analysis, Request};
use torvync_compiler::graph;
use torvync_compiler::source::files::MemoryFiles;
use torvync_compiler::source::{SourceMap, Span};

/// `check`, `link` and the pictures of a project, examined; the analysis of `link`, which says the most.
pub(crate) fn project(files: &MemoryFiles) -> Result<Analysis, String> {
    let request = Request {
        manifest: "Torvyn.toml".into(),
        flow: None,
        strict: false,
        components: None,
    };
    examine(&driver::check(files, &request))?;
    let outline = driver::outline(files, &request);
    examine(&outline)?;
    if let Some(project) = &outline.project {
        let graph = graph::graph(project, &outline.contracts);
        let _ = (graph::dot(&graph), graph::mermaid(&graph), graph::json(&graph));
        let picture = graph::svg(&graph);
        roxmltree::Document::parse(&picture).map_err(|error| format!("the picture is no XML: {error}"))?;
    }
    let link = driver::link(files, &request);
    examine(&link)?;
    Ok(link)
}

/// Every place lies in its text, and every format can say it.
fn examine(analysis: &Analysis) -> Result<(), String> {
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
    let text = render::text(&analysis.diagnostics, sources, true);
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

/// What is wrong with a text has a place in it; a text that is none has not, nor has an option.
fn has_a_place(diagnostic: &Diagnostic) -> bool {
    let without_text = [
        Code::ManifestNotFound,
        Code::ManifestParseError,
        Code::IoFailed,
        Code::InvalidOption,
    ];
    !diagnostic.labels.is_empty() || without_text.contains(&diagnostic.code)
}

/// Whether there is an error of one of these codes.
pub(crate) fn has_error(analysis: &Analysis, codes: &[Code]) -> bool {
    let mut errors = analysis
        .diagnostics
        .iter()
        .filter(|found| found.severity == Severity::Error);
    errors.any(|found| codes.contains(&found.code))
}

/// A folder of the repository.
pub(crate) fn repository(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}
