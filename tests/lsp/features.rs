//! Each feature once, through the protocol.

use serde_json::{Value, json};

use crate::client::{Client, uri};
use crate::project::{MANIFEST, Project, WORLD, position};

/// A server with both files open, with these texts.
fn opened(project: &Project, manifest: &str, world: &str) -> Client {
    let mut client = Client::plain();
    client.open(&project.manifest(), manifest);
    client.open(&project.world(), world);
    client
}

fn labels(items: &Value) -> Vec<&str> {
    let items = items["items"].as_array().unwrap();
    items.iter().map(|item| item["label"].as_str().unwrap()).collect()
}

/// A text after edits that do not overlap.
fn edited(text: &str, edits: &Value) -> String {
    let offset = |position: &Value| {
        let line = position["line"].as_u64().unwrap() as usize;
        let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
        let mut units = position["character"].as_u64().unwrap() as usize;
        let mut at = start;
        for character in text[start..].chars() {
            if units == 0 {
                break;
            }
            units -= character.len_utf16();
            at += character.len_utf8();
        }
        at
    };
    let mut edits: Vec<_> = edits.as_array().unwrap().iter().collect();
    edits.sort_by_key(|edit| std::cmp::Reverse(offset(&edit["range"]["start"])));
    let mut text_after = text.to_owned();
    for edit in edits {
        let range = &edit["range"];
        text_after.replace_range(
            offset(&range["start"])..offset(&range["end"]),
            edit["newText"].as_str().unwrap(),
        );
    }
    text_after
}

#[test]
fn diagnostics_come_and_go() {
    let project = Project::new();
    let broken = MANIFEST.replace("builtin:console", "builtin:konsole");
    let mut client = opened(&project, &broken, WORLD);
    client.settle();
    let found = client.diagnostics[&uri(&project.manifest())].clone();
    let (line, column) = position(&broken, "\"builtin:konsole\"", 0);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["range"]["start"], json!({ "line": line, "character": column }));
    assert_eq!(
        found[0]["range"]["end"],
        json!({ "line": line, "character": column + 17 })
    );
    assert_eq!(
        (&found[0]["code"], &found[0]["severity"], &found[0]["source"]),
        (&json!("E0210"), &json!(1), &json!("torvync"))
    );
    assert_eq!(
        found[0]["message"],
        "there is no built-in node `konsole`\nno such built-in\n\
         note: built-in nodes: `generator`, `lines`, `console`, `file`\nhelp: did you mean `console`?"
    );
    assert_eq!(found[0]["data"]["fixes"][0]["newText"], Value::Null);
    assert_eq!(
        found[0]["data"]["fixes"][0]["edits"][0]["newText"],
        "\"builtin:console\""
    );
    client.change(&project.manifest(), 1, &json!([{ "text": MANIFEST }]));
    client.settle();
    assert!(
        client.diagnostics.values().all(Vec::is_empty),
        "{:?}",
        client.diagnostics
    );
    assert_eq!(client.finish(), Some(0));
}

#[test]
fn a_diagnostic_belongs_to_the_file_of_its_primary_label() {
    let project = Project::new();
    let mut client = opened(&project, MANIFEST, &WORLD.replace("export words;", "export wordz;"));
    client.settle();
    assert!(client.diagnostics[&uri(&project.manifest())].is_empty());
    assert_eq!(client.diagnostics[&uri(&project.world())][0]["code"], "E0101");
    // The file on disk does not contain the mistake.
    client.close(&project.world());
    client.settle();
    assert!(client.diagnostics[&uri(&project.world())].is_empty());
}

#[test]
fn related_places_are_named() {
    let project = Project::new();
    let twice = format!("{MANIFEST}\n[[component]]\nname = \"upper\"\npath = \"upper\"\n");
    let mut client = opened(&project, &twice, WORLD);
    client.settle();
    let found = &client.diagnostics[&uri(&project.manifest())][0];
    let (line, _) = position(&twice, "name = \"upper\"", 0);
    assert_eq!(found["relatedInformation"][0]["message"], "first declaration");
    assert_eq!(
        found["relatedInformation"][0]["location"]["range"]["start"]["line"],
        line
    );
}

#[test]
fn completion_while_typing() {
    let project = Project::new();
    let typed = MANIFEST.replacen(
        "[[flow.main.edges]]",
        "[[flow.main.edges]]\nfrom = { node = \"\n\n[[flow.main.edges]]",
        1,
    );
    let mut client = opened(&project, &typed, WORLD);
    let (line, column) = position(&typed, "node = \"\n", 8);
    let items = client.at("completion", &project.manifest(), line, column);
    assert_eq!(labels(&items), ["numbers", "shout", "out"]);
    let edit = json!([items["items"][1]["textEdit"]]);
    assert!(edited(&typed, &edit).contains("from = { node = \"shout\"\n"));
    let in_contract = client.at("completion", &project.world(), 0, 0);
    assert_eq!(in_contract, Value::Null);
}

#[test]
fn hover_in_both_kinds_of_files() {
    let project = Project::new();
    let mut client = opened(&project, MANIFEST, WORLD);
    let (line, column) = position(MANIFEST, "contract_version", 3);
    let said = client.at("hover", &project.manifest(), line, column);
    assert!(
        said["contents"]["value"]
            .as_str()
            .unwrap()
            .contains("Version of the Torvyn contracts")
    );
    assert_eq!(said["range"]["start"], json!({ "line": line, "character": 0 }));
    let (line, column) = position(MANIFEST, "port = \"input\"", 9);
    let said = client.at("hover", &project.manifest(), line, column);
    assert!(
        said["contents"]["value"]
            .as_str()
            .unwrap()
            .contains("`torvyn:streaming/processor` takes `stream-element`"),
        "{said}"
    );
    let (line, column) = position(WORLD, "-> word;", 4);
    let said = client.at("hover", &project.world(), line, column);
    assert_eq!(
        said["contents"]["value"],
        "```wit\nrecord word { text: string }\n```\n\nA word."
    );
}

#[test]
fn definitions_lead_across_files() {
    let project = Project::new();
    let mut client = opened(&project, MANIFEST, WORLD);
    let mut go = |path: &std::path::Path, text: &str, needle: &str, into: usize| {
        let (line, column) = position(text, needle, into);
        let found = client.at("definition", path, line, column);
        let found = &found.as_array().unwrap()[0];
        (
            found["uri"].as_str().unwrap().to_owned(),
            found["range"]["start"].clone(),
        )
    };
    let (manifest, world) = (project.manifest(), project.world());
    let at = |text: &str, needle: &str, into: usize| {
        let (line, character) = position(text, needle, into);
        json!({ "line": line, "character": character })
    };
    assert_eq!(
        go(&manifest, MANIFEST, "node = \"shout\"", 9),
        (uri(&manifest), at(MANIFEST, "nodes.shout", 6))
    );
    assert_eq!(
        go(&manifest, MANIFEST, "path = \"upper\"", 9),
        (uri(&world), at(WORLD, "world stage", 6))
    );
    assert_eq!(
        go(&world, WORLD, "export words", 8),
        (uri(&world), at(WORLD, "interface words", 10))
    );
    let types = uri(&project.path("upper/wit/deps/torvyn-streaming/types.wit"));
    assert_eq!(go(&world, WORLD, "borrow<buffer>", 8).0, types);
}

#[test]
fn a_rename_touches_every_reference() {
    let project = Project::new();
    let mut client = opened(&project, MANIFEST, WORLD);
    let (line, column) = position(MANIFEST, "nodes.shout", 7);
    let params = json!({
        "textDocument": { "uri": uri(&project.manifest()) },
        "position": { "line": line, "character": column },
        "context": { "includeDeclaration": true },
        "newName": "loud",
    });
    let references = client.request("textDocument/references", &params);
    assert_eq!(references["result"].as_array().unwrap().len(), 3);
    let prepared = client.at("prepareRename", &project.manifest(), line, column);
    assert_eq!(prepared["start"], json!({ "line": line, "character": column - 1 }));
    let renamed = client.request("textDocument/rename", &params);
    let edits = &renamed["result"]["changes"][uri(&project.manifest())];
    assert_eq!(edited(MANIFEST, edits), MANIFEST.replace("shout", "loud"));
    let refused = client.request(
        "textDocument/rename",
        &json!({
            "textDocument": params["textDocument"], "position": params["position"], "newName": "not a name",
        }),
    );
    assert_eq!(refused["error"]["code"], -32803);
}

#[test]
fn symbols_nested_and_flat() {
    let project = Project::new();
    let nested = json!({ "textDocument": { "documentSymbol": { "hierarchicalDocumentSymbolSupport": true } } });
    let document = json!({ "textDocument": { "uri": uri(&project.manifest()) } });
    for (capabilities, count) in [(nested, 3), (json!({}), 8)] {
        let mut client = Client::with(&capabilities).0;
        client.open(&project.manifest(), MANIFEST);
        let symbols = client.request("textDocument/documentSymbol", &document);
        let symbols = symbols["result"].as_array().unwrap();
        assert_eq!(symbols.len(), count, "{symbols:?}");
        assert_eq!(symbols[2]["name"], "main");
    }
}

#[test]
fn a_code_action_mends_the_manifest() {
    let project = Project::new();
    let cut = MANIFEST.rfind("\n[[flow.main.edges]]").unwrap();
    let dangling = &MANIFEST[..cut];
    let mut client = opened(&project, dangling, WORLD);
    client.settle();
    let found = client.diagnostics[&uri(&project.manifest())].clone();
    let params = |only: Value| {
        json!({
            "textDocument": { "uri": uri(&project.manifest()) },
            "range": found[0]["range"],
            "context": { "diagnostics": found, "only": only },
        })
    };
    let actions = client.request("textDocument/codeAction", &params(json!(["quickfix"])));
    let action = &actions["result"][0];
    assert_eq!(action["title"], "Connect `shout.output` with `out.input`");
    assert_eq!(
        (&action["kind"], &action["isPreferred"]),
        (&json!("quickfix"), &json!(true))
    );
    assert_eq!(action["diagnostics"][0], found[0]);
    let mended = edited(dangling, &action["edit"]["changes"][uri(&project.manifest())]);
    assert_eq!(mended, MANIFEST);
    let refactorings = client.request("textDocument/codeAction", &params(json!(["refactor"])));
    assert_eq!(refactorings["result"], json!([]));
}

#[test]
fn code_actions_declare_and_grant_what_a_contract_needs() {
    let project = Project::new();
    let world = format!(
        "{}\npackage wasi:clocks@0.2.6 {{\n    interface wall-clock {{\n        now: func() -> u64;\n    }}\n}}\n",
        WORLD.replace(
            "world stage {",
            "world stage {\n    import wasi:clocks/wall-clock@0.2.6;"
        )
    );
    let mut text = MANIFEST.to_owned();
    let mut client = opened(&project, &text, &world);
    let mut titles = Vec::new();
    for version in 1..=2 {
        client.settle();
        let (at, found) = client.diagnostics.iter().find(|(_, list)| !list.is_empty()).unwrap();
        let params = json!({
            "textDocument": { "uri": at },
            "range": found[0]["range"],
            "context": { "diagnostics": found },
        });
        let actions = client.request("textDocument/codeAction", &params);
        let action = &actions["result"][0];
        titles.push(action["title"].as_str().unwrap().to_owned());
        text = edited(&text, &action["edit"]["changes"][uri(&project.manifest())]);
        client.change(&project.manifest(), version, &json!([{ "text": text }]));
    }
    client.settle();
    assert_eq!(
        titles,
        ["Declare `wasi-wall-clock`", "Grant `wasi:clocks/wall-clock` to `upper`"]
    );
    assert!(
        client.diagnostics.values().all(Vec::is_empty),
        "{text}\n{:?}",
        client.diagnostics
    );
}

#[test]
fn inlay_hints_in_the_range_that_is_shown() {
    let project = Project::new();
    let mut client = opened(&project, MANIFEST, WORLD);
    let (line, column) = position(MANIFEST, "[[flow.main.edges]]", 19);
    let params = json!({
        "textDocument": { "uri": uri(&project.manifest()) },
        "range": { "start": { "line": line, "character": 0 }, "end": { "line": line + 1, "character": 0 } },
    });
    let hints = client.request("textDocument/inlayHint", &params);
    assert_eq!(hints["result"].as_array().unwrap().len(), 1);
    assert_eq!(hints["result"][0]["label"], "queue_depth = 64");
    assert_eq!(
        hints["result"][0]["position"],
        json!({ "line": line, "character": column })
    );
}
