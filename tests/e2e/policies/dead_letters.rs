//! Dead letters: what they say, and where they come from.

use super::run;

#[test]
fn dead_letters_say_what_happened() {
    for (how, category, account) in [
        (
            "invalid-input",
            "invalid-input",
            "in 5, out 3, errors 2, dead_lettered 2",
        ),
        ("unavailable", "unavailable", "in 5, out 3, errors 2, dead_lettered 2"),
        ("internal", "internal", "in 5, out 3, errors 2, dead_lettered 2"),
        (
            "deadline-exceeded",
            "deadline-exceeded",
            "in 5, out 3, errors 2, dead_lettered 2",
        ),
        (
            "abort",
            "internal",
            "in 5, out 3, errors 2, dead_lettered 2, restarts 2",
        ),
        (
            "loop",
            "deadline-exceeded",
            "in 5, out 3, errors 2, dead_lettered 2, restarts 2",
        ),
    ] {
        let told = run("letters", &[&format!("middle.how={how}"), "middle.elements=[1,3]"], 0);
        let parameters = format!("torvyn-error={category}; torvyn-node=middle");
        let expected = format!(
            "good 0 text/plain 0\nlost 1 text/plain; {parameters} 1\ngood 2 text/plain 2\n\
             lost 3 text/plain; {parameters} 3\ngood 4 text/plain 4\ngood complete\nlost complete\n"
        );
        assert_eq!(told.stdout, expected, "{how}");
        assert_eq!(told.report.node("middle"), account, "{how}");
        let events = [1, 3].map(|n| format!("0 dead-lettered middle {n} {category}"));
        assert_eq!(told.report.events(&["dead-lettered"]), events, "{how}");
    }
}

#[test]
fn a_fatal_error_is_no_dead_letter() {
    let told = run("letters", &["middle.how=fatal", "middle.elements=[1]"], 1);
    assert_eq!(told.report.codes(), ["E0410"]);
    assert_eq!(told.stdout, "good 0 text/plain 0\ngood complete\nlost complete\n");
    assert_eq!(told.report.node("middle"), "in 2, out 1, errors 1, failed 1");
}

#[test]
fn every_role_has_dead_letters() {
    let settings = [
        "filter.script=\"oi\"",
        "aggregator.script=\"eeu\"",
        "router.script=\"oooon\"",
        "sink.script=\"ooooood\"",
    ];
    let told = run("letters-of-every-role", &settings, 0);
    let lost: Vec<&str> = told.stdout.lines().filter(|line| line.starts_with("lost")).collect();
    assert_eq!(
        lost,
        [
            "lost 1 text/plain; torvyn-error=invalid-input; torvyn-node=filter 1",
            "lost 3 text/plain; torvyn-error=unavailable; torvyn-node=aggregator 3",
            "lost 6 text/plain; torvyn-error=internal; torvyn-node=router 6",
            "lost 9 text/plain; torvyn-error=deadline-exceeded; torvyn-node=sink 9",
            "lost complete"
        ]
    );
    assert_eq!(told.report.node("sink"), "in 9, delivered 8, errors 1, dead_lettered 1");
    assert_eq!(told.report.number("delivered"), 12);
}

#[test]
fn a_dead_letter_may_die_again() {
    let settings = ["--limit=3", "first.script=\"oii\"", "second.script=\"oi\""];
    let told = run("letters-of-letters", &settings, 0);
    assert_eq!(
        told.stdout,
        "good 0 text/x-first s:0.first\ngood 1 text/x-second s:1.second\n\
         lost 2 text/plain; torvyn-error=invalid-input; torvyn-node=first; torvyn-error=invalid-input; \
         torvyn-node=second s:2\ngood complete\nlost complete\n"
    );
}
