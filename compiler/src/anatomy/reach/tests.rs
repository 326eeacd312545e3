use super::*;

fn way(names: &[&str]) -> String {
    Way(names.iter().map(|name| (*name).to_owned()).collect()).to_string()
}

#[test]
fn a_short_way_is_shown_whole() {
    assert_eq!(
        way(&["push", "std::a", "std::b", "clock_time_get"]),
        "`push` → `std::a` → `std::b` → `clock_time_get`"
    );
}

#[test]
fn a_long_way_leaves_out_what_libraries_call_within_themselves() {
    let names = [
        "process",
        "torvyn::call",
        "<torvyn::Adapter as torvyn::Role>::process",
        "stage::stamp",
        "<std::time::Instant>::now",
        "std::sys::time::now",
        "<core::option::Option<T>>::map",
        "__clock_gettime",
        "clock_time_get",
    ];
    assert_eq!(
        way(&names),
        "`process` → … 2 more … → `stage::stamp` → `<std::time::Instant>::now` → … 2 more … → \
         `__clock_gettime` → `clock_time_get`"
    );
}

/// Follows a main module whose exported function calls through its table. `fill` are items of the module, `other` of
/// the component.
fn calling_through_a_table(fill: &str, other: &str) -> Reach {
    let text = format!(
        r#"(component
          (import "a:b/clock@0.1.0" (instance $clock (export "now" (func))))
          (core func $now (canon lower (func $clock "now")))
          (core module $main
            (import "host" "now" (func $now))
            (table (export "table") 1 1 funcref)
            {fill}
            (func (export "go") i32.const 0 call_indirect))
          (core instance $main (instantiate $main (with "host" (instance (export "now" (func $now))))))
          {other}
          (func $go (canon lift (core func $main "go")))
          (instance $role (export "go" (func $go)))
          (export "a:b/role@0.1.0" (instance $role)))"#
    );
    Reach::of(&wat::parse_str(text).expect("a component")).expect("it is well-formed")
}

#[test]
fn what_a_table_holds_is_reached() {
    let clock = HostFunction::Imported {
        interface: "a:b/clock@0.1.0".into(),
        function: "now".into(),
    };
    let way = Way(vec!["go".into(), "now".into()]);
    assert_eq!(
        calling_through_a_table("(elem (i32.const 0) func $now)", ""),
        Reach::Known(BTreeMap::from([(clock, way)]))
    );
    assert_eq!(calling_through_a_table("", ""), Reach::Known(BTreeMap::new()));
}

#[test]
fn nothing_is_known_of_a_table_that_another_instance_fills() {
    let filler = |how: &str| {
        format!(
            r#"
      (core module $filler
        (import "main" "table" (table 1 1 funcref))
        (import "host" "now" (func $now))
        {how})
      (core instance (instantiate $filler
        (with "main" (instance $main))
        (with "host" (instance (export "now" (func $now))))))"#
        )
    };
    let at_once = filler("(func $twice call $now call $now) (elem (i32.const 0) func $twice)");
    assert_eq!(calling_through_a_table("", &at_once), Reach::Unknown);
    let later = filler("(elem declare func $now) (func $fill i32.const 0 ref.func $now table.set 0) (start $fill)");
    assert_eq!(calling_through_a_table("", &later), Reach::Unknown);
}

#[test]
fn nothing_is_known_of_a_reference_that_another_instance_passes() {
    let module = r#"(module
      (type $call (func))
      (import "other" "now" (func $now (result (ref null $call))))
      (func (export "go") call $now call_ref $call))"#;
    let found = Reach::of(&wat::parse_str(module).expect("a module"));
    assert_eq!(found.expect("it is well-formed"), Reach::Unknown);
}

#[test]
fn a_way_avoids_panics_and_guesses() {
    let module = r#"(module
      (import "a:b/clock@0.1.0" "now" (func $now))
      (table 1 1 funcref)
      (elem (i32.const 0) func $now)
      (func (export "go") call $_ZN4core9panicking9panic_fmt17h0E call $indirect call $first)
      (func $_ZN4core9panicking9panic_fmt17h0E call $now)
      (func $indirect i32.const 0 call_indirect)
      (func $first call $second)
      (func $second call $now))"#;
    let Reach::Known(found) = Reach::of(&wat::parse_str(module).expect("a module")).expect("it is well-formed") else {
        panic!("it can be followed");
    };
    let ways: Vec<String> = found.values().map(ToString::to_string).collect();
    assert_eq!(ways, ["`go` → `first` → `second` → `now`"]);
}

#[test]
fn nothing_is_known_of_what_a_nested_component_passes_on() {
    let text = r#"(component
      (import "a:b/clock@0.1.0" (instance $clock (export "now" (func))))
      (component $inner
        (import "now" (func $now))
        (export "later" (func $now)))
      (instance $inner (instantiate $inner (with "now" (func $clock "now"))))
      (core func $later (canon lower (func $inner "later")))
      (core module $main
        (import "host" "later" (func $later))
        (func (export "go") call $later))
      (core instance $main (instantiate $main (with "host" (instance (export "later" (func $later))))))
      (func $go (canon lift (core func $main "go")))
      (instance $role (export "go" (func $go)))
      (export "a:b/role@0.1.0" (instance $role)))"#;
    let found = Reach::of(&wat::parse_str(text).expect("a component"));
    assert_eq!(found.expect("it is well-formed"), Reach::Unknown);
}

/// Code that is from other components, or instantiated in them.
#[test]
fn nothing_is_known_of_modules_that_come_from_elsewhere() {
    let alias = r#"(component
      (component $inner
        (core module $main (func (export "go")))
        (export "main" (core module $main)))
      (instance $inner (instantiate $inner))
      (alias export $inner "main" (core module $main))
      (core instance $main (instantiate $main))
      (func $go (canon lift (core func $main "go")))
      (export "go" (func $go)))"#;
    let passed = r#"(component
      (core module $main (func (export "go")))
      (component $inner
        (import "main" (core module $main (export "go" (func))))
        (core instance $main (instantiate $main))
        (func $go (canon lift (core func $main "go")))
        (export "go" (func $go)))
      (instance $inner (instantiate $inner (with "main" (core module $main))))
      (export "go" (func $inner "go")))"#;
    for text in [alias, passed] {
        let found = Reach::of(&wat::parse_str(text).expect("a component"));
        assert_eq!(found.expect("it is well-formed"), Reach::Unknown, "{text}");
    }
}

#[test]
fn destructors_are_followed_and_exported_imports_are_not_known() {
    let destructor = r#"(component
      (import "a:b/clock@0.1.0" (instance $clock (export "now" (func))))
      (core func $now (canon lower (func $clock "now")))
      (core module $ends (import "host" "now" (func $now)) (func (export "end") (param i32) call $now))
      (core instance $ends (instantiate $ends (with "host" (instance (export "now" (func $now))))))
      (type $thing (resource (rep i32) (dtor (core func $ends "end"))))
      (core func $new (canon resource.new $thing))
      (core func $drop (canon resource.drop $thing))
      (core module $main
        (import "host" "new" (func $new (param i32) (result i32)))
        (import "host" "drop" (func $drop (param i32)))
        (func (export "go") (call $drop (call $new (i32.const 0)))))
      (core instance $main (instantiate $main
        (with "host" (instance (export "new" (func $new)) (export "drop" (func $drop))))))
      (func $go (canon lift (core func $main "go")))
      (export "go" (func $go)))"#;
    let exported = r#"(component
      (import "a:b/clock@0.1.0" (instance $clock (export "now" (func))))
      (core func $now (canon lower (func $clock "now")))
      (func $go (canon lift (core func $now)))
      (export "go" (func $go)))"#;
    let clock = |names: &[&str]| {
        let function = HostFunction::Imported {
            interface: "a:b/clock@0.1.0".into(),
            function: "now".into(),
        };
        Reach::Known(BTreeMap::from([(
            function,
            Way(names.iter().map(|name| (*name).to_owned()).collect()),
        )]))
    };
    for (text, expected) in [(destructor, clock(&["end", "now"])), (exported, Reach::Unknown)] {
        let found = Reach::of(&wat::parse_str(text).expect("a component"));
        assert_eq!(found.expect("it is well-formed"), expected, "{text}");
    }
}
