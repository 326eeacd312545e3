//! The `wasi:` imports of a `.wit` file. This parses just enough of WIT to find them; the compiler checks the rest.

/// Each imported `wasi:` interface, without version, and its position as `line:column`.
pub(crate) fn imports(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let code = line.split("//").next().unwrap_or_default();
        let Some(path) = code.trim_start().strip_prefix("import ") else {
            continue;
        };
        let path = path.trim();
        if path.starts_with("wasi:") {
            let name = path.split(['@', ';']).next().unwrap_or(path).trim();
            let column = line.find("wasi:").unwrap_or_default() + 1;
            found.push((name.to_owned(), format!("{}:{column}", number + 1)));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::imports;

    #[test]
    fn imports_of_wasi_are_found_with_their_place() {
        let text = "package a:b;\n\nworld w {\n    import torvyn:streaming/types@0.1.0;\n    \
                    import wasi:clocks/wall-clock@0.2.3; // import wasi:random/random;\n    // import wasi:cli/stdin;\n    \
                    export wasi:cli/run;\n}\n";
        assert_eq!(
            imports(text),
            [("wasi:clocks/wall-clock".to_owned(), "5:12".to_owned())]
        );
    }
}
