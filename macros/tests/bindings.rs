//! Generates `src/bindings.rs` from `wit/`, so that a guest compiles no generator and parses no WIT.
//!
//! Fails when the shipped file is out of date; `TORVYNC_BLESS=1` rewrites it.
#![expect(
    clippy::disallowed_methods,
    reason = "a golden test reads its switch, and reads or rewrites its file"
)]

use std::fmt::Write as _;
use std::path::Path;

use wit_bindgen_core::wit_parser::{Resolve, WorldId};
use wit_bindgen_core::{Files, WorldGenerator};
use wit_component::StringEncoding;

/// Every interface a Rust component may import or export, so that all roles share one set of types.
const GUEST_WORLD: &str = "
package torvyn:sdk;

world guest {
    import torvyn:streaming/types@0.1.0;
    import torvyn:streaming/buffer-allocator@0.1.0;
    import torvyn:capabilities/capability-query@0.1.0;
    export torvyn:streaming/source@0.1.0;
    export torvyn:streaming/processor@0.1.0;
    export torvyn:filtering/filter@0.1.0;
    export torvyn:filtering/router@0.1.0;
    export torvyn:aggregation/aggregator@0.1.0;
    export torvyn:streaming/sink@0.1.0;
    export torvyn:streaming/lifecycle@0.1.0;
}
";

/// The role's word in the names of macros, and the world that a component in that role targets.
const ROLE_WORLDS: [(&str, &str); 6] = [
    ("source", "torvyn:streaming/managed-source"),
    ("processor", "torvyn:streaming/managed-transform"),
    ("filter", "torvyn:filtering/managed-filter"),
    ("router", "torvyn:filtering/managed-router"),
    ("aggregator", "torvyn:aggregation/stream-aggregator"),
    ("sink", "torvyn:streaming/managed-sink"),
];

const HEADER: &str = r#"//! Generated from `wit/` by `tests/bindings.rs`; do not edit.
#![allow(
    clippy::all,
    clippy::restriction,
    missing_docs,
    unreachable_pub,
    unsafe_code,
    unused,
    reason = "generated; the unsafe code is the canonical ABI: raw memory and handles that the host validates"
)]
"#;

#[test]
fn shipped_bindings_are_up_to_date() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let shipped = root.join("src/bindings.rs");
    let generated = generate(&root.join("../wit"));
    if std::env::var("TORVYNC_BLESS").is_ok_and(|value| value == "1") {
        std::fs::write(&shipped, generated).expect("src/bindings.rs is writable");
        return;
    }
    let found = std::fs::read_to_string(&shipped).expect("src/bindings.rs exists");
    assert!(
        found == generated,
        "macros/src/bindings.rs is out of date: run `TORVYNC_BLESS=1 cargo test --package torvyn --test bindings`"
    );
}

fn generate(wit: &Path) -> String {
    let mut resolve = Resolve::default();
    for package in [
        "torvyn-streaming",
        "torvyn-filtering",
        "torvyn-aggregation",
        "torvyn-capabilities",
    ] {
        resolve.push_dir(wit.join(package)).expect("wit/ resolves");
    }
    let package = resolve
        .push_str("guest.wit", GUEST_WORLD)
        .expect("the guest world resolves");
    let guest = resolve
        .select_world(&[package], Some("guest"))
        .expect("the guest world exists");

    let mut text = String::from(HEADER);
    text.push_str(&interfaces(&mut resolve, guest));
    for (role, world) in ROLE_WORLDS {
        let id = resolve
            .select_world(&[package], Some(world))
            .expect("the role's world exists");
        text.push_str(&world_section(&resolve, role, world, id));
    }
    text
}

/// Types, imports, and one `Guest` trait and export macro per interface.
fn interfaces(resolve: &mut Resolve, guest: WorldId) -> String {
    let options = wit_bindgen_rust::Opts {
        format: true,
        generate_all: true,
        pub_export_macro: true,
        export_macro_name: Some("__export_every_role".to_owned()),
        runtime_path: Some("::wit_bindgen::rt".to_owned()),
        default_bindings_module: Some("$crate::bindings".to_owned()),
        ..Default::default()
    };
    let mut files = Files::default();
    options
        .build()
        .generate(resolve, guest, &mut files)
        .expect("the guest world can be generated");
    let (_, text) = files.iter().next().expect("one file per world");
    without_joint_export(str::from_utf8(text).expect("generated code is text"))
}

/// Cuts out the macro that would export all roles at once; a component has one.
fn without_joint_export(text: &str) -> String {
    let start = text
        .find("/// Generates `#[unsafe(no_mangle)]`")
        .expect("the joint export macro is documented");
    let last = "pub use __export_guest_impl as __export_every_role;\n";
    let end = text.find(last).expect("the joint export macro is re-exported") + last.len();
    [&text[..start], &text[end..]].concat()
}

/// A macro that puts the description of `world` where the component encoder of the linker looks for it.
///
/// It must be expanded in the component's own crate: in this one, every component would promise every role.
fn world_section(resolve: &Resolve, role: &str, world: &str, id: WorldId) -> String {
    let bytes = wit_component::metadata::encode(resolve, id, StringEncoding::UTF8, None, false)
        .expect("the role's world can be encoded");
    let mut text = String::new();
    write!(
        text,
        "\n#[doc(hidden)]\n#[macro_export]\nmacro_rules! __world_{role} {{\n    () => {{\n        \
         #[cfg(target_arch = \"wasm32\")]\n        \
         #[unsafe(link_section = \"component-type:{world}\")]\n        \
         pub static __COMPONENT_TYPE: [u8; {}] = *b\"\\\n",
        bytes.len()
    )
    .expect("writing to a string");
    for line in bytes.chunks(40) {
        // A space at the start of a line would belong to the line's continuation.
        let escaped = line.escape_ascii().to_string().replace(' ', "\\x20");
        writeln!(text, "{escaped}\\").expect("writing to a string");
    }
    text.push_str("\";\n    };\n}\n");
    text
}
