use super::*;

#[test]
fn every_text_is_right() {
    for text in INTERFACES.iter().map(|(_, text)| *text).chain([STAGE]) {
        assert!(!assemble(text).exports.is_empty());
    }
}

#[test]
fn groups_have_the_functions_they_say() {
    for group in &GROUPS {
        let mut exports = assemble(group.text).exports;
        let mut functions: Vec<&str> = group.functions.to_vec();
        exports.sort();
        functions.sort_unstable();
        assert_eq!(exports, functions);
    }
}

#[test]
fn an_interface_may_have_two_names() {
    let allocate = Some("torvyn:streaming/buffer-allocator#allocate");
    assert_eq!(provides("torvyn:streaming/buffer-allocator", "allocate"), allocate);
    assert_eq!(provides("torvyn:resources/buffer-ops", "allocate"), allocate);
    assert_eq!(provides("wasi:sockets/tcp", "allocate"), None);
    assert_eq!(
        provides("wasi_snapshot_preview1", "fd_write"),
        Some("wasi_snapshot_preview1#fd_write")
    );
}

#[test]
fn chains_of_every_shape_are_right() {
    let inner = [Role::Processor, Role::Filter, Role::Aggregator];
    for first in [Role::Source, Role::Processor, Role::Filter, Role::Aggregator] {
        for last in [Role::Processor, Role::Filter, Role::Aggregator, Role::Sink] {
            for length in 0..=inner.len() {
                let mut roles = vec![first];
                roles.extend(&inner[..length]);
                roles.push(last);
                let bases: Vec<u32> = (0..roles.len()).map(node_base).collect();
                assert_eq!(assemble(&chain::text(&roles, &bases)).exports, ["run"], "{roles:?}");
            }
        }
    }
}
