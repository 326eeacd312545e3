#!/bin/sh
# Builds a guest in Python.
#
#   build.sh GUEST.py TOOLS WIT WORLD OUTPUT.wasm
#
# TOOLS is the virtual environment where pip installed what requirements.txt names.
set -eu
guest=$1 tools=$2 wit=$3 world=$4 output=$5
compiler=$tools/bin/componentize-py

[ -x "$compiler" ] || {
  echo "there is no componentize-py in $tools; \`cargo xtask setup\` installs it where it can" >&2
  exit 1
}

# A binary that differs is compiled to machine code again.
if [ -f "$output" ] && [ -z "$(find "$0" "$guest" "$wit" "$tools/requirements.txt" -newer "$output")" ]; then
  exit
fi
exec "$compiler" --quiet --wit-path "$wit" --world "$world" componentize \
  --python-path "$(dirname "$guest")" --output "$output" "$(basename "$guest" .py)"
