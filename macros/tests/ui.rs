//! Compiler output for correct and wrong uses of `#[torvyn::component]`. A case is a folder with a `component.rs`, its
//! `Torvyn.toml`, and the expected output of rustc; `TRYBUILD=overwrite` rewrites that.

#[test]
fn mistakes_are_compile_errors_at_their_token() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/mistakes/*/component.rs");
    cases.pass("tests/ui/right/*/component.rs");
}
