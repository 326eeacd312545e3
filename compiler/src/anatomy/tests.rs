use super::*;

fn anatomy(text: &str) -> Anatomy {
    Anatomy::of(&wat::parse_str(text).expect("a component")).expect("it can be taken apart")
}

/// A function that the component imports, and the core instance whose memory it uses, if any.
fn imported(interface: &str, function: &str, memory: Option<u32>) -> Origin {
    Origin::Imported {
        interface: interface.into(),
        function: function.into(),
        abi: Abi {
            memory: memory.map(|instance| CoreExport {
                instance,
                name: "memory".into(),
            }),
            ..Abi::NUMBERS
        },
    }
}

/// A main module that calls a host function and drops a handle directly, with all options on its lift.
const DIRECT: &str = r#"
(component
  (import "a:b/types@0.1.0" (instance $types
    (export "buffer" (type $buffer (sub resource)))
    (export "now" (func (result u64)))))
  (alias export $types "buffer" (type $buffer))
  (core func $now (canon lower (func $types "now")))
  (core func $drop (canon resource.drop $buffer))
  (core module $main
    (import "host" "now" (func (result i64)))
    (import "host" "drop" (func (param i32)))
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 0)
    (func (export "go") (param i32 i32) (result i32) i32.const 0)
    (func (export "post") (param i32)))
  (core instance $main (instantiate $main
    (with "host" (instance (export "now" (func $now)) (export "drop" (func $drop))))))
  (alias core export $main "memory" (core memory $memory))
  (alias core export $main "realloc" (core func $realloc))
  (alias core export $main "post" (core func $post))
  (func $go (param "text" string) (result string)
    (canon lift (core func $main "go") (memory $memory) (realloc $realloc) (post-return $post)))
  (instance $role (export "go" (func $go)))
  (export "a:b/role@0.1.0" (instance $role)))
"#;

#[test]
fn code_behind_an_export_is_found_with_its_options() {
    let anatomy = anatomy(DIRECT);
    let export = |name: &str| CoreExport {
        instance: 1,
        name: name.into(),
    };
    let expected = Lift {
        interface: "a:b/role@0.1.0".into(),
        function: "go".into(),
        code: export("go"),
        post_return: Some(export("post")),
        abi: Abi {
            memory: Some(export("memory")),
            realloc: Some(export("realloc")),
            ..Abi::NUMBERS
        },
    };
    assert_eq!(anatomy.interfaces, ["a:b/role@0.1.0"]);
    assert_eq!(anatomy.lifts, [expected]);
    let main = anatomy.main.expect("one instance does it all");
    assert_eq!(
        (main.instance, main.module, main.memories, main.initialisers),
        (1, 0, 1, Ok(Vec::new()))
    );
    let drop = Origin::ResourceDrop {
        interface: "a:b/types@0.1.0".into(),
        resource: "buffer".into(),
    };
    let origins: Vec<Origin> = main.imports.into_iter().map(|import| import.origin).collect();
    assert_eq!(origins, [imported("a:b/types@0.1.0", "now", None), drop]);
}

/// Returns the anatomy of a component as encoders write it if functions need the main module's memory: main calls a
/// shim, which calls through a table that another module fills later. `fill` is put into the table at element 1.
fn shimmed(fill: &str) -> Anatomy {
    anatomy(&format!(
        r#"
(component
  (import "a:b/host@0.1.0" (instance $host (export "say" (func (param "text" string)))))
  (core module $shim
    (type $say (func (param i32 i32)))
    (table (export "t") 2 2 funcref)
    (func (export "other") (type $say))
    (func (export "say") (type $say) local.get 0 local.get 1 i32.const 1 call_indirect (type $say)))
  (core instance $shim (instantiate $shim))
  (core module $main
    (import "host" "say" (func (param i32 i32)))
    (import "host" "other" (func (param i32 i32)))
    (memory (export "memory") 1)
    (func (export "go")))
  (core instance $main (instantiate $main (with "host" (instance $shim))))
  (alias core export $main "memory" (core memory $memory))
  (core func $say (canon lower (func $host "say") (memory $memory)))
  (core module $fixup
    (import "" "t" (table 2 2 funcref))
    (import "" "f" (func $f (param i32 i32)))
    (elem (i32.const 1) func $f))
  (core instance $fixup (instantiate $fixup
    (with "" (instance (export "t" (table $shim "t")) (export "f" (func {fill}))))))
  (func $go (canon lift (core func $main "go")))
  (export "go" (func $go)))
"#
    ))
}

#[test]
fn a_call_through_a_table_is_followed_to_what_was_put_there() {
    let main = shimmed("$say").main.expect("one instance");
    let origins: Vec<Origin> = main.imports.into_iter().map(|import| import.origin).collect();
    let other = Origin::Code(CoreExport {
        instance: 0,
        name: "other".into(),
    });
    assert_eq!(origins, [imported("a:b/host@0.1.0", "say", Some(1)), other]);
}

#[test]
fn a_table_that_leads_back_to_itself_is_not_followed_for_ever() {
    let main = shimmed(r#"$shim "say""#).main.expect("one instance");
    let shim = Origin::Code(CoreExport {
        instance: 0,
        name: "say".into(),
    });
    assert_eq!(main.imports[0].origin, shim);
}

#[test]
fn functions_in_several_instances_have_no_main() {
    let anatomy = anatomy(
        r#"
(component
  (core module $m (func (export "go")))
  (core instance $a (instantiate $m))
  (core instance $b (instantiate $m))
  (func $one (canon lift (core func $a "go")))
  (func $two (canon lift (core func $b "go")))
  (export "one" (func $one))
  (export "two" (func $two)))
"#,
    );
    let instances: Vec<u32> = anatomy.lifts.iter().map(|lift| lift.code.instance).collect();
    assert_eq!(instances, [0, 1]);
    assert_eq!(anatomy.main, None);
}

#[test]
fn exports_wrapped_into_a_component_are_found() {
    let anatomy = anatomy(
        r#"
(component
  (core module $m (func (export "code")))
  (core instance $m (instantiate $m))
  (func $go (canon lift (core func $m "code")))
  (component $wrap
    (import "whatever" (func $f))
    (export "go" (func $f)))
  (instance $role (instantiate $wrap (with "whatever" (func $go))))
  (export "a:b/role@0.1.0" (instance $role)))
"#,
    );
    let found: Vec<_> = anatomy
        .lifts
        .iter()
        .map(|lift| (lift.interface.as_str(), lift.function.as_str(), lift.code.name.as_str()))
        .collect();
    assert_eq!(found, [("a:b/role@0.1.0", "go", "code")]);
}

#[test]
fn a_truncated_component_is_an_error() {
    let whole = wat::parse_str(DIRECT).expect("a component");
    for end in 8..whole.len() {
        // What is left before a section may be a whole component. It must not panic.
        let _ = Anatomy::of(&whole[..end]);
    }
    assert!(Anatomy::of(&whole[..whole.len() / 2]).is_err());
}
