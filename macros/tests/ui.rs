//! What `#[torvyn::component]` says to mistakes, and to what is none. A case is a folder with a `component.rs`, the
//! `Torvyn.toml` that it belongs to, and what rustc is to say; `TRYBUILD=overwrite` rewrites that.

#[test]
fn mistakes_are_compile_errors_at_their_token() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/mistakes/*/component.rs");
    cases.pass("tests/ui/right/*/component.rs");
}
