//! Manifests: flows of any shape, every key with any value, and the manifests of the repository, damaged.

use std::fmt::Write as _;
use std::path::Path;

use fastrand::Rng;
use torvync_compiler::manifest::schema::{Key, Kind, ROOT};
use torvync_compiler::source::files::MemoryFiles;

use crate::corpus;
use crate::examine;
use crate::text::{damaged, one};

/// Largest manifest, in bytes; larger ones would show nothing new.
const LARGEST: usize = 20_000;

pub(crate) const HEAD: &str = "[torvyn]\nname = \"a\"\nversion = \"0.1.0\"\ncontract_version = \"0.1.0\"\n";

const WORDS: [&str; 58] = [
    "[",
    "]",
    "[[",
    "]]",
    "{",
    "}",
    "=",
    "\"",
    "'",
    "\"\"\"",
    "'''",
    ",",
    ".",
    "#",
    "\n",
    "\\",
    "\\u0000",
    "inf",
    "nan",
    "-1",
    "0",
    "1e400",
    "0x",
    "9223372036854775808",
    "1979-05-27T07:32:00Z",
    "true",
    "\"builtin:lines\"",
    "\"builtin:generator\"",
    "\"builtin:console\"",
    "\"file://a.wasm\"",
    "\"file://\"",
    "\"oci://a/b:c\"",
    "\"torvyn:filtering/router\"",
    "\"torvyn:streaming/source@0.1.0\"",
    "\"torvyn:streaming/sink@99.0.0\"",
    "torvyn",
    "flow",
    "flow.main",
    "nodes",
    "edges",
    "component",
    "interface",
    "config",
    "on_error",
    "\"dead-letter\"",
    "\"rate-limit\"",
    "backpressure",
    "queue_depth",
    "replicas = 4",
    "replicas_by = \"b\"",
    "limits",
    "\"64MiB\"",
    "\"99999999999GiB\"",
    "\"30s\"",
    "{ retry = { max = 3, then = \"dead-letter\" } }",
    "merge = \"priority\"",
    "fan_out = \"independent\"",
    "\"{replica}-{replicas}\"",
];

/// The material that manifests are made from.
pub(crate) struct Corpus {
    texts: Vec<Vec<u8>>,
}

impl Corpus {
    pub(crate) fn new() -> Self {
        let is_manifest = |path: &Path| {
            path.extension().is_some_and(|extension| extension == "toml") && !path.ends_with("Cargo.toml")
        };
        let folders = ["examples", "tests/ui", "tests/golden"].map(examine::repository);
        let texts = folders.iter().flat_map(|folder| corpus::files(folder, &is_manifest));
        let texts: Vec<Vec<u8>> = texts.filter(|text| text.len() < LARGEST).collect();
        assert!(texts.len() > 50, "hardly any manifests found");
        Self { texts }
    }

    pub(crate) fn generate(&self, rng: &mut Rng) -> Vec<u8> {
        let text = match rng.u8(..10) {
            0 => flows(rng).into_bytes(),
            1 | 2 => valid(rng).into_bytes(),
            3 => keys(rng).into_bytes(),
            4 => (flows(rng) + &keys(rng)).into_bytes(),
            _ => {
                let text = &self.texts[rng.usize(..self.texts.len())];
                return damaged(text, &self.texts, &WORDS, rng);
            }
        };
        if rng.u8(..3) == 0 {
            damaged(&text, &self.texts, &WORDS, rng)
        } else {
            text
        }
    }
}

const COMPONENTS: [&str; 8] = [
    "builtin:generator",
    "builtin:lines",
    "builtin:console",
    "builtin:file",
    "a",
    "b",
    "file://c.wasm",
    "nobody",
];

const INTERFACES: [&str; 6] = [
    "torvyn:streaming/source",
    "torvyn:streaming/processor",
    "torvyn:filtering/filter",
    "torvyn:filtering/router",
    "torvyn:aggregation/aggregator",
    "torvyn:streaming/sink",
];

/// Up to three flows with nodes and edges that may or may not fit together.
fn flows(rng: &mut Rng) -> String {
    let mut text = HEAD.to_owned();
    for name in ["a", "b"].into_iter().filter(|_| rng.u8(..4) > 0) {
        push(
            &mut text,
            &format!("[[component]]\nname = \"{name}\"\npath = \"{name}\"\n"),
        );
    }
    for flow in 0..rng.usize(1..4) {
        push(&mut text, &format!("[flow.f{flow}]"));
        for line in [
            "replicas = 3",
            "replicas_by = \"n1\"",
            "optimize = \"fused\"",
            "default_queue_depth = 65536",
        ] {
            if rng.u8(..8) == 0 {
                push(&mut text, line);
            }
        }
        let count = rng.usize(1..9);
        for node in 0..count {
            push(&mut text, &a_node(flow, node, rng));
        }
        for _ in 0..rng.usize(..2 * count) {
            push(&mut text, &an_edge(flow, count, rng));
        }
    }
    text
}

/// A flow that fits together: from a generator through stages to a console, with further edges forward.
fn valid(rng: &mut Rng) -> String {
    let stages = rng.usize(0..8);
    let mut text = HEAD.to_owned();
    push(
        &mut text,
        "[flow.main]\n[flow.main.nodes.n0]\ncomponent = \"builtin:generator\"",
    );
    for node in 1..=stages {
        let interface = one(&[INTERFACES[1], INTERFACES[2], INTERFACES[4]], rng);
        push(
            &mut text,
            &format!("[flow.main.nodes.n{node}]\ncomponent = \"file://c.wasm\"\ninterface = \"{interface}\""),
        );
        if rng.u8(..3) == 0 {
            push(&mut text, "on_error = \"skip\"\nconfig = { a = 1 }");
        }
    }
    let last = stages + 1;
    push(
        &mut text,
        &format!("[flow.main.nodes.n{last}]\ncomponent = \"builtin:console\""),
    );
    let mut edges: Vec<(usize, usize)> = (0..last).map(|from| (from, from + 1)).collect();
    for _ in 0..rng.usize(..4) {
        let (a, b) = (rng.usize(..=last), rng.usize(..=last));
        if a < b && !edges.contains(&(a, b)) {
            edges.push((a, b));
        }
    }
    for (from, to) in edges {
        push(
            &mut text,
            &format!(
                "[[flow.main.edges]]\nfrom = {{ node = \"n{from}\", port = \"output\" }}\n\
                 to = {{ node = \"n{to}\", port = \"input\" }}"
            ),
        );
    }
    text
}

fn a_node(flow: usize, node: usize, rng: &mut Rng) -> String {
    let mut text = format!(
        "[flow.f{flow}.nodes.n{node}]\ncomponent = \"{}\"\n",
        one(&COMPONENTS, rng)
    );
    if rng.bool() {
        push(&mut text, &format!("interface = \"{}\"", one(&INTERFACES, rng)));
    }
    let lines = [
        "on_error = \"dead-letter\"",
        "on_error = { retry = { max = 2 } }",
        "on_error = { internal = \"dead-letter\", default = \"skip\" }",
        "config = { path = \"x-{replica}\", n = [1, { a = inf }] }",
        "merge = \"priority\"",
        "fan_out = \"independent\"",
        "limits = { max_memory = \"1MiB\", fuel_per_invocation = 10 }",
    ];
    let mut used = Vec::new();
    for line in lines {
        let key = line.split(' ').next().unwrap_or_default();
        if rng.u8(..6) == 0 && !used.contains(&key) {
            used.push(key);
            push(&mut text, line);
        }
    }
    text
}

fn an_edge(flow: usize, count: usize, rng: &mut Rng) -> String {
    // Mostly forward, so that some flows have no cycle.
    let (a, b) = (rng.usize(..count), rng.usize(..=count));
    let (from, to) = if rng.u8(..6) > 0 { (a.min(b), a.max(b)) } else { (a, b) };
    let ports = ["output", "output", "output", "error", "left", "input"];
    let mut text = format!(
        "[[flow.f{flow}.edges]]\nfrom = {{ node = \"n{from}\", port = \"{}\" }}\nto = {{ node = \"n{to}\", port = \"{}\" }}\n",
        one(&ports, rng),
        if rng.u8(..10) == 0 { "output" } else { "input" }
    );
    let lines = [
        "backpressure = { queue_depth = 3, policy = \"drop-oldest\" }",
        "backpressure = { policy = \"rate-limit\", max_elements_per_second = 5 }",
        "backpressure = { low_watermark_ratio = 0.99, queue_depth = 1 }",
        "priority = 255",
        "max_element_size = \"1B\"",
    ];
    if rng.u8(..4) == 0 {
        push(&mut text, one(&lines, rng));
    }
    text
}

fn push(text: &mut String, line: &str) {
    writeln!(text, "{line}").expect("a String takes all");
}

/// Tables with any of their keys, and with valid and invalid values.
fn keys(rng: &mut Rng) -> String {
    let mut text = String::new();
    for key in ROOT {
        if rng.bool() {
            continue;
        }
        push(&mut text, &format!("{} = {}", key.name, value(key.kind, 0, rng)));
    }
    text
}

fn value(kind: Kind, depth: usize, rng: &mut Rng) -> String {
    if rng.u8(..12) == 0 || depth > 6 {
        return any(rng);
    }
    let number = |min: u64, max: u64, rng: &mut Rng| match rng.u8(..4) {
        0 => min,
        1 => max,
        2 => max.wrapping_add(1),
        _ => rng.u64(min..=max),
    };
    match kind {
        Kind::Text | Kind::ProjectName | Kind::Name => format!("\"{}\"", one(&["a", "b", "n1", "", "A-", "ä"], rng)),
        Kind::Version => format!(
            "\"{}\"",
            one(
                &["0.1.0", "0.2.0", "1.0.0-rc.1+x", "1", "99999999999999999999.0.0"],
                rng
            )
        ),
        Kind::Flag => rng.bool().to_string(),
        Kind::Integer(min, max) => number(min, max, rng).to_string(),
        Kind::Ratio(_) => one(&["0", "0.5", "1", "1.0", "-0.0", "nan", "1e-400"], rng).to_owned(),
        Kind::Size(min, max) => format!("\"{}B\"", number(min, max, rng)),
        Kind::Duration => format!("\"{}\"", one(&["30s", "0ms", "1.5 m", "99999999999h", "s"], rng)),
        Kind::Choice(words) => format!("\"{}\"", words[rng.usize(..words.len())]),
        Kind::Texts => "[\"a\", \"b\", 1]".to_owned(),
        Kind::Config => one(&["\"x\"", "{ a = [1, 2.5, { b = 1979-05-27 }] }", "{}"], rng).to_owned(),
        Kind::Flags => "{ a = true, b = 1 }".to_owned(),
        Kind::Component => format!("\"{}\"", one(&COMPONENTS, rng)),
        Kind::Interface => format!("\"{}\"", one(&INTERFACES, rng)),
        Kind::Action(keys) if rng.bool() => table(keys, depth, rng),
        Kind::Action(_) => format!("\"{}\"", one(&["skip", "retry", "dead-letter", "again"], rng)),
        Kind::Table(keys) => table(keys, depth, rng),
        Kind::Tables(keys) => {
            let tables: Vec<_> = (0..rng.usize(..3)).map(|_| table(keys, depth, rng)).collect();
            format!("[{}]", tables.join(", "))
        }
        Kind::Named(keys) => {
            let names = ["a", "b", "n1", "\"ä\""]
                .into_iter()
                .filter(|_| rng.bool())
                .collect::<Vec<_>>();
            let tables: Vec<_> = names
                .iter()
                .map(|name| format!("{name} = {}", table(keys, depth, rng)))
                .collect();
            format!("{{ {} }}", tables.join(", "))
        }
    }
}

fn table(keys: &[Key], depth: usize, rng: &mut Rng) -> String {
    let chosen: Vec<&Key> = keys.iter().filter(|key| key.required || rng.u8(..3) == 0).collect();
    let entries = chosen
        .iter()
        .map(|key| format!("{} = {}", key.name, value(key.kind, depth + 1, rng)));
    format!("{{ {} }}", entries.collect::<Vec<_>>().join(", "))
}

fn any(rng: &mut Rng) -> String {
    one(
        &[
            "1",
            "-1.5",
            "\"\"",
            "[]",
            "{}",
            "true",
            "07:32:00",
            "[[1], {}]",
            "{ a.b.c = 1 }",
        ],
        rng,
    )
    .to_owned()
}

/// A project with this manifest, and components `a` and `b`.
pub(crate) fn execute(text: &[u8]) -> Result<bool, String> {
    let mut files = MemoryFiles::new();
    files.insert("Torvyn.toml", text);
    files.insert(
        "a/wit/world.wit",
        "package a:a; world a { include torvyn:streaming/managed-transform@0.1.0; }",
    );
    files.insert("b/src/lib.rs", "");
    examine::pictures(&examine::check(&files)?)?;
    let analysis = examine::link(&files)?;
    Ok(!analysis.diagnostics.has_errors() || analysis.missing.len() == analysis.diagnostics.errors())
}
