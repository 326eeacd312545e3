#!/bin/sh
# Builds a guest in JavaScript.
#
#   build.sh GUEST.js TOOLS WIT WORLD OUTPUT.wasm
#
# TOOLS is the folder where npm installed what package.json names.
set -eu
guest=$1 tools=$2 wit=$3 world=$4 output=$5
# The program, not its link in .bin, which node before 20 does not take for a module.
compiler=$tools/node_modules/componentize-qjs/cli.mjs

missing() {
  echo "there is no $1; \`cargo xtask setup\` installs it where it can" >&2
  exit 1
}
command -v node >/dev/null || missing "node"
[ -f "$compiler" ] || missing "componentize-qjs in $tools"

# No two builds are equal to the byte, and a binary that differs is compiled to machine code again.
if [ -f "$output" ] && [ -z "$(find "$0" "$guest" "$wit" "$tools/package-lock.json" -newer "$output")" ]; then
  exit
fi
# Without `--sync` the engine would need the component model's async ABI.
exec node "$compiler" --sync --opt-size --wit "$wit" --world "$world" --js "$guest" --output "$output"
