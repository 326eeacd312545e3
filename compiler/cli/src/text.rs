//! Quantities, lists and graphs as text for people.

use std::time::Duration;

pub(crate) use torvync_compiler::words::{bytes, count};

/// Formats a duration: `0.03 s`, `81 s`.
pub(crate) fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    if seconds < 10.0 {
        format!("{seconds:.2} s")
    } else {
        format!("{seconds:.0} s")
    }
}

/// Joins names: `a`, `a and b`, `a, b and c`.
pub(crate) fn all(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// Formats the shape of a graph: `a → b → c` for a chain, or else its edges one by one.
pub(crate) fn graph(edges: &[(&str, &str)]) -> String {
    let chained = edges.windows(2).all(|pair| pair[0].1 == pair[1].0);
    if !edges.is_empty() && chained {
        let rest = edges.iter().map(|(_, to)| *to);
        return std::iter::once(edges[0].0).chain(rest).collect::<Vec<_>>().join(" → ");
    }
    edges
        .iter()
        .map(|(from, to)| format!("{from} → {to}"))
        .collect::<Vec<_>>()
        .join(", ")
}

/// Draws a folder and its files as a tree. In `paths`, the contents of a folder are next to each other; a path that
/// ends with `/` is a folder whose contents are not shown.
pub(crate) fn tree(root: &str, paths: &[&str]) -> String {
    let mut text = format!("{root}\n");
    let split: Vec<Vec<&str>> = paths.iter().map(|path| path.split('/').collect()).collect();
    branch(&mut text, &split, 0, "");
    text
}

fn branch(text: &mut String, paths: &[Vec<&str>], depth: usize, indent: &str) {
    let mut rest = paths;
    while let Some(first) = rest.first() {
        let name = first[depth];
        let same = rest.iter().take_while(|path| path[depth] == name).count();
        let (group, others) = rest.split_at(same);
        let (corner, continued) = if others.is_empty() {
            ("└── ", "    ")
        } else {
            ("├── ", "│   ")
        };
        let inner: Vec<Vec<&str>> = group.iter().filter(|path| path.len() > depth + 1).cloned().collect();
        let slash = if inner.is_empty() { "" } else { "/" };
        text.push_str(&format!("{indent}{corner}{name}{slash}\n"));
        let inner: Vec<Vec<&str>> = inner.into_iter().filter(|path| !path[depth + 1].is_empty()).collect();
        branch(text, &inner, depth + 1, &format!("{indent}{continued}"));
        rest = others;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities() {
        assert_eq!(bytes(812), "812 B");
        assert_eq!(bytes(11_469), "11.2 KiB");
        assert_eq!(bytes(4 << 20), "4.0 MiB");
        assert_eq!(duration(Duration::from_millis(34)), "0.03 s");
        assert_eq!(duration(Duration::from_secs(81)), "81 s");
        assert_eq!(count(1, "error"), "1 error");
        assert_eq!(count(0, "error"), "0 errors");
    }

    #[test]
    fn graphs() {
        assert_eq!(graph(&[("a", "b"), ("b", "c")]), "a → b → c");
        assert_eq!(graph(&[("a", "b"), ("a", "c")]), "a → b, a → c");
        assert_eq!(graph(&[]), "");
    }

    #[test]
    fn trees() {
        let expected = "p\n├── Torvyn.toml\n├── wit/\n│   ├── world.wit\n│   └── deps/\n└── README.md\n";
        assert_eq!(
            tree("p", &["Torvyn.toml", "wit/world.wit", "wit/deps/", "README.md"]),
            expected
        );
    }
}
