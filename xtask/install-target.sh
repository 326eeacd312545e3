#!/usr/bin/env bash
# Gives the active Rust toolchain a standard library for other targets: those of
# WebAssembly, and of Linux on other processors or with another C library.
#
#   install-target.sh [TARGET...]        (default: wasm32-wasip2)
#
# 1. Does nothing when the target already works.
# 2. `rustup target add`, the normal way.
# 3. Where that cannot be had: builds the standard library for the target from
#    Debian's rust-web-src with this very rustc, takes libc.a from an npm
#    package (or Debian's wasi-libc), and puts both where rustup would have.
# 4. Where that rustc and those sources do not fit each other: takes Debian's
#    own rustc-web of the same version, unpacked to a folder, and links it to
#    rustup as the toolchain `wasm-guest` (build guests with `cargo +wasm-guest`).
# It ends by compiling a program with println! for each target (and linking it,
# for WebAssembly: for Linux that takes a linker, which is not this script's).
#
# Settings (environment): WASM_TARGET_NO_RUSTUP=1 skips step 2,
# WASM_TARGET_NO_PATCH=1 skips step 3, RUSTUP_TIMEOUT=180 (seconds),
# WASM_GUEST_TOOLCHAIN=folder for step 4.
set -euo pipefail

TARGETS=("$@")
[ ${#TARGETS[@]} -gt 0 ] || TARGETS=(wasm32-wasip2)
for t in "${TARGETS[@]}"; do
  case $t in
    wasm32-wasip1|wasm32-wasip2|wasm32-unknown-unknown) ;;
    x86_64-unknown-linux-musl|aarch64-unknown-linux-gnu|aarch64-unknown-linux-musl) ;;
    *) echo "unknown target $t" >&2; exit 2 ;; esac
done

# An npm package that holds a recent wasi-libc (for WASI 0.1).
WASI_LIBC_NPM=${WASI_LIBC_NPM:-@yowasp/clang@22.0.0-git20542-10}
LINK_NAME=wasm-guest
GUEST_TC=${WASM_GUEST_TOOLCHAIN:-${XDG_DATA_HOME:-$HOME/.local/share}/wasm-guest-toolchain}
MARK=.built-by-install-target
T0=$(date +%s)
say() { printf '[%3ds] %s\n' $(( $(date +%s) - T0 )) "$*"; }
die() { say "$*" >&2; exit 1; }

# A fixed folder, not mktemp: crate hashes depend on the path the crates were
# built at, and so stay the same from machine to machine.
W=${TMPDIR:-/tmp}/rust-wasm-std-build-$(id -u)
exec 9>"$W.lock"
flock 9
mkdir -p "$W"
trap 'rm -rf "$W"' EXIT

# What a caller may have set for its own builds must not leak into these.
unset CARGO_TARGET_DIR CARGO_BUILD_TARGET CARGO_BUILD_TARGET_DIR CARGO_ENCODED_RUSTFLAGS \
  CARGO_BUILD_RUSTFLAGS RUSTFLAGS RUSTC RUSTC_WRAPPER RUSTC_WORKSPACE_WRAPPER \
  RUSTC_BOOTSTRAP CARGO_INCREMENTAL
for v in ${!CARGO_PROFILE_*}; do unset "$v"; done
export CARGO_TERM_COLOR=never

# selftest RUSTC TARGET: a program with println! compiles, and is a component
# (wasip2), a core module (other WebAssembly), or an object for its processor.
selftest() {
  local d=$W/selftest out
  rm -rf "$d"; mkdir -p "$d"
  cat > "$d/hello.rs" <<'RS'
use std::collections::HashMap;
fn main() {
    let mut seen = HashMap::new();
    for a in std::env::args() { *seen.entry(a).or_insert(0) += 1; }
    println!("hello from wasm: {} argument(s)", seen.len());
}
RS
  local emit=link; case $2 in wasm32-*) ;; *) emit=obj ;; esac
  "$1" --edition 2021 -O -C strip=symbols --emit $emit --target "$2" -o "$d/hello" "$d/hello.rs" \
    >"$d/log" 2>&1 || return 1
  out=$(od -An -tx1 -N8 "$d/hello" | tr -d ' \n')
  # The field e_machine of ELF.
  local machine; machine=$(od -An -tx1 -j18 -N2 "$d/hello" | tr -d ' \n')
  case $2 in
    x86_64-*) [ "$machine" = 3e00 ] ;;
    aarch64-*) [ "$machine" = b700 ] ;;
    wasm32-wasip2) [ "$out" = 0061736d0d000100 ] ;;   # a component
    *) [ "$out" = 0061736d01000000 ] ;;               # a core module
  esac
}

# debs FOLDER PACKAGE...: downloads packages as archives; installs nothing.
debs() {
  local to=$1; shift
  mkdir -p "$to"
  ( cd "$to" && apt-get -qq -o APT::Sandbox::User=root download "$@" >/dev/null 2>"$W/apt.log" ) && return
  apt-get -qq update >/dev/null 2>&1 || true
  ( cd "$to" && apt-get -qq -o APT::Sandbox::User=root download "$@" >/dev/null )
}

# The version of a Debian package whose 1.N is nearest to that of rustc, the newer of two equally near:
# versions of several suites may be on offer, and not only the one that apt would take fits.
nearest() {
  local minor=${VER#*.}; minor=${minor%%.*}
  apt-cache madison "$1" 2>/dev/null | awk -F'|' -v want="$minor" '
    { gsub(/ /, "", $2); if (split($2, v, ".") < 2 || $3 ~ /Sources/) next
      far = v[2] - want; if (far < 0) far = -far
      if (best == "" || far < least || (far == least && v[2] + 0 > minor)) { best = $2; least = far; minor = v[2] + 0 } }
    END { print best }'
}

# The library's sources into $W/library, their version into $LIBVER (1.96.0), Debian's of it into $DEBVER.
fetch_library() {
  command -v apt-get >/dev/null || die "no apt-get here, and the target cannot be had otherwise"
  if ! ls "$W"/debs/rust-web-src_*.deb >/dev/null 2>&1; then
    # Stale lists still name the compiler of the first release, which fits no recent rustc.
    apt-get -qq update >/dev/null 2>&1 || say "apt-get update failed; going on with the lists there are"
    DEBVER=$(nearest rust-web-src)
    [ -n "$DEBVER" ] && debs "$W/debs" "rust-web-src=$DEBVER" || die "Debian's rust-web-src cannot be had"
  fi
  rm -rf "$W/library"
  mkdir -p "$W/x"
  # library/ alone: the package holds the whole compiler too (340 MB).
  dpkg --fsys-tarfile "$W"/debs/rust-web-src_*.deb |
    tar -x -C "$W/x" --wildcards --exclude='*/library/vendor' './usr/src/rustc-*/library' ||
    die "rust-web-src does not hold what was expected"
  local d; d=$(echo "$W"/x/usr/src/rustc-*)
  LIBVER=${d##*/rustc-}
  mv "$d/library" "$W/library"
  rm -rf "$W/x"
  say "library sources $LIBVER"
}

# libc.a and the two crt1 files into $W/libc.
fetch_libc() {
  [ -f "$W/libc/libc.a" ] && return
  local n=$W/npm
  mkdir -p "$W/libc" "$n"
  if command -v npm >/dev/null && ( cd "$n" && npm pack --silent "$WASI_LIBC_NPM" >/dev/null 2>&1 ) &&
     tar -xzOf "$n"/*.tgz package/gen/llvm-resources.tar |
       tar -x -C "$W/libc" --strip-components=2 \
         lib/wasm32-wasip1/{libc.a,crt1-command.o,crt1-reactor.o}; then
    say "libc.a from $WASI_LIBC_NPM"
  else
    debs "$W/debs" wasi-libc || die "no wasi-libc to be had"
    dpkg --fsys-tarfile "$W"/debs/wasi-libc_*.deb |
      tar -x -C "$W/libc" --strip-components=4 \
        ./usr/lib/wasm32-wasi/{libc.a,crt1-command.o,crt1-reactor.o}
    say "libc.a from Debian's wasi-libc"
  fi
  rm -rf "$n"
}

# Lets rustc 1.95 compile the library of 1.96: takes out what only the newer
# compiler knows (lang items for field projections, SVE, some intrinsics).
patch_196_for_195() {
  perl - "$W/library" <<'PL'
use strict; use warnings;
chdir $ARGV[0] or die;
sub ed {
  my ($f, $sub) = @_;
  open my $h, '<', $f or die "$f: $!"; local $/; local $_ = <$h>; close $h;
  my $was = $_; $sub->(); die "$f: nothing to change\n" if $_ eq $was;
  open $h, '>', $f or die "$f: $!"; print $h $_; close $h;
}
ed 'core/src/field.rs', sub { s/^\s*#\[lang = "field\w*"\]\n//mg };
ed 'core/src/mem/maybe_dangling.rs', sub { s/^#\[lang = "maybe_dangling"\]\n//mg };
ed $_, sub { s/simd_minimum_number_nsz/simd_fmin/g; s/simd_maximum_number_nsz/simd_fmax/g }
  for 'core/src/intrinsics/simd/mod.rs', 'portable-simd/crates/core_simd/src/simd/num/float.rs';
ed 'core/src/intrinsics/simd/mod.rs', sub { s/^pub mod scalable;\n//m };
ed 'core/src/intrinsics/mod.rs', sub {
  # these have a body to fall back on
  s/#\[rustc_intrinsic\]\n(pub const fn (?:min|max)imum_number_nsz_f\d+\()/$1/g;
  s/#\[rustc_intrinsic\]\n((?:#\[.*\]\n)*pub const fn field_offset<[^>]*>\(\) -> usize);/$1 { loop {} }/;
  # one generic intrinsic in 1.96, one for each type in 1.95
  s/^pub const fn fabs<T: bounds::FloatPrimitive>\(x: T\) -> T;/
    join "#[rustc_nounwind]\n#[rustc_intrinsic_const_stable_indirect]\n#[rustc_intrinsic]\n",
      map { "#[allow(missing_docs)]\npub const fn fabsf$_(x: f$_) -> f$_;\n" } 16, 32, 64, 128/me;
};
for my $n (16, 32, 64, 128) { ed "core/src/num/f$n.rs", sub { s/intrinsics::fabs\(self\)/intrinsics::fabsf$n(self)/ } }
ed 'alloc/src/lib.rs', sub { s/^#!\[feature\(diagnostic_on_move\)\]\n//m };
PL
}

# What wasi-libc lacks where it was built for WASI 0.1 and std wants it for
# 0.2: sockets (and, with an old one, a few more). Each fails with ENOTSUP, so
# std::net in a guest never reaches the host.
# stubs RUSTC SYSROOT TARGET DIR
stubs() {
  local lld="$2/lib/rustlib/$HOST/bin/rust-lld" undef name args ret
  undef=$("$lld" -flavor wasm --no-entry --no-gc-sections --error-limit=0 --whole-archive \
            $(ls "$4"/lib{std,core,alloc,libc,wasi}*.rlib) --no-whole-archive \
            "$4/self-contained/libc.a" -o "$W/undef.wasm" 2>&1 |
          sed -n 's/.*undefined symbol: \([A-Za-z_][A-Za-z0-9_]*\)$/\1/p' | sort -u) || true
  {
    echo '#![no_std]'
    echo '#![feature(thread_local)]'
    echo 'unsafe extern "C" { #[thread_local] static mut errno: i32; }'
    echo 'fn no() -> i32 { unsafe { errno = 58; } -1 }'
    while read -r name args ret; do
      grep -qx "$name" <<<"$undef" || continue
      printf '#[unsafe(no_mangle)] extern "C" fn %s(%s) -> i32 { %s }\n' \
        "$name" "$(for ((i = 0; i < args; i++)); do printf '_: i32, '; done)" "${ret:-no()}"
    done <<'LIST'
socket 3
connect 3
bind 3
listen 2
getsockname 3
getpeername 3
setsockopt 5
sendto 6
recvfrom 6
getaddrinfo 4 -4
gai_strerror 1 c"not supported".as_ptr() as i32
realpath 2 no();0
chmod 2
fchmod 2
pthread_attr_init 1 0
pthread_attr_destroy 1 0
pthread_attr_setstacksize 2 0
pthread_create 4 58
pthread_join 2 58
pthread_detach 1 58
LIST
    if grep -qx freeaddrinfo <<<"$undef"; then
      echo '#[unsafe(no_mangle)] extern "C" fn freeaddrinfo(_: i32) {}'
    fi
  } > "$W/stubs.rs"
  RUSTC_BOOTSTRAP=1 "$1" --edition 2024 --target "$3" -L "$4" --crate-type lib --emit obj \
    -A warnings -C panic=abort -C opt-level=s -C codegen-units=1 -o "$W/stubs.o" "$W/stubs.rs" || return 1
  for f in crt1-command.o crt1-reactor.o; do
    "$lld" -flavor wasm -r -o "$W/$f" "$4/self-contained/$f" "$W/stubs.o" || return 1
    mv "$W/$f" "$4/self-contained/$f"
  done
}

# build_std RUSTC CARGO SYSROOT TARGET: std for TARGET into SYSROOT's rustlib.
build_std() {
  local rustc=$1 cargo=$2 sysroot=$3 target=$4
  local out=$sysroot/lib/rustlib/$target stage=$W/stage/$target log=$W/build-$target.log
  rm -rf "$stage"; mkdir -p "$stage/lib"
  local features=panic-unwind
  case $target in wasm32-*) features+=,compiler-builtins-mem ;; esac
  # Linking std as a dynamic library would take a linker for the target, and nobody needs it.
  sed -i 's/^crate-type = \["dylib", "rlib"\]/crate-type = ["rlib"]/' "$W/library/std/Cargo.toml"
  # As rustc's own bootstrap does it, without the debug information.
  # From a folder without a .cargo/config.toml of somebody's project.
  if ! ( cd "$W" && env RUSTC="$rustc" RUSTC_BOOTSTRAP=1 __CARGO_DEFAULT_LIB_METADATA=stable-std \
      CARGO_TARGET_DIR="$W/target" CARGO_PROFILE_RELEASE_DEBUG=0 CARGO_PROFILE_RELEASE_OPT_LEVEL=3 \
      RUSTFLAGS="-Zforce-unstable-if-unmarked -Cembed-bitcode=yes --remap-path-prefix=$W/library=/rust/library -Awarnings" \
      "$cargo" build --release --target "$target" --manifest-path "$W/library/sysroot/Cargo.toml" \
        --features "$features" ) >"$log" 2>&1; then
    grep -E -A6 '^error' "$log" | head -40 >&2 || true
    return 1
  fi
  cp "$W/target/$target/release/deps"/*.rlib "$stage/lib/"
  rm -f "$stage"/lib/libsysroot-*.rlib
  rm -rf "$W/target/$target"
  echo "rustc $("$rustc" --version), library $LIBVER" > "$stage/$MARK"
  rm -rf "$out"; mkdir -p "${out%/*}"; mv "$stage" "$out"
  case $target in wasm32-wasip*)
    fetch_libc
    mkdir -p "$out/lib/self-contained"
    cp "$W"/libc/* "$out/lib/self-contained/"
    stubs "$rustc" "$sysroot" "$target" "$out/lib" || { rm -rf "$out"; return 1; } ;;
  esac
  selftest "$rustc" "$target" || { cat "$W/selftest/log" >&2; rm -rf "$out"; return 1; }
  say "$target: std $LIBVER built with $("$rustc" --version) ($(du -sh "$out" | cut -f1))"
}

# Debian's compiler in a folder of its own, for step 4.
debian_toolchain() {
  local src=$1 d=$GUEST_TC
  rm -rf "$d"; mkdir -p "$d"
  local deps; deps=$(apt-cache show "libstd-rust-web-${LIBVER%.*}" | grep -oE 'libllvm[0-9]+' | head -1)
  debs "$W/debs" "rustc-web=$DEBVER" "libstd-rust-web-${LIBVER%.*}=$DEBVER" "libstd-rust-web-dev=$DEBVER" "$deps"
  for f in "$W"/debs/{rustc-web,libstd-rust-web,libllvm}*.deb; do
    dpkg --fsys-tarfile "$f" | tar -x -C "$d" --strip-components=2 \
      --exclude='./usr/share' --exclude='./usr/bin/rustdoc' --exclude='./usr/libexec' ./usr
    rm -f "$f"
  done
  # the system's libraries that libLLVM itself wants
  local missing; missing=$(LD_LIBRARY_PATH=$d/lib/x86_64-linux-gnu ldd "$d"/lib/x86_64-linux-gnu/librustc_driver-*.so |
    sed -n 's/^\s*\(\S*\) => not found/\1/p')
  [ -z "$missing" ] || die "Debian's rustc wants $missing"
  # its runpath is /usr/lib/...: a wrapper says where its libraries are
  mv "$d/bin/rustc" "$d/bin/rustc.bin"
  cat > "$d/bin/rustc" <<SH
#!/bin/sh
export LD_LIBRARY_PATH="$d/lib/x86_64-linux-gnu\${LD_LIBRARY_PATH:+:\$LD_LIBRARY_PATH}"
exec "$d/bin/rustc.bin" --sysroot "$d" "\$@"
SH
  chmod +x "$d/bin/rustc"
  ln -sf "$(realpath "$(rustup which cargo 2>/dev/null || command -v cargo)")" "$d/bin/cargo"
  # the linkers, which Debian's package lacks
  mkdir -p "$d/lib/rustlib/$HOST/bin/gcc-ld"
  cp "$src/lib/rustlib/$HOST/bin"/{rust-lld,wasm-component-ld} "$d/lib/rustlib/$HOST/bin/"
  cp "$src/lib/rustlib/$HOST/bin/gcc-ld/wasm-ld" "$d/lib/rustlib/$HOST/bin/gcc-ld/"
  # which want the libLLVM of their own toolchain
  for l in "$src"/lib/libLLVM*; do [ -e "$l" ] && cp -a "$l" "$d/lib/" ; done
  say "Debian's $("$d/bin/rustc" --version) in $d ($(du -sh "$d" | cut -f1))"
  ! command -v rustup >/dev/null || rustup -q toolchain link "$LINK_NAME" "$d"
}

command -v rustc >/dev/null || die "no rustc"
SYSROOT=$(rustc --print sysroot)
HOST=$(rustc -vV | sed -n 's/^host: //p')
RUSTC=$SYSROOT/bin/rustc CARGO=$SYSROOT/bin/cargo
[ -x "$CARGO" ] || CARGO=$(command -v cargo)
VER=$("$RUSTC" --version | cut -d' ' -f2)
LIBVER= DEBVER=

missing() {  # the targets that do not work yet
  local t; TODO=()
  for t in "${TARGETS[@]}"; do selftest "$1" "$t" || TODO+=("$t"); done
  [ ${#TODO[@]} -gt 0 ]
}

# 1
if ! missing "$RUSTC"; then say "rustc $VER: ${TARGETS[*]} work(s) already"; exit 0; fi
if [ -x "$GUEST_TC/bin/rustc" ] && ! missing "$GUEST_TC/bin/rustc"; then
  say "${TARGETS[*]} work(s) already with: cargo +$LINK_NAME build"; exit 0
fi
missing "$RUSTC" || true
# a half-made or stale one of ours would be in rustup's way
for t in "${TODO[@]}"; do
  [ ! -e "$SYSROOT/lib/rustlib/$t/$MARK" ] || rm -rf "${SYSROOT:?}/lib/rustlib/$t"
done

# 2
if [ -z "${WASM_TARGET_NO_RUSTUP:-}" ] && command -v rustup >/dev/null; then
  if timeout "${RUSTUP_TIMEOUT:-180}" rustup target add "${TODO[@]}" 2>"$W/rustup.log" && ! missing "$RUSTC"; then
    say "rustc $VER: ${TARGETS[*]} added by rustup"; exit 0
  fi
  say "rustup target add: $(grep -m1 -i error "$W/rustup.log" || echo 'no luck')"
  missing "$RUSTC" || true
fi

# 3
fetch_library
if [ -z "${WASM_TARGET_NO_PATCH:-}" ] && [ -w "$SYSROOT/lib/rustlib" ]; then
  fits=
  case ${VER%.*}/${LIBVER%.*} in
    1.95/1.96) patch_196_for_195 && fits=1 ;;
    *) [ "${VER%.*}" = "${LIBVER%.*}" ] && fits=1 ;;
  esac
  if [ -n "$fits" ]; then
    ok=1
    for t in "${TODO[@]}"; do build_std "$RUSTC" "$CARGO" "$SYSROOT" "$t" || ok=; done
    [ -z "$ok" ] || { say "done: cargo build --target ${TARGETS[0]}"; exit 0; }
  fi
  say "rustc $VER does not fit the library $LIBVER"
  fetch_library   # as it was
fi

# 4
# Executables are linked with the library of the rustc that compiles the rest of them.
case ${TARGETS[*]} in *-linux-*) die "rustc $VER has no standard library for ${TARGETS[*]}, and none can be built" ;; esac
debian_toolchain "$SYSROOT"
for t in "${TARGETS[@]}"; do
  build_std "$GUEST_TC/bin/rustc" "$CARGO" "$GUEST_TC" "$t" || die "$t: no way left"
done
say "done: cargo +$LINK_NAME build --target ${TARGETS[0]}   (RUSTC=$GUEST_TC/bin/rustc)"
