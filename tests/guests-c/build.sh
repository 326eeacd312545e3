#!/bin/sh
# Builds a guest in C.
#
#   build.sh GUEST.c BINDINGS module|component OUTPUT.wasm
#
# BINDINGS is the folder of what `wit-bindgen c` makes. A `module` is what clang and wasm-ld leave: core code with WIT
# metadata, which may not use WASI. A `component` is what the linker of wasm32-wasip2 makes of it, with an adapter for
# the C library's calls to WASI 0.1. Debian's clang can be too old to know that target, so the linker, which comes with
# every Rust toolchain, is named here.
#
# Settings: CLANG, WASI_SYSROOT (the folder that has include/wasm32-wasi), RUSTC.
set -eu
guest=$1 bindings=$2 shape=$3 output=$4
clang=${CLANG:-clang} sysroot=${WASI_SYSROOT:-/usr} rustc=${RUSTC:-rustc}

missing() {
  echo "there is no $1; \`cargo xtask setup\` installs it where it can" >&2
  exit 1
}
command -v "$clang" >/dev/null || missing "clang"
[ -f "$sysroot/include/wasm32-wasi/stdlib.h" ] || missing "C library for WebAssembly (Debian: wasi-libc)"

linkers=$("$rustc" --print sysroot)/lib/rustlib/$("$rustc" --print host-tuple)/bin
case $shape in
  module) set -- "-fuse-ld=$linkers/gcc-ld/wasm-ld" ;;
  component) set -- "-fuse-ld=$linkers/wasm-component-ld" "-Wl,--wasm-ld-path=$linkers/gcc-ld/wasm-ld" ;;
  *) echo "no such shape: $shape" >&2; exit 2 ;;
esac
exec "$clang" --target=wasm32-wasi --sysroot="$sysroot" -mexec-model=reactor -std=c11 -O2 -Wall -Wextra \
  -I "$bindings" "$@" -o "$output" "$guest" "$bindings"/*.c "$bindings"/*.o
