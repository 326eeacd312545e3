use super::*;
use crate::anatomy::sample::{SINK, Sample, sample};

fn stage_code(sample: &Sample<'_>) -> Result<StageCode, Obstacle> {
    Anatomy::of(&sample.binary())
        .expect("it can be taken apart")
        .stage_code()
}

/// Returns why there is no code for a stage, in words.
fn obstacle(sample: &Sample<'_>) -> String {
    stage_code(sample).expect_err("an obstacle").to_string()
}

/// The interface of buffers, two of its functions, and the drop of its resource.
const TYPES: &str = r#"
  (import "torvyn:streaming/types@0.1.0" (instance $types
    (export "buffer" (type $buffer (sub resource)))
    (export "[method]buffer.size" (func (param "self" (borrow $buffer)) (result u64)))))
  (alias export $types "buffer" (type $buffer))
  (core func $size (canon lower (func $types "[method]buffer.size")))
  (core func $drop (canon resource.drop $buffer))
"#;

/// An adapter that has a function.
const ADAPTER: &str = r#"
  (core module $adapter (func (export "FUNCTION") (param i32 i32 i32 i32) (result i32) i32.const 0))
  (core instance $adapter (instantiate $adapter))
"#;

#[test]
fn a_component_without_imports_has_stage_code() {
    let code = stage_code(&SINK).expect("no obstacle");
    let functions: Vec<_> = code
        .functions
        .iter()
        .map(|function| (function.interface.as_str(), function.core.as_str()))
        .collect();
    let interface = "torvyn:streaming/sink";
    assert_eq!(functions, [(interface, "push"), (interface, "complete")]);
    assert_eq!(
        (code.memory.as_str(), code.realloc.as_deref()),
        ("memory", Some("realloc"))
    );
    assert!(code.module.starts_with(b"\0asm") && code.imports.is_empty() && code.initialisers.is_empty());
}

#[test]
fn imports_are_bound_to_what_the_glue_provides() {
    let code = stage_code(&Sample {
        before: TYPES,
        module: r#"(import "t" "size" (func (param i32) (result i64))) (import "t" "drop" (func (param i32)))"#,
        with: r#"(with "t" (instance (export "size" (func $size)) (export "drop" (func $drop))))"#,
        ..SINK
    });
    let types = |function: &str| format!("torvyn:streaming/types#{function}");
    let expected = [types("[method]buffer.size"), types("[resource-drop]buffer")];
    assert_eq!(code.expect("no obstacle").imports, expected);
}

#[test]
fn an_import_that_the_glue_does_not_have_is_named() {
    let sample = Sample {
        before: r#"
          (import "wasi:sockets/tcp@0.2.3" (instance $tcp (export "start" (func))))
          (core func $start (canon lower (func $tcp "start")))"#,
        module: r#"(import "net" "start" (func))"#,
        with: r#"(with "net" (instance (export "start" (func $start))))"#,
        ..SINK
    };
    assert_eq!(obstacle(&sample), "imports wasi:sockets/tcp@0.2.3");
}

/// Returns the code of a main module that imports `function` of an adapter from `module`.
fn adapted(module: &str, function: &str) -> Result<StageCode, Obstacle> {
    let import = format!("(import \"{module}\" \"{function}\" (func (param i32 i32 i32 i32) (result i32)))");
    stage_code(&Sample {
        before: &ADAPTER.replace("FUNCTION", function),
        module: &import,
        with: &format!("(with \"{module}\" (instance $adapter))"),
        ..SINK
    })
}

#[test]
fn what_comes_through_an_adapter_is_known_by_its_name() {
    let imports = adapted("wasi_snapshot_preview1", "fd_write").map(|code| code.imports);
    assert_eq!(imports, Ok(vec!["wasi_snapshot_preview1#fd_write"]));
    let error = adapted("wasi_snapshot_preview1", "path_open").map_err(|obstacle| obstacle.to_string());
    assert_eq!(error, Err("imports wasi_snapshot_preview1.path_open".to_owned()));
    let error = adapted("env", "fd_write").map_err(|obstacle| obstacle.to_string());
    assert_eq!(error, Err("imports env.fd_write of another core module".to_owned()));
}

#[test]
fn the_module_has_one_memory_of_its_own() {
    let two = Sample {
        module: "(memory 1)",
        ..SINK
    };
    assert_eq!(stage_code(&two), Err(Obstacle::Memory));
    let none = Sample { options: "", ..SINK };
    assert_eq!(stage_code(&none), Err(Obstacle::Memory));
    let foreign = Sample {
        after: r#"
          (core module $other (memory (export "memory") 1))
          (core instance $other (instantiate $other))
          (alias core export $other "memory" (core memory $theirs))"#,
        options: "(memory $theirs)",
        ..SINK
    };
    assert_eq!(stage_code(&foreign), Err(Obstacle::Memory));
    let imported = Sample {
        before: r#"
          (core module $other (memory (export "m") 1))
          (core instance $other (instantiate $other))"#,
        module: r#"(import "other" "m" (memory 1))"#,
        with: r#"(with "other" (instance $other))"#,
        ..SINK
    };
    assert_eq!(obstacle(&imported), "imports other.m of another core module");
}

#[test]
fn all_functions_share_the_allocator() {
    let lowered = |realloc: &str| Sample {
        before: r#"
          (core module $shim
            (type $text (func (param i32)))
            (table (export "t") 1 1 funcref)
            (func (export "config") (type $text) local.get 0 i32.const 0 call_indirect (type $text)))
          (core instance $shim (instantiate $shim))
          (import "torvyn:streaming/types@0.1.0" (instance $types (export "[method]buffer.read-all" (func))))"#,
        module: r#"(import "t" "config" (func (param i32)))
          (func (export "another") (param i32 i32 i32 i32) (result i32) i32.const 0)"#,
        with: r#"(with "t" (instance $shim))"#,
        after: match realloc {
            "realloc" => {
                r#"(core func $lowered (canon lower (func $types "[method]buffer.read-all") (memory $memory) (realloc $realloc)))
                (core module $fixup (import "" "t" (table 1 1 funcref)) (import "" "f" (func $f (param i32)))
                  (elem (i32.const 0) func $f))
                (core instance (instantiate $fixup (with ""
                  (instance (export "t" (table $shim "t")) (export "f" (func $lowered))))))"#
            }
            _ => {
                r#"(alias core export $main "another" (core func $another))
                (core func $lowered (canon lower (func $types "[method]buffer.read-all") (memory $memory) (realloc $another)))
                (core module $fixup (import "" "t" (table 1 1 funcref)) (import "" "f" (func $f (param i32)))
                  (elem (i32.const 0) func $f))
                (core instance (instantiate $fixup (with ""
                  (instance (export "t" (table $shim "t")) (export "f" (func $lowered))))))"#
            }
        },
        ..SINK
    };
    let imports = stage_code(&lowered("realloc")).map(|code| code.imports);
    assert_eq!(imports, Ok(vec!["torvyn:streaming/types#[method]buffer.read-all"]));
    assert_eq!(stage_code(&lowered("another")), Err(Obstacle::Allocator));
}

#[test]
fn options_of_another_kind_are_obstacles() {
    let utf16 = Sample {
        options: "(memory $memory) (realloc $realloc) string-encoding=utf16",
        ..SINK
    };
    assert_eq!(stage_code(&utf16), Err(Obstacle::Encoding));
    let with_async = Sample {
        options: "(memory $memory) (realloc $realloc) async",
        ..SINK
    };
    assert_eq!(obstacle(&with_async), "push has unknown options");
}

#[test]
fn functions_that_are_not_found_are_named() {
    let nested = r#"(component
      (component $inner
        (core module $m (func (export "f")))
        (core instance $m (instantiate $m))
        (func $f (canon lift (core func $m "f")))
        (export "push" (func $f))
        (export "complete" (func $f)))
      (instance $sink (instantiate $inner))
      (export "torvyn:streaming/sink@0.1.0" (instance $sink)))"#;
    let nested = Anatomy::of(&wat::parse_str(nested).expect("a component")).expect("an anatomy");
    let error = nested.stage_code().expect_err("an obstacle").to_string();
    let expected = "torvyn:streaming/sink@0.1.0#push has no core code of its own";
    assert_eq!(error, expected);
    assert_eq!(stage_code(&sample("a:b/c")), Err(Obstacle::NoRole));
}

#[test]
fn functions_in_several_instances_are_an_obstacle() {
    let sample = Sample {
        after: r#"
          (core instance $again (instantiate $main))
          (func $other (canon lift (core func $again "push")))
          (export "other" (func $other))"#,
        ..SINK
    };
    assert_eq!(obstacle(&sample), "its functions are in several core instances");
}

#[test]
fn an_interface_in_two_versions_is_an_obstacle() {
    let sample = Sample {
        after: r#"
          (instance $other)
          (export "torvyn:streaming/sink@0.2.0" (instance $other))"#,
        ..SINK
    };
    assert_eq!(obstacle(&sample), "exports torvyn:streaming/sink in two versions");
}

/// Adds a core module that is instantiated with the main one. Returns the initialisers, or the obstacle in words.
fn with_module(module: &str) -> Result<Vec<String>, String> {
    let after =
        format!("(core module $other {module}) (core instance (instantiate $other (with \"main\" (instance $main))))");
    let code = stage_code(&Sample {
        module: r#"
          (table (export "table") 1 1 funcref)
          (func (export "_initialize"))
          (func (export "set-up"))"#,
        after: &after,
        ..SINK
    });
    code.map(|code| code.initialisers)
        .map_err(|obstacle| obstacle.to_string())
}

#[test]
fn what_other_modules_call_at_the_start_is_found() {
    let initialise = r#"(import "main" "_initialize" (func $initialize)) "#;
    let both = format!(r#"{initialise} (import "main" "set-up" (func $set-up))"#);
    assert_eq!(with_module(""), Ok(Vec::new()));
    assert_eq!(
        with_module(&format!("{initialise} (start $initialize)")),
        Ok(vec!["_initialize".into()])
    );
    let nested = format!("{both} (func $f call $set-up nop call $g) (func $g call $initialize) (start $f)");
    assert_eq!(with_module(&nested), Ok(vec!["set-up".into(), "_initialize".into()]));
    let not_called = format!("{both} (func $f call $set-up) (start $initialize)");
    assert_eq!(with_module(&not_called), Ok(vec!["_initialize".into()]));
}

#[test]
fn what_other_modules_do_beside_that_is_an_obstacle() {
    let data = r#"(import "main" "memory" (memory 1)) (data (i32.const 0) "x")"#;
    assert_eq!(
        with_module(data),
        Err("core instance 1 puts data into its memory".into())
    );
    let elements =
        r#"(import "main" "table" (table 1 funcref)) (func $f) (elem (offset i32.const 0) funcref (ref.func $f))"#;
    assert_eq!(
        with_module(elements),
        Err("core instance 1 puts functions into its table".into())
    );
    let store = r#"(import "main" "memory" (memory 1)) (func $f i32.const 0 i32.const 1 i32.store) (start $f)"#;
    let unknown = "the start function of core instance 1 can't be followed";
    assert_eq!(with_module(store), Err(unknown.into()));
    let realloc = r#"(import "main" "realloc" (func $r (param i32 i32 i32 i32) (result i32)))
      (func $f i32.const 0 i32.const 0 i32.const 1 i32.const 8 call $r drop) (start $f)"#;
    assert_eq!(with_module(realloc), Err(unknown.into()));
    let own = r#"(memory 1) (data (i32.const 0) "x") (table 1 1 funcref) (func $f) (elem (i32.const 0) func $f)"#;
    assert_eq!(with_module(own), Ok(Vec::new()));
}

#[test]
fn calls_that_branch_without_end_are_not_followed() {
    let layers = (0..40).map(|layer| format!("(func $f{layer} call $f{next} call $f{next})", next = layer + 1));
    let module = format!("{} (func $f40) (start $f0)", layers.collect::<String>());
    let unknown = "the start function of core instance 1 can't be followed";
    assert_eq!(with_module(&module), Err(unknown.into()));
}
