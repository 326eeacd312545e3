//! Settings of cargo and flags of rustc, by target and profile.

use torvyn_codegen::target::CLibrary;

use super::ExeOptions;
use crate::toolchain::CrossCompiler;

/// Cargo's settings for all crates.
pub(super) const PROFILE: [&str; 10] = [
    // Not for `package.'*'`, which would also apply to build scripts and macros.
    "profile.release.opt-level='s'",
    "profile.release.codegen-units=16",
    "profile.release.debug=false",
    "profile.release.lto=false",
    "profile.release.strip=false",
    // Nothing catches panics. Without unwinding there are no landing pads, which would be a seventh of the code.
    "profile.release.panic='abort'",
    "profile.release.package.wasmtime.opt-level=3",
    "profile.release.package.wasmtime.codegen-units=1",
    "profile.release.package.torvyn-runtime-core.opt-level=2",
    "profile.release.package.torvyn-runtime-core.codegen-units=1",
];

const STRIP_ALL: &str = "-Cstrip=symbols";
const STRIP_DEBUG_INFORMATION: &str = "-Cstrip=debuginfo";

/// Flags of the last crate of a development build.
const LAST_DEV: [&str; 2] = ["-Copt-level=3", STRIP_DEBUG_INFORMATION];

/// Flags of the last crate of a release build.
const LAST_RELEASE: [&str; 2] = ["-Copt-level=3", STRIP_ALL];

/// The same for [`LLD_TARGET`], with flags of the linker that rustc ships: identical functions are folded, and the
/// index of the unwind tables is left out. The tables themselves are left out by [`LINKER_SCRIPT`].
const LAST_RELEASE_LLD: [&str; 4] = [
    "-Copt-level=3",
    STRIP_ALL,
    "-Clink-arg=-Wl,--icf=all",
    "-Clink-arg=-Wl,--no-eh-frame-hdr",
];

/// The same for other targets, with the linker of their C compiler and a static C library.
const LAST_RELEASE_CROSS: [&str; 3] = ["-Copt-level=3", STRIP_ALL, "-Ctarget-feature=+crt-static"];

/// The same with a static C library. It saves dynamic linking at every start (a third of the time to the first
/// element), and no other machine can lack it. Packed relocations make up for a part of its size.
const LAST_RELEASE_STATIC: [&str; 6] = [
    "-Copt-level=3",
    STRIP_ALL,
    "-Clink-arg=-Wl,--icf=all",
    "-Clink-arg=-Wl,--no-eh-frame-hdr",
    "-Ctarget-feature=+crt-static",
    "-Clink-arg=-Wl,-z,pack-relative-relocs",
];

/// Linker script that leaves out the unwind tables, a twelfth of the executable: nothing unwinds, and a backtrace
/// without symbols is of no use.
pub(super) const LINKER_SCRIPT: &str = "\
SECTIONS { /DISCARD/ : { *(.eh_frame) *(.eh_frame_hdr) *(.gcc_except_table .gcc_except_table.*) } } INSERT AFTER .text;
";

/// The target whose programs rustc links with its own lld.
const LLD_TARGET: &str = "x86_64-unknown-linux-gnu";

/// Returns the flags of the last crate, for an optimised build or one for development. With `profiling`, the runtime's
/// symbols stay.
pub(super) fn of_last_crate(options: &ExeOptions<'_>, cross: Option<&CrossCompiler>) -> Vec<&'static str> {
    let is_static = || options.toolchain.has_static_glibc(options.target, cross);
    let flags: &[&str] = match (options.release, is_linked_by_lld(options)) {
        (false, _) => &LAST_DEV,
        (true, true) if is_static() => &LAST_RELEASE_STATIC,
        (true, true) => &LAST_RELEASE_LLD,
        (true, false) if is_static() => &LAST_RELEASE_CROSS,
        (true, false) => &LAST_RELEASE,
    };
    let kept = |flag: &&'static str| match options.profiling && *flag == STRIP_ALL {
        true => STRIP_DEBUG_INFORMATION,
        false => *flag,
    };
    flags.iter().map(kept).collect()
}

/// Whether rustc links the executable with its own lld.
pub(super) fn is_linked_by_lld(options: &ExeOptions<'_>) -> bool {
    options.target.triple() == LLD_TARGET && *options.target == options.toolchain.host
}

/// Returns rustc's flags for all crates. They are the same for every version of the runtime, because with other flags
/// cargo compiles all dependencies again.
pub(super) fn of_all_crates(options: &ExeOptions<'_>, cross: Option<&CrossCompiler>) -> Vec<String> {
    let toolchain = options.toolchain;
    let mut flags = toolchain.remapped(&[(options.cache.runtimes(), "/torvyn".to_owned())]);
    // A standard library that was built from sources does not contain musl; the compiler does.
    if cross.is_some() && options.target.c_library() == Some(CLibrary::Musl) {
        flags.push("-Clink-self-contained=no".to_owned());
    }
    flags
}
