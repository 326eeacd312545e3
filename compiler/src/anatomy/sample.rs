//! Components with one core module, for tests. Their functions have the core types of the interfaces, and do nothing.
//! The types of the component itself are not validated.

/// A component that exports one interface.
pub(crate) struct Sample<'a> {
    /// The interface that it exports, without version.
    pub(crate) interface: &'a str,
    /// Items of the component before its main module.
    pub(crate) before: &'a str,
    /// Items at the start of the main module.
    pub(crate) module: &'a str,
    /// Arguments with which the main module is instantiated.
    pub(crate) with: &'a str,
    /// Items of the component after that instantiation.
    pub(crate) after: &'a str,
    /// Options of its lifts.
    pub(crate) options: &'a str,
}

pub(crate) const SINK: Sample<'_> = sample("torvyn:streaming/sink");

/// Returns a component without imports.
pub(crate) const fn sample(interface: &str) -> Sample<'_> {
    Sample {
        interface,
        before: "",
        module: "",
        with: "",
        after: "",
        options: "(memory $memory) (realloc $realloc)",
    }
}

const ELEMENT: &str = "(param i64 i64 i32 i32 i32 i32) (result i32) i32.const 0";
const RESULT: &str = "(result i32) i32.const 0";

impl Sample<'_> {
    /// The component in binary form.
    pub(crate) fn binary(&self) -> Vec<u8> {
        let functions = self.functions();
        let each = |text: fn(&str, &str) -> String| -> String {
            functions.iter().map(|(name, code)| text(name, code)).collect()
        };
        let code = each(|name, code| format!("(func (export \"{name}\") {code})\n"));
        let lifts = each(|name, _| format!("(func ${name} (canon lift (core func $main \"{name}\") OPTIONS))\n"));
        let exports = each(|name, _| format!("(export \"{name}\" (func ${name}))"));
        let Self {
            interface,
            before,
            module,
            with,
            after,
            options,
        } = self;
        let lifts = lifts.replace("OPTIONS", options);
        let text = format!(
            r#"(component {before}
              (core module $main {module}
                (memory (export "memory") 1)
                (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 0)
                {code})
              (core instance $main (instantiate $main {with}))
              (alias core export $main "memory" (core memory $memory))
              (alias core export $main "realloc" (core func $realloc))
              {after}
              {lifts}
              (instance $role {exports})
              (export "{interface}@0.1.0" (instance $role)))"#
        );
        wat::parse_str(text).expect("a component")
    }

    /// Name, core type and body of each of its functions.
    fn functions(&self) -> Vec<(&'static str, &'static str)> {
        match self.interface {
            "torvyn:streaming/source" => vec![("pull", RESULT), ("notify-backpressure", "(param i32)")],
            "torvyn:streaming/processor" => vec![("process", ELEMENT)],
            "torvyn:filtering/filter" => vec![("evaluate", ELEMENT)],
            "torvyn:filtering/router" => vec![("route", ELEMENT)],
            "torvyn:aggregation/aggregator" => vec![("ingest", ELEMENT), ("flush", RESULT)],
            "torvyn:streaming/sink" => vec![("push", ELEMENT), ("complete", RESULT)],
            _ => vec![("go", RESULT)],
        }
    }
}
