//! Related places of a mistake in a package, since wit-parser names only the one where it noticed.

mod words;

use super::outline::{Item, around, outline};
use crate::diag::Edit;
use crate::source::{SourceId, Span};

/// A text of the package, with its items.
struct File<'a> {
    source: SourceId,
    text: &'a str,
    items: Vec<Item>,
}

/// Additions to the diagnostic of a mistake.
#[derive(Default)]
pub(super) struct Related {
    /// Further places, with their labels.
    pub(super) places: Vec<(Span, String)>,
    /// A message that replaces wit-parser's.
    pub(super) message: Option<String>,
    pub(super) help: Option<&'static str>,
    /// A place that is shown instead of wit-parser's, and its label.
    pub(super) shown: Option<Span>,
    pub(super) label: Option<&'static str>,
    /// What would mend it.
    pub(super) change: Option<Edit>,
}

/// Finds the additions for the mistake `message` at `at`, in a package with these texts.
pub(super) fn related(texts: &[(SourceId, &str)], at: Span, message: &str) -> Related {
    let read = |(source, text): &(SourceId, &'_ str)| (*source, outline(text));
    let outlines: Vec<_> = texts.iter().map(read).collect();
    let files: Vec<File<'_>> = outlines
        .into_iter()
        .zip(texts)
        .map(|((source, items), (_, text))| File { source, text, items })
        .collect();
    let Some(own) = files.iter().find(|file| file.source == at.source) else {
        return Related::default();
    };
    let path = around(&own.items, at.start, own.text.len());
    if message.starts_with("package identifier `") {
        return Related {
            places: header(&files, message.rsplit('`').nth(1)).into_iter().collect(),
            help: Some(
                "the files of a folder form one package: use one name in all of them, or move the other package to `wit/deps`",
            ),
            ..Related::default()
        };
    }
    if message == "expected `{`, found `;`" && path.last().is_some_and(|item| item.word == "package") {
        let first = own.items.iter().find(|item| item.word == "package");
        let first = first.filter(|first| !path.iter().any(|item| item.range == first.range));
        return Related {
            places: first
                .map(|first| (own.header(first), "first defined here".to_owned()))
                .into_iter()
                .collect(),
            message: first.map(|_| "a second `package` line in one file".to_owned()),
            help: first.map(
                |_| "a file holds one package: put the items of another one in braces, or move them to `wit/deps`",
            ),
            ..Related::default()
        };
    }
    if let Some(found) = words::explain(own.text, at, message) {
        return found;
    }
    let again = [
        " conflicts with previous name ",
        " conflicts with prior ",
        " more than once",
    ];
    let is_twice = message.starts_with("duplicate ") || again.iter().any(|words| message.contains(words));
    let places = if is_twice {
        earlier(&files, own, &path, at)
    } else if message.contains(" conflicts with ") || message.contains(" shadows ") {
        in_worlds(&files, own, &path, at, message)
    } else {
        Vec::new()
    };
    Related {
        places,
        label: is_twice.then_some("again here"),
        ..Related::default()
    }
}

impl File<'_> {
    /// The span of an item without its block.
    fn header(&self, item: &Item) -> Span {
        let text = &self.text[item.range.clone()];
        let end = text.find(['{', ';']).unwrap_or(text.len());
        let declared = text[..end].trim_end().len();
        Span::new(self.source, item.range.start..item.range.start + declared)
    }

    /// The name of an item within its world or interface.
    fn key(&self, item: &Item) -> String {
        if !matches!(item.word.as_str(), "import" | "export" | "constructor") {
            return item.name.clone();
        }
        let text = &self.text[item.range.clone()];
        let text = text
            .get(text.find(&item.word).unwrap_or(0) + item.word.len()..)
            .unwrap_or_default();
        let end = |c: char| c.is_whitespace() || matches!(c, ';' | '{' | '(');
        let key = text.trim_start().split(end).next().unwrap_or_default();
        key.trim_end_matches(':').trim_start_matches('%').to_owned()
    }
}

/// Finds the header that gives the package this name.
fn header(files: &[File<'_>], name: Option<&str>) -> Option<(Span, String)> {
    let name = name?;
    files.iter().find_map(|file| {
        let item = file
            .items
            .iter()
            .find(|item| item.word == "package" && item.items.is_empty())?;
        let at = file.header(item);
        file.text[at.start..at.end]
            .contains(name)
            .then(|| (at, format!("here it is `{name}`")))
    })
}

/// Finds an earlier item that has the name of the last item of `path`, and the same parent.
fn earlier(files: &[File<'_>], own: &File<'_>, path: &[&Item], at: Span) -> Vec<(Span, String)> {
    let Some((item, parents)) = path.split_last() else {
        return Vec::new();
    };
    let key = own.key(item);
    let same = |file: &File<'_>, other: &Item| {
        let is_alike = |word: &str| (other.word == word) == (item.word == word);
        file.key(other) == key && ["constructor", "import", "export"].into_iter().all(is_alike)
    };
    let found = match parents.last() {
        Some(parent) => {
            let mut before = parent.items.iter().filter(|other| other.range.start < item.range.start);
            before.find(|other| same(own, other)).map(|other| own.header(other))
        }
        None => files.iter().find_map(|file| {
            let mut others = file.items.iter();
            let other = others.find(|other| same(file, other) && other.word != "package")?;
            let place = file.header(other);
            (place.source != at.source || place.end <= at.start).then_some(place)
        }),
    };
    found
        .map(|place| (place, "first defined here".to_owned()))
        .into_iter()
        .collect()
}

/// Finds imports and exports with the names in `message`, in the world of `path` or one that it includes.
fn in_worlds(files: &[File<'_>], own: &File<'_>, path: &[&Item], at: Span, message: &str) -> Vec<(Span, String)> {
    let Some(world) = path.iter().find(|item| item.word == "world") else {
        return Vec::new();
    };
    let names: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let mut worlds = vec![(own, *world)];
    for include in world.items.iter().filter(|item| item.word == "include") {
        let others = files
            .iter()
            .flat_map(|file| file.items.iter().map(move |item| (file, item)));
        worlds.extend(others.filter(|(_, item)| item.word == "world" && item.name == include.name));
    }
    let items = worlds
        .into_iter()
        .flat_map(|(file, world)| world.items.iter().map(move |item| (file, item)));
    let named = items.filter(|(file, item)| {
        matches!(item.word.as_str(), "import" | "export") && names.contains(&file.key(item).as_str())
    });
    named
        .map(|(file, item)| (file.header(item), format!("`{}`", file.key(item))))
        .filter(|(place, _)| place.source != at.source || !(place.start..place.end).contains(&at.start))
        .collect()
}

/// Rewrites names such as `[method]r.m` in a message as words, and jargon.
pub(super) fn plain(message: &str) -> String {
    let message = message.replace("found eof", "found the end of the file");
    let mut parts: Vec<String> = message.split('`').map(str::to_owned).collect();
    let mut at = 1;
    while at + 1 < parts.len() {
        if let Some(words) = function(&parts[at]) {
            let before = parts[at - 1].strip_suffix("name ").map(str::to_owned);
            let before = before.unwrap_or_else(|| parts[at - 1].clone());
            let after = parts[at + 1].clone();
            parts.splice(at - 1..=at + 1, [format!("{before}{words}{after}")]);
        } else {
            at += 2;
        }
    }
    parts.join("`")
}

/// The words for `[method]r.m`.
fn function(name: &str) -> Option<String> {
    let (kind, path) = name.strip_prefix('[')?.split_once(']')?;
    Some(match (kind, path.split_once('.')) {
        ("constructor", _) => format!("constructor of resource `{path}`"),
        ("method" | "async method", Some((resource, name))) => format!("method `{name}` of resource `{resource}`"),
        ("static" | "async static", Some((resource, name))) => {
            format!("static function `{name}` of resource `{resource}`")
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_of_resources_are_called_as_they_are_written() {
        for (message, words) in [
            ("duplicate name `[method]r.m`", "duplicate method `m` of resource `r`"),
            (
                "duplicate name `[constructor]r`",
                "duplicate constructor of resource `r`",
            ),
            (
                "name `[static]r.m` conflicts with previous name `[method]r.m`",
                "static function `m` of resource `r` conflicts with previous method `m` of resource `r`",
            ),
            ("duplicate name `f`", "duplicate name `f`"),
            (
                "expected a type, found eof",
                "expected a type, found the end of the file",
            ),
            ("no name", "no name"),
        ] {
            assert_eq!(plain(message), words);
        }
    }
}
