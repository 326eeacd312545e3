//! Differences between clients, and misbehaving clients.

use serde_json::{Value, json};

use crate::client::{Client, uri};
use crate::project::{MANIFEST, Project, WORLD, position};

#[test]
fn columns_count_what_the_client_wants() {
    let project = Project::new();
    let text = MANIFEST.replacen("# Größe: 𝄞", "\"größe 𝄞\" = 1", 1);
    for (offered, encoding, end) in [
        (json!(["utf-16"]), "utf-16", 10),
        (json!(["utf-8", "utf-16"]), "utf-8", 14),
        (json!(["utf-32"]), "utf-16", 10),
    ] {
        let (mut client, greeting) = Client::with(&json!({ "general": { "positionEncodings": offered } }));
        assert_eq!(greeting["capabilities"]["positionEncoding"], encoding);
        client.open(&project.manifest(), &text);
        client.settle();
        let found = &client.diagnostics[&uri(&project.manifest())][0];
        assert_eq!(
            found["range"]["end"],
            json!({ "line": 0, "character": end }),
            "{encoding}"
        );
        // The key and everything after it is removed.
        let edit = json!([{ "range": { "start": { "line": 0, "character": 0 }, "end": { "line": 0, "character": end + 4 } }, "text": "" }]);
        client.change(&project.manifest(), 1, &edit);
        client.settle();
        assert!(client.diagnostics[&uri(&project.manifest())].is_empty());
    }
}

#[test]
fn several_projects_at_once() {
    let (one, other) = (Project::new(), Project::new());
    let mut client = Client::plain();
    client.open(&one.manifest(), &MANIFEST.replace("path =", "pth ="));
    client.open(&other.world(), &WORLD.replace("package", "pakage"));
    client.settle();
    assert!(!client.diagnostics[&uri(&one.manifest())].is_empty());
    assert!(!client.diagnostics[&uri(&other.world())].is_empty());
    client.close(&other.world());
    client.settle();
    assert!(!client.diagnostics[&uri(&one.manifest())].is_empty());
    assert!(client.diagnostics[&uri(&other.world())].is_empty());
}

#[test]
fn a_contract_belongs_to_the_nearest_project_that_holds_it() {
    let project = Project::new();
    // Between the two there is a project without this component.
    project.write(
        "upper/Torvyn.toml",
        &MANIFEST.replace("path = \"upper\"", "path = \"other\""),
    );
    project.write(
        "alone.wit",
        "package a:b;\ninterface x { type t = u8; f: func(a: t); }\n",
    );
    let mut client = Client::plain();
    client.open(&project.world(), &WORLD.replace("export torvyn", "export nothing"));
    client.settle();
    assert_eq!(client.diagnostics[&uri(&project.world())][0]["code"], "E0101");
    let alone = project.path("alone.wit");
    client.open(&alone, "package a:b;\ninterface x { type t = u8; f: func(a: t); broken");
    client.settle();
    assert!(client.diagnostics[&uri(&alone)].is_empty());
    assert_eq!(
        client.at("definition", &alone, 1, 38)[0]["range"]["start"],
        json!({ "line": 1, "character": 19 })
    );
}

#[test]
fn changes_on_the_disk_are_looked_at() {
    let project = Project::new();
    let watching = json!({ "workspace": { "didChangeWatchedFiles": { "dynamicRegistration": true } } });
    let mut client = Client::with(&watching).0;
    let asked = client.wait(|message| message["method"] == "client/registerCapability");
    assert_eq!(
        asked["params"]["registrations"][0]["method"],
        "workspace/didChangeWatchedFiles"
    );
    client.send_raw(&json!({ "jsonrpc": "2.0", "id": asked["id"], "result": null }).to_string());
    client.open(&project.manifest(), MANIFEST);
    client.settle();
    assert!(client.diagnostics[&uri(&project.manifest())].is_empty());
    project.write("upper/wit/world.wit", "package demo:upper;\n");
    client.notify(
        "workspace/didChangeWatchedFiles",
        &json!({ "changes": [{ "uri": uri(&project.world()), "type": 2 }] }),
    );
    client.settle();
    let codes: Vec<&Value> = client
        .diagnostics
        .values()
        .flatten()
        .map(|found| &found["code"])
        .collect();
    assert_eq!(codes, ["E0102"]);
}

#[test]
fn what_is_no_proper_request_is_refused() {
    let mut client = Client::start();
    let early = client.request("textDocument/hover", &json!({}));
    assert_eq!(early["error"]["code"], -32002);
    let wrong = client.request("initialize", &json!({ "capabilities": 5 }));
    assert_eq!(wrong["error"]["code"], -32602);
    assert!(client.request("initialize", &json!({ "capabilities": {} }))["result"]["capabilities"].is_object());
    client.notify("initialized", &json!({}));
    client.send_raw("{ no json");
    assert_eq!(
        client.wait(|message| message["id"].is_null() && message["error"].is_object())["error"]["code"],
        -32700
    );
    assert_eq!(
        client.request("textDocument/dance", &json!({}))["error"]["code"],
        -32601
    );
    let methods = [
        "completion",
        "hover",
        "definition",
        "references",
        "prepareRename",
        "rename",
        "documentSymbol",
        "codeAction",
        "inlayHint",
    ];
    for method in methods {
        for params in [
            json!(null),
            json!([]),
            json!({}),
            json!({ "textDocument": { "uri": "untitled:x" }, "position": "here" }),
        ] {
            let answer = client.request(&format!("textDocument/{method}"), &params);
            assert_eq!(answer["error"]["code"], -32602, "{method} {params}");
        }
    }
    assert_eq!(client.finish(), Some(0));
}

#[test]
fn a_file_may_be_called_in_many_ways() {
    let project = Project::new();
    let broken = MANIFEST.replace("path =", "pth =");
    let canonical = uri(&project.manifest());
    let path = canonical.strip_prefix("file://").expect("a file");
    for called in [
        format!("file:{path}"),
        format!("FILE://{path}"),
        format!("file://localhost{path}"),
    ] {
        let mut client = Client::plain();
        let document = json!({ "uri": called, "languageId": "toml", "version": 0, "text": broken });
        client.notify("textDocument/didOpen", &json!({ "textDocument": document }));
        client.settle();
        // The client gets the diagnostics under the name that it used.
        assert!(!client.diagnostics[&called].is_empty(), "{called}");
    }
    let mut client = Client::plain();
    let document = json!({ "uri": "untitled:Torvyn.toml", "languageId": "toml", "version": 0, "text": broken });
    client.notify("textDocument/didOpen", &json!({ "textDocument": document }));
    client.settle();
    let said = client.others.iter().map(ToString::to_string).collect::<String>();
    assert!(
        said.contains("`untitled:Torvyn.toml` is no file: expected `file:///PATH`"),
        "{said}"
    );
}

#[test]
fn what_makes_no_sense_does_not_end_the_session() {
    let project = Project::new();
    let mut client = Client::plain();
    for method in [
        "textDocument/didOpen",
        "textDocument/didChange",
        "textDocument/didClose",
        "no/such",
        "$/cancelRequest",
    ] {
        client.notify(method, &json!({ "textDocument": 3 }));
    }
    // Positions that do not exist, and a change of a document that is not open.
    client.change(&project.manifest(), 7, &json!([{ "text": "x" }]));
    client.open(&project.manifest(), MANIFEST);
    for method in ["completion", "hover", "definition", "prepareRename"] {
        client.at(method, &project.manifest(), 9999, 9999);
    }
    let backwards = json!({ "start": { "line": 9, "character": 9 }, "end": { "line": 1, "character": 1 } });
    client.change(&project.manifest(), 8, &json!([{ "range": backwards, "text": "" }]));
    client.settle();
    assert!(client.diagnostics[&uri(&project.manifest())].is_empty());
    let (line, column) = position(MANIFEST, "contract_version", 0);
    assert!(client.at("hover", &project.manifest(), line, column).is_object());
    assert_eq!(client.finish(), Some(0));
}

#[test]
fn the_end_is_as_the_protocol_has_it() {
    let mut client = Client::plain();
    client.request("shutdown", &Value::Null);
    assert_eq!(
        client.request("textDocument/hover", &json!({}))["error"]["code"],
        -32600
    );
    assert_eq!(client.exit(), Some(0));
    assert_eq!(Client::plain().exit(), Some(1));
}
