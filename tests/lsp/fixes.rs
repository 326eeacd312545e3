//! Every fix offered with a diagnostic mends its mistake, in every manifest of the tests.

use std::fs;
use std::path::Path;

use torvync_compiler::diag::{Diagnostic, Fix};
use torvync_compiler::driver::{self, Analysis, Request};
use torvync_compiler::source::files::MemoryFiles;

fn check(text: &str) -> Analysis {
    let mut files = MemoryFiles::new();
    files.insert("Torvyn.toml", text);
    let request = Request {
        manifest: "Torvyn.toml".into(),
        flow: None,
        strict: false,
        components: None,
        work_dir: None,
    };
    driver::check(&files, &request)
}

fn applied(text: &str, fix: &Fix) -> String {
    let mut edits: Vec<_> = fix.edits.iter().collect();
    edits.sort_by_key(|edit| std::cmp::Reverse(edit.span.start));
    let mut text = text.to_owned();
    for edit in edits {
        text.replace_range(edit.span.start..edit.span.end, &edit.text);
    }
    text
}

#[test]
fn every_fix_mends_what_it_is_for() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("ui");
    let mut tried = 0;
    for folder in ["link", "manifest", "resolve"] {
        for entry in fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|extension| extension != "toml") {
                continue;
            }
            // One case is not UTF-8.
            let Ok(text) = fs::read_to_string(&path) else { continue };
            let before = check(&text);
            for diagnostic in before.diagnostics.iter() {
                for fix in &diagnostic.fixes {
                    let mended = applied(&text, fix);
                    let after = check(&mended);
                    let is_same =
                        |other: &&Diagnostic| (other.code, &other.message) == (diagnostic.code, &diagnostic.message);
                    let count = |analysis: &Analysis| analysis.diagnostics.iter().filter(is_same).count();
                    assert!(
                        count(&after) < count(&before),
                        "{}: {} {mended}",
                        path.display(),
                        fix.title
                    );
                    tried += 1;
                }
            }
        }
    }
    assert!(tried >= 10, "only {tried} fixes in all manifests");
}
