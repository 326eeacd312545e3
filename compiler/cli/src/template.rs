//! The projects that `torvync init` makes: text files with placeholders.

mod sources;

use std::path::{Path, PathBuf};

use torvync_compiler::{contract, sdk};

use sources::{AGGREGATOR, EMPTY, FILTER, FULL_PIPELINE, Kind, Part, ROUTER, SINK, SOURCE, Source, TRANSFORM};

/// Folder of the SDK in a project.
const SDK: &str = "vendor/torvyn";

/// The dependency of components that have a configuration.
const SERDE: &str = "serde = { version = \"1\", features = [\"derive\"] }\n";

/// A template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Template {
    Source,
    Sink,
    Transform,
    Filter,
    Router,
    Aggregator,
    FullPipeline,
    Empty,
}

/// A file of a new project.
pub(crate) struct NewFile {
    /// Relative to the project's folder.
    pub(crate) path: PathBuf,
    pub(crate) text: String,
    /// Folder that is listed in place of the file: one that every project gets, with many files.
    pub(crate) shown_as: Option<PathBuf>,
}

impl Template {
    /// The templates by name.
    pub(crate) const ALL: &'static [(&'static str, Template)] = &[
        ("source", Template::Source),
        ("sink", Template::Sink),
        ("transform", Template::Transform),
        ("filter", Template::Filter),
        ("router", Template::Router),
        ("aggregator", Template::Aggregator),
        ("full-pipeline", Template::FullPipeline),
        ("empty", Template::Empty),
    ];

    pub(crate) fn name(self) -> &'static str {
        let named = Self::ALL.iter().find(|(_, template)| *template == self);
        named
            .map(|(name, _)| *name)
            .expect("invariant: every template is listed")
    }

    /// Returns the files of a project called `name`, in the order in which they are listed.
    pub(crate) fn files(self, name: &str, with_example: bool) -> Vec<NewFile> {
        let wanted = |kind| match kind {
            Kind::Always => true,
            Kind::Example => with_example,
            Kind::Stubs => !with_example,
        };
        let mut files = Vec::new();
        for source in self.sources().iter().filter(|source| wanted(source.kind)) {
            files.push(NewFile {
                path: source.path.into(),
                text: fill(source.text, name, source.part),
                shown_as: None,
            });
            if let Some(folder) = source.path.strip_suffix("world.wit") {
                files.extend(copies(contract::canonical(), &Path::new(folder).join("deps")));
            }
        }
        let has_code = files.iter().any(|file| file.path.ends_with("lib.rs"));
        if has_code {
            files.extend(copies(sdk::files(), Path::new(SDK)));
        }
        files
    }

    fn sources(self) -> &'static [Source] {
        match self {
            Template::Source => SOURCE,
            Template::Sink => SINK,
            Template::Transform => TRANSFORM,
            Template::Filter => FILTER,
            Template::Router => ROUTER,
            Template::Aggregator => AGGREGATOR,
            Template::FullPipeline => FULL_PIPELINE,
            Template::Empty => EMPTY,
        }
    }
}

/// Returns copies of files that projects contain for tools that don't know this compiler.
fn copies(originals: &'static [(&str, &str)], folder: &Path) -> impl Iterator<Item = NewFile> {
    originals.iter().map(move |(path, text)| NewFile {
        path: folder.join(path),
        text: (*text).to_owned(),
        shown_as: Some(folder.to_owned()),
    })
}

fn fill(text: &str, project: &str, part: Option<&Part>) -> String {
    let world = wit_name(part.and_then(|part| part.name).unwrap_or(project));
    let escaped = if WIT_KEYWORDS.split(' ').any(|keyword| keyword == world) {
        format!("%{world}")
    } else {
        world.clone()
    };
    let text = text
        .replace("{{name}}", project)
        .replace("{{world}}", &world)
        .replace("{{wit}}", &escaped);
    let Some(part) = part else {
        return text;
    };
    text.replace("{{component}}", part.name.unwrap_or(project))
        .replace("{{role}}", part.role)
        .replace("{{does}}", part.does)
        .replace("{{include}}", part.world)
        .replace("{{contracts}}", part.contracts)
        .replace("{{serde}}", if part.serde { SERDE } else { "" })
}

/// Turns a project name into a WIT name: words joined by single hyphens.
fn wit_name(name: &str) -> String {
    let words = name.split(['-', '_']).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-")
}

/// Words that need a `%` where WIT expects a name.
const WIT_KEYWORDS: &str = "\
    as async bool borrow char constructor enum error-context export f32 f64 flags from func future import include \
    interface list map option own package record resource result s16 s32 s64 s8 static stream string tuple type u16 \
    u32 u64 u8 use variant with world";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_wit_names() {
        assert_eq!(wit_name("my-transform"), "my-transform");
        assert_eq!(wit_name("my__transform_2"), "my-transform-2");
    }

    #[test]
    fn keywords_are_escaped_in_wit_only() {
        assert_eq!(
            fill("package {{wit}}:component; // {{world}} {{name}}", "stream", None),
            "package %stream:component; // stream stream"
        );
    }

    /// Whether placeholders of the file are filled in: vendored files are copied unchanged.
    fn is_filled(file: &NewFile) -> bool {
        !file.path.starts_with("vendor")
    }

    #[test]
    fn nothing_is_left_to_fill_in() {
        for (_, template) in Template::ALL {
            for example in [true, false] {
                for file in template.files("x", example).into_iter().filter(is_filled) {
                    assert!(!file.text.contains("{{"), "{}", file.path.display());
                }
            }
        }
    }
}
