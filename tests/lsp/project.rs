//! The project used by the tests, on disk and in memory.

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;
use torvync_compiler::contract;
use torvync_compiler::driver::{self, Analysis, Request};
use torvync_compiler::source::files::MemoryFiles;

/// A manifest without mistakes.
pub(crate) const MANIFEST: &str = "\
# Größe: 𝄞
[torvyn]
name = \"demo\"
version = \"0.1.0\"
contract_version = \"0.1.0\"

[[component]]
name = \"upper\"
path = \"upper\"

[flow.main.nodes.numbers]
component = \"builtin:generator\"

[flow.main.nodes.shout]
component = \"upper\"

[flow.main.nodes.out]
component = \"builtin:console\"

[[flow.main.edges]]
from = { node = \"numbers\", port = \"output\" }
to = { node = \"shout\", port = \"input\" }

[[flow.main.edges]]
from = { node = \"shout\", port = \"output\" }
to = { node = \"out\", port = \"input\" }
";

/// The contract of its component.
pub(crate) const WORLD: &str = "\
package demo:upper@0.1.0;

/// Words, größer.
interface words {
    use torvyn:streaming/types@0.1.0.{buffer};
    /// A word.
    record word { text: string }
    first: func(all: borrow<buffer>) -> word;
}

world stage {
    export words;
    export torvyn:streaming/processor@0.1.0;
}
";

/// The project in a folder of its own.
pub(crate) struct Project {
    folder: TempDir,
}

impl Project {
    pub(crate) fn new() -> Self {
        let project = Self {
            folder: TempDir::new().unwrap(),
        };
        project.write("Torvyn.toml", MANIFEST);
        project.write("upper/wit/world.wit", WORLD);
        for (path, text) in contract::canonical() {
            project.write(&format!("upper/wit/deps/{path}"), text);
        }
        project
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    pub(crate) fn manifest(&self) -> PathBuf {
        self.path("Torvyn.toml")
    }

    pub(crate) fn world(&self) -> PathBuf {
        self.path("upper/wit/world.wit")
    }
}

/// A fresh check of the project with these texts.
pub(crate) fn check(manifest: &str, world: &str) -> Analysis {
    let mut files = MemoryFiles::new();
    files.insert("Torvyn.toml", manifest);
    files.insert("upper/wit/world.wit", world);
    for (path, text) in contract::canonical() {
        files.insert(format!("upper/wit/deps/{path}"), *text);
    }
    let request = Request {
        manifest: "Torvyn.toml".into(),
        flow: None,
        strict: false,
        components: None,
        work_dir: None,
    };
    driver::check(&files, &request)
}

/// Line and column, in UTF-16 code units, `into` characters after the start of the first `needle` in a text.
pub(crate) fn position(text: &str, needle: &str, into: usize) -> (usize, usize) {
    let at = text.find(needle).unwrap_or_else(|| panic!("no {needle} in {text}")) + into;
    let line = text[..at].matches('\n').count();
    let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    (line, text[start..at].encode_utf16().count())
}
