//! `.wit` files as they are being typed.
//!
//! The compiler resolves contracts with wit-parser, which stops at the first mistake and does not keep the places of
//! names that are used. This module only outlines a file, however broken: its declarations, and what its names may
//! refer to.

mod lookup;
mod scan;

use std::ops::Range;
use std::path::Path;

use torvync_compiler::source::files::Files;

use crate::view::Location;

/// The declarations and uses of a file, in the order of the text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outline {
    /// `namespace:name` of its package.
    pub(crate) package: Option<String>,
    pub(crate) items: Vec<Item>,
    uses: Vec<Use>,
    /// Interfaces and worlds that are imported, exported or included.
    references: Vec<(String, Range<usize>)>,
}

/// A declaration.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) kind: Kind,
    pub(crate) name: String,
    /// The place of its name.
    pub(crate) span: Range<usize>,
    /// The whole declaration.
    pub(crate) range: Range<usize>,
    /// Its doc comment.
    pub(crate) doc: String,
    /// Position of the item that it is declared in.
    pub(crate) parent: Option<usize>,
}

/// Kind of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Package,
    Interface,
    World,
    Type,
    Function,
    /// A field of a record, or a case of a variant, an enum or flags.
    Field,
}

/// `use PATH.{NAME as ALIAS, …};`
#[derive(Clone, Debug)]
struct Use {
    path: (String, Range<usize>),
    names: Vec<UsedName>,
    parent: Option<usize>,
}

#[derive(Clone, Debug)]
struct UsedName {
    name: (String, Range<usize>),
    alias: Option<(String, Range<usize>)>,
}

/// Outlines a text.
pub(crate) fn outline(text: &str) -> Outline {
    scan::scan(text)
}

/// Finds the declaration of the name at `offset` of a file.
pub(crate) fn definition(files: &dyn Files, path: &Path, text: &str, offset: usize) -> Option<Location> {
    let found = lookup::declaration_at(files, path, text, offset)?;
    let item = found.item();
    Some(Location {
        path: found.path.clone()?,
        range: item.span.clone(),
    })
}

/// Returns the declaration of the name at `offset` with its doc comment, as Markdown, and the place of the name.
pub(crate) fn hover(files: &dyn Files, path: &Path, text: &str, offset: usize) -> Option<(String, Range<usize>)> {
    let at = lookup::name_at(text, offset)?;
    let found = lookup::declaration_at(files, path, text, offset)?;
    Some((markdown(&found.text, found.item()), at))
}

/// Finds the declaration of an interface, such as `torvyn:streaming/source`, as seen from the contract in `folder`.
pub(crate) fn interface(files: &dyn Files, folder: &Path, name: &str) -> Option<Location> {
    let found = lookup::interface(files, &folder.join("world.wit"), name)?;
    Some(Location {
        path: found.path.clone()?,
        range: found.item().span.clone(),
    })
}

/// Returns the text of a declaration, without the body of interfaces, worlds and packages.
pub(crate) fn declaration(text: &str, item: &Item) -> String {
    let whole = &text[item.range.clone()];
    match item.kind {
        Kind::Interface | Kind::World | Kind::Package => whole.split('{').next().unwrap_or(whole).trim_end().to_owned(),
        Kind::Type | Kind::Function | Kind::Field => dedented(text, item.range.clone()),
    }
}

fn markdown(text: &str, item: &Item) -> String {
    let code = format!("```wit\n{}\n```", declaration(text, item));
    if item.doc.is_empty() {
        code
    } else {
        format!("{code}\n\n{}", item.doc)
    }
}

/// Returns the text of a range, without the indentation of its first line.
fn dedented(text: &str, range: Range<usize>) -> String {
    let line = text[..range.start].rfind('\n').map_or(0, |at| at + 1);
    let indent = text[line..range.start].chars().take_while(|c| *c == ' ').count();
    let cut = |line: &str| line.strip_prefix(&" ".repeat(indent)).unwrap_or(line).to_owned();
    text[range].lines().map(cut).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use torvync_compiler::contract;
    use torvync_compiler::source::files::MemoryFiles;

    /// Returns the hover text and the place of the definition, with `|` as the cursor in a world of a project.
    fn at(text: &str) -> (String, String) {
        let offset = text.find('|').expect("there is a cursor");
        let text = text.replacen('|', "", 1);
        let mut files = MemoryFiles::new();
        files.insert("c/wit/world.wit", text.as_str());
        files.insert("c/wit/other.wit", "package demo:c@0.1.0;\n/// Colours.\ninterface paint {\n  /// A colour.\n  enum colour { red, green }\n}\n");
        for (path, text) in contract::canonical() {
            files.insert(format!("c/wit/deps/{path}"), *text);
        }
        let path = Path::new("c/wit/world.wit");
        let hover = hover(&files, path, &text, offset)
            .map(|(text, _)| text)
            .unwrap_or_default();
        let place = definition(&files, path, &text, offset).map_or(String::new(), |location| {
            let text = String::from_utf8(files.read(&location.path).unwrap()).unwrap();
            format!("{}:{}", location.path.display(), &text[location.range])
        });
        (hover, place)
    }

    const TYPES: &str = "c/wit/deps/torvyn-streaming/types.wit";

    #[test]
    fn names_lead_to_their_declarations() {
        for (text, expected) in [
            (
                "package a:b; interface x { use torvyn:streaming/ty|pes@0.1.0.{buffer}; }",
                format!("{TYPES}:types"),
            ),
            (
                "package a:b; interface x { use torvyn:streaming/types@0.1.0.{buf|fer}; }",
                format!("{TYPES}:buffer"),
            ),
            (
                "package a:b; interface x { use torvyn:streaming/types@0.1.0.{buffer as b}; f: func(a: |b); }",
                format!("{TYPES}:buffer"),
            ),
            (
                "package a:b; world w { export torvyn:streaming/proc|essor@0.1.0; }",
                "c/wit/deps/torvyn-streaming/processor.wit:processor".to_owned(),
            ),
            (
                "package a:b; world w { import pai|nt; }",
                "c/wit/other.wit:paint".to_owned(),
            ),
            (
                "package a:b; interface x { use paint.{colour}; f: func() -> option<col|our>; }",
                "c/wit/other.wit:colour".to_owned(),
            ),
            (
                "package a:b; interface x { type t = u8; r: func(a: list<|t>); }",
                "c/wit/world.wit:t".to_owned(),
            ),
            (
                "package a:b; interface x { record |r { a: u8 } }",
                "c/wit/world.wit:r".to_owned(),
            ),
        ] {
            assert_eq!(at(text).1, expected, "{text}");
        }
        let package = at("package a:b; interface x { use torv|yn:streaming/types@0.1.0.{buffer}; }").1;
        assert!(package.starts_with("c/wit/deps/torvyn-streaming/"), "{package}");
    }

    #[test]
    fn hover_has_declaration_and_doc_comment() {
        let text = "package a:b;\ninterface x {\n    use paint.{colo|ur};\n}";
        assert_eq!(at(text).0, "```wit\nenum colour { red, green }\n```\n\nA colour.");
        let broken =
            "package a:b;\ninterface x {\n  /// Doubles.\n  double: func(a: u8) -> u8;\n  record broken { \n  dou|ble";
        assert_eq!(at(broken).0, "```wit\ndouble\n```");
        let text = "interface x {\n  /// Doubles.\n  dou|ble: func(a: u8) -> u8;\n  record broken { ";
        assert_eq!(at(text).0, "```wit\ndouble: func(a: u8) -> u8;\n```\n\nDoubles.");
        assert_eq!(
            at("world w { export pai|nt; }").0,
            "```wit\ninterface paint\n```\n\nColours."
        );
    }

    #[test]
    fn packages_inside_a_file_are_known() {
        let other = "package other:p@1.0.0 {\n  interface x { type t = u8; }\n}\n";
        let text = |world: &str| format!("package a:b;\n{other}{world}");
        let place = "c/wit/world.wit:x";
        assert_eq!(at(&text("world w { import other:p/|x@1.0.0; }")).1, place);
        assert_eq!(
            at(&text("interface y { use other:p/x@1.0.0.{|t}; }")).1,
            "c/wit/world.wit:t"
        );
        assert_eq!(
            at(&text("world w { import oth|er:p/x@1.0.0; }")).0,
            "```wit\npackage other:p@1.0.0\n```"
        );
        assert_eq!(
            at(&text("interface x { type u = u8; } world w { import a:b/|x; }")).1,
            place
        );
    }

    #[test]
    fn nothing_is_said_about_nothing() {
        for text in [
            "|",
            "interface x { f: func(a: u|8); }",
            "// pai|nt",
            "world w { import nowhere:at/a|ll; }",
        ] {
            assert_eq!(at(text), (String::new(), String::new()), "{text}");
        }
    }

    #[test]
    fn broken_files_are_outlined() {
        let text = contract::canonical().iter().map(|(_, text)| *text).collect::<String>();
        for end in (0..text.len()).step_by(7).filter(|end| text.is_char_boundary(*end)) {
            outline(&text[..end]);
            outline(&text[end..]);
        }
    }
}
