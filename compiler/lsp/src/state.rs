//! The open documents, and the projects that they are part of.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;
use torvync_compiler::source::files::{DiskFiles, Files, OverlayFiles};

use crate::project::{Project, component_folders};
use crate::syntax::Syntax;
use crate::to_proto::{self, Client, Documents};
use crate::view::{MANIFEST, View};

/// Everything a session knows. Paths are absolute.
#[derive(Default)]
pub(crate) struct State {
    /// The texts of the open documents.
    texts: BTreeMap<PathBuf, String>,
    documents: BTreeMap<PathBuf, Document>,
    /// The projects of the open documents, by path of the manifest.
    projects: BTreeMap<PathBuf, Project>,
    /// The diagnostics that were last sent to the client, by file.
    published: BTreeMap<PathBuf, Published>,
    /// Whether documents or files changed since diagnostics were last sent.
    is_touched: bool,
}

/// An open document, besides its text.
struct Document {
    /// The client's name for it.
    uri: String,
    version: i32,
}

#[derive(PartialEq)]
struct Published {
    version: Option<i32>,
    diagnostics: Vec<Value>,
}

impl State {
    /// Whether there is anything to analyse or to send.
    pub(crate) fn has_changes(&self) -> bool {
        self.is_touched || self.projects.values().any(|project| project.is_changed)
    }

    /// Adds a document that was opened, unless it is neither a manifest nor a contract.
    pub(crate) fn set(&mut self, path: PathBuf, uri: String, version: i32, text: String) {
        if !is_ours(&path) {
            return;
        }
        self.texts.insert(path.clone(), text);
        self.documents.insert(path.clone(), Document { uri, version });
        self.touched(&path);
    }

    /// Sets the new text of an open document.
    pub(crate) fn change(&mut self, path: &Path, version: i32, text: String) {
        let Some(document) = self.documents.get_mut(path) else {
            return;
        };
        document.version = version;
        self.texts.insert(path.to_owned(), text);
        self.touched(path);
    }

    /// Removes a document that was closed; the file on the disk takes its place.
    pub(crate) fn close(&mut self, path: &Path) {
        self.texts.remove(path);
        self.documents.remove(path);
        self.touched(path);
    }

    /// Marks all projects as changed, because files on the disk have changed.
    pub(crate) fn disk_changed(&mut self) {
        for project in self.projects.values_mut() {
            project.is_changed = true;
        }
        self.assign();
        self.is_touched = true;
    }

    /// Analyses the projects that have changed, and returns the messages for the client.
    pub(crate) fn refresh(&mut self, client: &Client) -> Vec<Value> {
        self.is_touched = false;
        for (manifest, project) in self.projects.iter_mut().filter(|(_, project)| project.is_changed) {
            let root = folder(manifest);
            project.analyse(&OverlayFiles::new(root, &self.texts, &DiskFiles));
            let documents = &self.documents;
            let uri = |path: &Path| uri(documents, path);
            project.reports = to_proto::reports(&project.analysis, root, client, &uri);
        }
        self.publish()
    }

    /// Returns an open document's text.
    pub(crate) fn text(&self, path: &Path) -> Option<&str> {
        self.texts.get(path).map(String::as_str)
    }

    /// Calls `look` with a view of the project of this manifest; `None` if no document of it is open.
    pub(crate) fn with_project<T>(&self, manifest: &Path, look: impl FnOnce(View<'_>) -> T) -> Option<T> {
        let project = self.projects.get(manifest)?;
        let files = OverlayFiles::new(folder(manifest), &self.texts, &DiskFiles);
        Some(look(project.view(&files)))
    }

    /// Returns all files, by absolute path.
    pub(crate) fn files(&self) -> OverlayFiles<'_> {
        OverlayFiles::new(Path::new("/"), &self.texts, &DiskFiles)
    }

    /// Returns the projects, each with its folder.
    pub(crate) fn projects(&self) -> impl Iterator<Item = (&Path, &Project)> {
        self.projects
            .iter()
            .map(|(manifest, project)| (folder(manifest), project))
    }

    fn touched(&mut self, path: &Path) {
        self.is_touched = true;
        self.assign();
        let affected = self
            .projects
            .keys()
            .filter(|manifest| *manifest == path || self.holds(manifest, path));
        let affected: Vec<PathBuf> = affected.cloned().collect();
        for manifest in affected {
            self.projects.entry(manifest).or_default().is_changed = true;
        }
    }

    /// Adds the missing projects of open documents, and removes the others.
    fn assign(&mut self) {
        let wanted: BTreeSet<PathBuf> = self.documents.keys().filter_map(|path| self.owner(path)).collect();
        self.projects.retain(|manifest, _| wanted.contains(manifest));
        for manifest in wanted {
            self.projects.entry(manifest).or_insert_with(Project::unseen);
        }
    }

    /// Returns the manifest of a document's project. The project of a contract is the nearest one around it with a
    /// component that contains it.
    fn owner(&self, path: &Path) -> Option<PathBuf> {
        if path.file_name().is_some_and(|name| name == MANIFEST) {
            return Some(path.to_owned());
        }
        let manifests = path.ancestors().skip(1).map(|folder| folder.join(MANIFEST));
        manifests.into_iter().find(|manifest| self.holds(manifest, path))
    }

    /// Whether the file is in the folder of a component of the project.
    fn holds(&self, manifest: &Path, path: &Path) -> bool {
        let Some(text) = self.read(manifest) else { return false };
        let folders = component_folders(&Syntax::of(&text), folder(manifest));
        folders.iter().any(|folder| path.starts_with(folder))
    }

    /// Returns the notifications for files whose diagnostics or version differ from those last sent.
    fn publish(&mut self) -> Vec<Value> {
        let mut current: BTreeMap<PathBuf, Published> = BTreeMap::new();
        for (path, document) in &self.documents {
            current.insert(
                path.clone(),
                Published {
                    version: Some(document.version),
                    diagnostics: Vec::new(),
                },
            );
        }
        for (path, reports) in self.projects.values().flat_map(|project| &project.reports) {
            let entry = current.entry(path.clone());
            let entry = entry.or_insert_with(|| Published {
                version: None,
                diagnostics: Vec::new(),
            });
            // Two projects may report the same: the folder of a component may have a manifest of its own.
            let new = reports.iter().filter(|report| !entry.diagnostics.contains(report));
            let new: Vec<Value> = new.cloned().collect();
            entry.diagnostics.extend(new);
        }
        let mut messages = Vec::new();
        for path in self.published.keys().filter(|path| !current.contains_key(*path)) {
            messages.push(to_proto::published(&self.uri(path), None, &[]));
        }
        for (path, now) in &current {
            if self.published.get(path) != Some(now) {
                messages.push(to_proto::published(&self.uri(path), now.version, &now.diagnostics));
            }
        }
        self.published = current;
        messages
    }
}

impl Documents for State {
    fn read(&self, path: &Path) -> Option<String> {
        match self.texts.get(path) {
            Some(text) => Some(text.clone()),
            None => String::from_utf8(DiskFiles.read(path).ok()?).ok(),
        }
    }

    fn uri(&self, path: &Path) -> String {
        uri(&self.documents, path)
    }
}

fn folder(manifest: &Path) -> &Path {
    manifest.parent().unwrap_or(Path::new("/"))
}

/// Whether a document is a manifest or a contract; other files are ignored.
fn is_ours(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == MANIFEST)
        || path.extension().is_some_and(|extension| extension == "wit")
}

fn uri(documents: &BTreeMap<PathBuf, Document>, path: &Path) -> String {
    documents
        .get(path)
        .map_or_else(|| to_proto::uri_of(path), |document| document.uri.clone())
}
