#!/bin/sh
# Makes dist/torvyn.vsix of what `vsce ls` lists, after a check that nothing is missing. Takes node and npm.
set -eu
cd "$(dirname "$0")"
vsce="npx --yes @vscode/vsce@3.6.0"

npm ci --omit=dev --ignore-scripts --no-audit --no-fund --silent
$vsce ls >/dev/null # Fetches it, which it says on the same output as the list.
listed=$($vsce ls)
for file in package.json extension.js README.md toml.language-configuration.json wit.language-configuration.json \
    syntaxes/torvyn.tmLanguage.json syntaxes/wit.tmLanguage.json node_modules/vscode-languageclient/node.js; do
    if ! printf '%s\n' "$listed" | grep -qx "$file"; then
        echo "package.sh: $file is missing" >&2
        exit 1
    fi
done
node --check extension.js
mkdir -p dist
$vsce package --skip-license --allow-missing-repository --no-git-tag-version --out dist/torvyn.vsix
