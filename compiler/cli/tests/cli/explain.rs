use crate::{folder, torvync};

#[test]
fn a_code_is_explained_in_every_spelling() {
    let folder = folder();
    let expected = torvync(folder.path(), &["explain", "E0203"]).succeeds().stdout;
    assert!(expected.starts_with("E0203 TopologyInvalid\n"), "{expected}");
    for spelling in ["e0203", "203", "0203"] {
        assert_eq!(
            torvync(folder.path(), &["explain", spelling]).succeeds().stdout,
            expected
        );
    }
}

#[test]
fn without_a_code_all_are_listed() {
    let run = torvync(folder().path(), &["explain"]).succeeds();
    let codes: Vec<&str> = run.stdout.lines().filter_map(|line| line.split(' ').next()).collect();
    assert!(codes.is_sorted() && codes.len() > 40, "{codes:?}");
    assert!(codes.contains(&"E0001") && codes.contains(&"E0702"), "{codes:?}");
}

#[test]
fn every_listed_code_has_an_explanation() {
    let folder = folder();
    let list = torvync(folder.path(), &["explain", "--format", "json"])
        .succeeds()
        .json();
    for entry in list["codes"].as_array().expect("a list") {
        let code = entry["code"].as_str().expect("a code");
        let explained = torvync(folder.path(), &["explain", code, "--format", "json"])
            .succeeds()
            .json();
        assert!(
            explained["explanation"].as_str().is_some_and(|text| text.len() > 40),
            "{code}"
        );
    }
}

#[test]
fn an_unknown_code_names_the_nearest() {
    let run = torvync(folder().path(), &["explain", "E0204x"]).fails(1);
    assert!(run.stderr.contains("`E0204x` is not an error code"), "{}", run.stderr);
    let run = torvync(folder().path(), &["explain", "299"]).fails(1);
    assert!(
        run.stderr.contains("no code E0299") && run.stderr.contains("E0300"),
        "{}",
        run.stderr
    );
}
