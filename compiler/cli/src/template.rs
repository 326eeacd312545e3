//! The projects that `torvync init` makes: text files with placeholders.

use std::path::{Path, PathBuf};

use torvync_compiler::contract;

/// Name of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Template {
    Transform,
    FullPipeline,
    Empty,
}

/// A file of a new project.
pub(crate) struct NewFile {
    /// Relative to the project's folder.
    pub(crate) path: PathBuf,
    pub(crate) text: String,
    /// Whether it is a copy of a contract that every project gets.
    pub(crate) vendored: bool,
}

/// A file of a template.
struct Source {
    path: &'static str,
    text: &'static str,
    /// Part of the contracts, or of the example that implements them.
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// In every project.
    Always,
    /// Only with the example.
    Example,
    /// Only without the example.
    Stubs,
}

macro_rules! files {
    ($folder:literal: $($kind:ident $file:literal => $path:literal,)*) => {
        &[$(Source {
            path: $path,
            text: include_str!(concat!("../templates/", $folder, "/", $file)),
            kind: Kind::$kind,
        }),*]
    };
}

const TRANSFORM: &[Source] = files! { "transform":
    Always "Torvyn.toml" => "Torvyn.toml",
    Example "Cargo.toml.in" => "Cargo.toml",
    Always "wit/world.wit" => "wit/world.wit",
    Example "src/lib.rs" => "src/lib.rs",
    Always "../gitignore" => ".gitignore",
    Example "README.md" => "README.md",
    Stubs "README.stubs.md" => "README.md",
};

const FULL_PIPELINE: &[Source] = files! { "full-pipeline":
    Always "Torvyn.toml" => "Torvyn.toml",
    Example "components/source/Cargo.toml.in" => "components/source/Cargo.toml",
    Always "components/source/wit/world.wit" => "components/source/wit/world.wit",
    Example "components/source/src/lib.rs" => "components/source/src/lib.rs",
    Example "components/transform/Cargo.toml.in" => "components/transform/Cargo.toml",
    Always "components/transform/wit/world.wit" => "components/transform/wit/world.wit",
    Example "components/transform/src/lib.rs" => "components/transform/src/lib.rs",
    Always "../gitignore" => ".gitignore",
    Example "README.md" => "README.md",
    Stubs "README.stubs.md" => "README.md",
};

const EMPTY: &[Source] = files! { "empty":
    Always "Torvyn.toml" => "Torvyn.toml",
    Always "../gitignore" => ".gitignore",
    Always "README.md" => "README.md",
};

impl Template {
    /// The templates by name.
    pub(crate) const ALL: &'static [(&'static str, Template)] = &[
        ("transform", Template::Transform),
        ("full-pipeline", Template::FullPipeline),
        ("empty", Template::Empty),
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Template::Transform => "transform",
            Template::FullPipeline => "full-pipeline",
            Template::Empty => "empty",
        }
    }

    /// The files of a project called `name`, in the order in which they are shown.
    pub(crate) fn files(self, name: &str, with_example: bool) -> Vec<NewFile> {
        let sources = match self {
            Template::Transform => TRANSFORM,
            Template::FullPipeline => FULL_PIPELINE,
            Template::Empty => EMPTY,
        };
        let wanted = |kind| match kind {
            Kind::Always => true,
            Kind::Example => with_example,
            Kind::Stubs => !with_example,
        };
        let mut files = Vec::new();
        for source in sources.iter().filter(|source| wanted(source.kind)) {
            files.push(NewFile {
                path: source.path.into(),
                text: fill(source.text, name),
                vendored: false,
            });
            if let Some(folder) = source.path.strip_suffix("world.wit") {
                files.extend(contracts(&Path::new(folder).join("deps")));
            }
        }
        files
    }
}

/// Copies of the contracts, for tools that know nothing of this compiler.
fn contracts(folder: &Path) -> impl Iterator<Item = NewFile> {
    contract::canonical().iter().map(move |(path, text)| NewFile {
        path: folder.join(path),
        text: (*text).to_owned(),
        vendored: true,
    })
}

fn fill(text: &str, name: &str) -> String {
    let world = wit_name(name);
    let escaped = if WIT_KEYWORDS.split(' ').any(|keyword| keyword == world) {
        format!("%{world}")
    } else {
        world.clone()
    };
    text.replace("{{name}}", name)
        .replace("{{world}}", &world)
        .replace("{{wit}}", &escaped)
}

/// A project name as WIT spells names: words joined by single hyphens.
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
            fill("package {{wit}}:component; // {{world}} {{name}}", "stream"),
            "package %stream:component; // stream stream"
        );
    }

    #[test]
    fn nothing_is_left_to_fill_in() {
        for (_, template) in Template::ALL {
            for example in [true, false] {
                for file in template.files("x", example) {
                    assert!(!file.text.contains("{{"), "{}", file.path.display());
                }
            }
        }
    }
}
