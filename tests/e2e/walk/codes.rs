//! Exit codes: for each that the README names, a line that ends with it.

use std::collections::BTreeSet;

use super::run;
use crate::torvync::root;

/// Command, exit code, and a command line that results in it.
const CODES: &[(&str, i32, &str)] = &[
    ("init", 0, "init p"),
    ("init", 1, "init p --template=none"),
    ("check", 0, "check"),
    ("check", 1, "check --manifest=none.toml"),
    ("check", 2, "check --strict --manifest=odd.toml"),
    ("link", 0, "link"),
    ("link", 1, "link --flow=none"),
    ("link", 2, "link --manifest=missing.toml"),
    ("build", 0, "build -o=app2"),
    ("build", 1, "build --flow=none"),
    ("build", 2, "build --manifest=broken.toml"),
    ("run", 0, "run"),
    ("run", 1, "run --input=none.txt"),
    ("run", 2, "run --flow=none"),
    ("run", 130, "SIGINT run --manifest=endless.toml --output=out.txt"),
    ("graph", 0, "graph"),
    ("graph", 1, "graph --manifest=none.toml"),
    ("inspect", 0, "inspect bin/walk"),
    ("inspect", 1, "inspect none.wasm"),
    ("explain", 0, "explain"),
    ("explain", 1, "explain E9999"),
    (
        "contract diff",
        0,
        "contract diff guests/counter_source.wasm guests/counter_source.wasm",
    ),
    (
        "contract diff",
        1,
        "contract diff guests/counter_source.wasm guests/slow_sink.wasm",
    ),
    ("contract diff", 2, "contract diff none.wit none.wit"),
    ("schema", 0, "schema"),
    ("lsp", 0, "STDIN lsp"),
    ("lsp", 1, "lsp"),
    ("doctor", 0, "doctor --fix"),
    ("doctor", 1, "CARGO=/nonexistent doctor"),
    ("completions", 0, "completions zsh"),
];

#[test]
fn every_exit_code_of_the_readme_comes_up() {
    let readme = std::fs::read_to_string(root().join("README.md")).expect("there is a README");
    let table = readme.lines().filter_map(|line| line.strip_prefix("| `torvync "));
    let mut told: BTreeSet<(String, i32)> = BTreeSet::new();
    for row in table {
        let cells: Vec<&str> = row.trim_end_matches([' ', '|']).split(" | ").collect();
        let words = cells[0]
            .split([' ', '`'])
            .take_while(|word| word.chars().all(|c| c.is_ascii_lowercase()));
        let command = words.collect::<Vec<_>>().join(" ").trim().to_owned();
        let codes = cells.last().expect("a row has cells").split([' ', ';', ',']);
        told.extend(codes.filter_map(|word| Some((command.clone(), word.parse().ok()?))));
    }
    let lines: BTreeSet<(String, i32)> = CODES
        .iter()
        .map(|(command, code, _)| ((*command).to_owned(), *code))
        .collect();
    assert_eq!(told, lines);
    for (command, code, line) in CODES {
        let finished = run(command, line);
        assert_eq!(finished.code, Some(*code), "{line}: {finished}");
    }
}
