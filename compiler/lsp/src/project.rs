//! A project with open files, and the compiler's last analysis of it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;
use torvync_compiler::driver::{self, Analysis, Request};
use torvync_compiler::manifest::Manifest;
use torvync_compiler::source::files::OverlayFiles;

use crate::syntax::Syntax;
use crate::view::{MANIFEST, View};

/// A project.
#[derive(Default)]
pub(crate) struct Project {
    /// Whether a file of it changed since the last analysis.
    pub(crate) is_changed: bool,
    pub(crate) analysis: Analysis,
    /// The diagnostics by file, in the protocol's form.
    pub(crate) reports: BTreeMap<PathBuf, Vec<Value>>,
    text: String,
    syntax: Syntax,
    /// The last manifest that could be read as a whole.
    good: Option<Manifest>,
}

impl Project {
    /// Creates a project that was not analysed yet.
    pub(crate) fn unseen() -> Self {
        Self {
            is_changed: true,
            ..Self::default()
        }
    }

    /// Runs the compiler's front half.
    pub(crate) fn analyse(&mut self, files: &OverlayFiles<'_>) {
        self.is_changed = false;
        let request = Request {
            manifest: MANIFEST.into(),
            flow: None,
            strict: false,
            components: None,
            work_dir: None,
        };
        self.analysis = driver::check(files, &request);
        let manifest = self.analysis.manifest.as_ref();
        self.text = manifest
            .map(|manifest| self.analysis.sources.text(manifest.source).to_owned())
            .unwrap_or_default();
        self.syntax = Syntax::of(&self.text);
        let whole =
            manifest.filter(|manifest| manifest.components_complete && manifest.flows.iter().all(|flow| flow.complete));
        if let Some(whole) = whole {
            self.good = Some(whole.clone());
        }
    }

    /// Returns the view that handlers get.
    pub(crate) fn view<'a>(&'a self, files: &'a OverlayFiles<'_>) -> View<'a> {
        View {
            text: &self.text,
            syntax: &self.syntax,
            analysis: &self.analysis,
            good: self.good.as_ref(),
            contracts: &self.analysis.contracts,
            files,
        }
    }
}

/// Returns the folders of the components that a manifest declares, below the project's folder `root`.
pub(crate) fn component_folders(syntax: &Syntax, root: &Path) -> Vec<PathBuf> {
    let paths = syntax.like("component.#.path").filter_map(|entry| entry.text());
    paths.map(|(path, _)| crate::paths::clean(&root.join(path))).collect()
}
