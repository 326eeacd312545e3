mod fixture;

use torvyn_codegen::ir::{ArtifactKind, OverflowPolicy, WasiPackage};

use fixture::*;

use super::*;
use crate::lower::wasi;

/// Source, processor and sink in a row.
fn row() -> FlowIr {
    let nodes = [("a", Some(SOURCE)), ("b", Some(PROCESSOR)), ("c", Some(CONSUMER))];
    flow(&nodes, &[(0, 1), (1, 2)])
}

/// Chooses the paths of a flow. Returns the flow, and name and kind of each unit.
fn chosen(flow: FlowIr, wanted: Wanted) -> (FlowIr, Vec<(String, ArtifactKind)>) {
    let mut flows = [(flow, wanted)];
    let units = choose(&mut flows, &binaries());
    let [(flow, _)] = flows;
    let units = units.into_iter().map(|unit| (unit.name, unit.kind));
    (flow, units.collect())
}

/// The path of each stage in words, if the fused path is requested.
fn fused(flow: FlowIr) -> Vec<String> {
    let (flow, _) = chosen(flow, Wanted::Manifest(Optimize::Fused));
    flow.nodes.iter().map(|node| flow.path(node)).collect()
}

/// A source and two equal processors in a row.
fn equal_processors() -> FlowIr {
    let nodes = [
        ("a", Some(SOURCE)),
        ("b", Some(PROCESSOR)),
        ("c", Some(PROCESSOR)),
        ("d", None),
    ];
    flow(&nodes, &[(0, 1), (1, 2), (2, 3)])
}

#[test]
fn stages_of_one_component_share_their_code_on_the_direct_path() {
    let (flow, units) = chosen(equal_processors(), Wanted::Option(Optimize::Direct));
    let paths: Vec<String> = flow.nodes.iter().map(|node| flow.path(node)).collect();
    let direct = "direct path: asked for by `--opt`";
    assert_eq!(paths, [direct, direct, direct, "builtin"]);
    let shell = |name: &str| (name.to_owned(), ArtifactKind::Shell);
    assert_eq!(units, [shell("source.direct"), shell("processor.direct")]);
    assert_eq!(
        flow.artifact(&flow.nodes[1]),
        flow.artifact(&flow.nodes[2]),
        "they share the shell"
    );
}

#[test]
fn the_command_line_goes_before_the_manifest() {
    let wanted = Wanted::new(Some(Optimize::Component), Some(Optimize::Fused));
    let (flow, units) = chosen(row(), wanted);
    assert_eq!(flow.path(&flow.nodes[0]), "component path: asked for by `--opt`");
    assert_eq!(units[0], ("source".to_owned(), ArtifactKind::Component));
    let (flow, _) = chosen(row(), Wanted::new(None, Some(Optimize::Component)));
    assert_eq!(flow.path(&flow.nodes[0]), "component path: asked for by `optimize`");
    let (flow, _) = chosen(row(), Wanted::new(Some(Optimize::Direct), Some(Optimize::Fused)));
    assert_eq!(flow.path(&flow.nodes[0]), "direct path: asked for by `--opt`");
}

#[test]
fn a_stage_that_the_glue_can_not_serve_is_a_component() {
    let nodes = [("a", Some(SOURCE)), ("b", Some(PRINTER))];
    let (flow, units) = chosen(flow(&nodes, &[(0, 1)]), Wanted::Option(Optimize::Direct));
    assert_eq!(
        flow.path(&flow.nodes[1]),
        "component path: imports wasi:cli/stdout@0.2.3"
    );
    assert_eq!(units[1], ("printer".to_owned(), ArtifactKind::Component));
    assert_eq!(wasi::packages(&[flow], &binaries()), [WasiPackage::Cli]);
}

#[test]
fn only_components_that_are_called_as_such_bring_wasi() {
    let (flow, _) = chosen(row(), Wanted::new(None, None));
    assert_eq!(wasi::packages(&[flow], &binaries()), []);
}

#[test]
fn a_stage_that_can_not_be_welded_is_a_component() {
    let nodes = [("a", Some(SOURCE)), ("b", Some(TAGGED))];
    let (flow, _) = chosen(flow(&nodes, &[(0, 1)]), Wanted::new(None, None));
    let path = flow.path(&flow.nodes[1]);
    assert!(
        path.starts_with("component path: ") && path.contains("welded"),
        "{path}"
    );
}

#[test]
fn a_source_with_a_thread_of_its_own_is_a_component() {
    let mut flow = row();
    flow.nodes[0].own_thread = Some("imports wasi:io/poll: may block".to_owned());
    let paths = fused(flow);
    let own = "component path: has a thread of its own: imports wasi:io/poll: may block";
    assert_eq!(paths, [own, "fused path: b → c", "fused path: b → c"]);
}

#[test]
fn buffers_that_do_not_fit_into_one_memory_are_for_components() {
    let mut flow = row();
    flow.pools[3].slots = 3500;
    let reason = |flow: &FlowIr| unwanted(flow, Wanted::new(None, None));
    assert_eq!(reason(&flow), None);
    flow.pools[3].slots = 3584;
    let expected = "the buffers of the flow do not fit into one memory of 4 GiB";
    assert_eq!(reason(&flow).as_deref(), Some(expected));
}

#[test]
fn a_row_of_stages_becomes_one_shell() {
    let nodes = [
        ("a", Some(SOURCE)),
        ("b", Some(PROCESSOR)),
        ("c", Some(FILTER)),
        ("d", Some(AGGREGATOR)),
        ("e", Some(CONSUMER)),
    ];
    let flow = flow(&nodes, &[(0, 1), (1, 2), (2, 3), (3, 4)]);
    let (flow, units) = chosen(flow, Wanted::Manifest(Optimize::Fused));
    assert_eq!(units, [("main.a.fused".to_owned(), ArtifactKind::Shell)]);
    assert_eq!(flow.path(&flow.nodes[4]), "fused path: a → b → c → d → e");
    let shell = ShellIdx::new(0);
    assert_eq!(flow.nodes[4].path, CallPath::Fused { shell, member: 4 });
}

#[test]
fn chains_are_fused_by_default() {
    let (flow, units) = chosen(row(), Wanted::new(None, None));
    assert_eq!(units, [("main.a.fused".to_owned(), ArtifactKind::Shell)]);
    assert_eq!(flow.path(&flow.nodes[1]), "fused path: a → b → c");
}

#[test]
fn many_copies_of_one_component_are_not_fused_by_default() {
    let row = |processors: usize| {
        let mut nodes = vec![("p", Some(PROCESSOR)); processors + 1];
        nodes[0] = ("s", Some(SOURCE));
        let edges: Vec<_> = (1..=processors).map(|to| (to - 1, to)).collect();
        flow(&nodes, &edges)
    };
    let (few, units) = chosen(row(17), Wanted::new(None, None));
    assert_eq!((few.shells.len(), units.len()), (1, 1));
    let (many, units) = chosen(row(18), Wanted::new(None, None));
    let path = "direct path: the program would have 17 copies of code that stages on this path share";
    assert_eq!(many.path(&many.nodes[0]), path);
    assert_eq!((many.shells.len(), units.len()), (0, 2));
    let (asked, _) = chosen(row(18), Wanted::Option(Optimize::Fused));
    assert_eq!(asked.shells.len(), 1);
}

#[test]
fn the_copies_of_all_flows_count() {
    let one = || flow(&[("a", Some(SOURCE)), ("b", Some(PROCESSOR))], &[(0, 1)]);
    let mut flows: Vec<(FlowIr, Wanted)> = (0..1_000).map(|_| (one(), Wanted::new(None, None))).collect();
    let units = choose(&mut flows, &binaries());
    let fused = flows.iter().filter(|(flow, _)| !flow.shells.is_empty()).count();
    // The first has the code itself, each other one two copies.
    assert_eq!((fused, units.len()), (9, 9 + 2));
}

#[test]
fn what_is_not_fused_says_why() {
    let nodes = [
        ("a", Some(SOURCE)),
        ("b", Some(ROUTER)),
        ("c", Some(PROCESSOR)),
        ("d", Some(CONSUMER)),
        ("e", None),
        ("f", Some(TABLES)),
        ("g", Some(SEGMENTS)),
        ("h", Some(REFERENCES)),
    ];
    let edges = [(0, 1), (1, 2), (1, 5), (2, 3), (5, 6), (6, 7), (7, 4)];
    let paths = fused(flow(&nodes, &edges));
    let alone = "direct path: no stage beside it can be fused with it: `b` is a router";
    let fused = "fused path: c → d";
    let tables = "direct path: changes its tables while it runs";
    let segments = "direct path: drops data segments while it runs";
    let references = "direct path: has a global that holds references";
    assert_eq!(
        paths,
        [
            alone,
            "direct path: is a router",
            fused,
            fused,
            "builtin",
            tables,
            segments,
            references
        ]
    );
}

#[test]
fn a_stream_in_which_something_happens_is_not_fused() {
    let why = |change: fn(&mut FlowIr)| {
        let nodes = [("a", Some(SOURCE)), ("b", Some(CONSUMER))];
        let mut flow = flow(&nodes, &[(0, 1)]);
        change(&mut flow);
        let paths = fused(flow);
        assert_eq!(paths[0], paths[1], "both ends say the same");
        paths[0].clone()
    };
    let because = |reason: &str| format!("direct path: no stage beside it can be fused with it: {reason}");
    let stream = |what: &str| because(&format!("the stream from `a` to `b` {what}"));
    assert_eq!(why(|flow| flow.streams[0].depth = 1), stream("holds one element"));
    assert_eq!(
        why(|flow| flow.streams[0].max_element_bytes = Some(5)),
        stream("limits the size of elements")
    );
    let limit = |flow: &mut FlowIr| flow.streams[0].policy = OverflowPolicy::RateLimit { per_second: 1 };
    assert_eq!(why(limit), stream("limits their rate"));
}

#[test]
fn forks_and_joins_are_not_fused() {
    let nodes = [("a", Some(SOURCE)), ("b", Some(CONSUMER)), ("c", Some(CONSUMER))];
    let paths = fused(flow(&nodes, &[(0, 1), (0, 2)]));
    let because = |reason: &str| format!("direct path: no stage beside it can be fused with it: {reason}");
    assert_eq!(paths, vec![because("`a` has several outputs"); 3]);
    let nodes = [("a", Some(SOURCE)), ("b", Some(SOURCE)), ("c", Some(CONSUMER))];
    let paths = fused(flow(&nodes, &[(0, 2), (1, 2)]));
    assert_eq!(paths, vec![because("`c` has several inputs"); 3]);
}

#[test]
fn a_metered_stage_is_not_fused() {
    let mut flow = row();
    flow.nodes[2].limits.fuel = 1000;
    let paths = fused(flow);
    assert_eq!(
        paths,
        [
            "fused path: a → b",
            "fused path: a → b",
            "direct path: is metered with fuel"
        ]
    );
}

#[test]
fn a_stage_that_does_not_fit_is_left_out_of_its_chain() {
    let nodes = [
        ("a", Some(SOURCE)),
        ("b", Some(PROCESSOR)),
        ("c", Some(PROCESSOR)),
        ("d", Some(PROCESSOR)),
        ("e", Some(CONSUMER)),
    ];
    let mut flow = flow(&nodes, &[(0, 1), (1, 2), (2, 3), (3, 4)]);
    // Its memory starts with one page, which is more.
    flow.nodes[2].limits.memory_bytes = 1;
    let (flow, units) = chosen(flow, Wanted::Option(Optimize::Fused));
    let names: Vec<_> = units.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["main.a.fused", "processor.direct", "main.d.fused"]);
    let path = flow.path(&flow.nodes[2]);
    assert!(path.starts_with("direct path: can't be welded to others: "), "{path}");
    assert_eq!(flow.shells[1].members, [3, 4].map(NodeIdx::new));
}

#[test]
fn a_long_chain_is_cut_into_even_pieces() {
    let count = 40;
    let mut nodes = vec![("p", Some(PROCESSOR)); count];
    nodes[0] = ("s", Some(SOURCE));
    let edges: Vec<_> = (1..count).map(|to| (to - 1, to)).collect();
    let (flow, _) = chosen(flow(&nodes, &edges), Wanted::Manifest(Optimize::Fused));
    let lengths: Vec<usize> = flow.shells.iter().map(|shell| shell.members.len()).collect();
    assert_eq!(lengths, [20, 20]);
}
